import { code } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'read-the-clock',
  family: 'clock',
  title: 'Read the clock',
  tries: 'train.js calls Date.now to learn how long it has, or which machine this is.',
  attempt: (ground) => refused(ground.describe(code('Date.now()')), /^sandbox\.forbidden$/),
} satisfies Cheat
