import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'giant-text',
  family: 'bomb',
  title: 'Answer with a text without end',
  tries: 'A broken box answers with 20 million characters.',
  attempt: (ground) => refused(ground.hear(`described\n${' '.repeat(20_000_000)}`), /^sandbox\.output$/),
} satisfies Cheat
