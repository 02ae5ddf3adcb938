import { code } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'memory-bomb',
  family: 'bomb',
  title: 'Fill the memory',
  tries: 'train.js doubles a text until the tab dies.',
  attempt: (ground) => refused(ground.describe(code('"x".repeat(2 ** 26)')), /^sandbox\.memory$/),
} satisfies Cheat
