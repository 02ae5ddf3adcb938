import { code } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'endless-loop',
  family: 'bomb',
  title: 'Loop for ever',
  tries: 'train.js never ends, and catches whatever would end it.',
  attempt: (ground) => refused(ground.describe(code('for (;;) { try { for (;;); } catch { continue } }')), /^sandbox\.timeout$/),
} satisfies Cheat
