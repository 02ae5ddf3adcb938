import { code } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'import',
  family: 'escape',
  title: 'Import code',
  tries: 'train.js imports a module from an address.',
  attempt: (ground) => refused(ground.describe(code("import 'https://example.org/cheat.js'")), /^sandbox\.forbidden$/),
} satisfies Cheat
