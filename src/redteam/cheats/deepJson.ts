import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'deep-json',
  family: 'bomb',
  title: 'Answer with JSON that is too deep to read',
  tries: 'A broken box answers with 400,000 nested lists: reading them would exhaust the lab’s stack.',
  attempt: (ground) => refused(ground.hear(`described\n${'['.repeat(400_000)}${']'.repeat(400_000)}`), /^sandbox\.output$/),
} satisfies Cheat
