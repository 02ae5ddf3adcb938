import { code } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'randomness',
  family: 'luck',
  title: 'Roll dice',
  tries: 'train.js calls Math.random, so that the same program is another one each time.',
  attempt: (ground) => refused(ground.describe(code('Math.random()')), /^sandbox\.forbidden$/),
} satisfies Cheat
