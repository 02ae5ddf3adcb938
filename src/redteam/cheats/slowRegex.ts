import { code } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'slow-regex',
  family: 'bomb',
  title: 'Hang inside one call',
  tries: 'A regular expression backtracks for hours without a line of train.js being run.',
  attempt: (ground) => refused(ground.describe(code('/(a+)+b/.test("a".repeat(60))')), /^sandbox\.timeout$/),
} satisfies Cheat
