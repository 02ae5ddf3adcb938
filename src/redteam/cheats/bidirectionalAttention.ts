import { HONEST_BODY, modelWith } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'bidirectional-attention',
  family: 'peeking',
  title: 'Attend to later tokens',
  tries: 'attention is asked for with causal: false.',
  attempt: (ground) => refused(ground.describe(modelWith(HONEST_BODY.replace("heads('v'))", "heads('v'), { causal: false })"))), /^program\.graph$/),
} satisfies Cheat
