import { code } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'deep-recursion',
  family: 'bomb',
  title: 'Run out of stack',
  tries: 'A getter calls itself until the host’s own stack is used up.',
  attempt: (ground) => refused(ground.describe(code('const o = { get x() { return this.x } }\no.x')), /^sandbox\.memory$/),
} satisfies Cheat
