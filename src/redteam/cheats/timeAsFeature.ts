import { modelWith } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'time-as-feature',
  family: 'peeking',
  title: 'Turn time into a feature and mix it',
  tries: 'A transpose is asked to swap T with the channels, so that an ordinary linear layer mixes all tokens.',
  attempt: (ground) => refused(ground.describe(modelWith('return head(g.transpose(x, [1, 0]))')), /^program\.graph$/),
} satisfies Cheat
