import { code } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'dynamic-import',
  family: 'escape',
  title: 'Import code while running',
  tries: 'train.js awaits import() of a data: address.',
  attempt: (ground) => refused(ground.describe(code("await import('data:text/javascript,export default 1')")), /^sandbox\.forbidden$/),
} satisfies Cheat
