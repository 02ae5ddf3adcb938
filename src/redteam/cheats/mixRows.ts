import { modelWith } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'mix-rows',
  family: 'peeking',
  title: 'Read another row of the batch',
  tries: 'A reshape is asked to lay the rows of a batch side by side.',
  attempt: (ground) => refused(ground.describe(modelWith('return head(g.reshape(x, [4 * 16]))')), /^program\.graph$/),
} satisfies Cheat
