import { modelWith } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'degenerate-tokens',
  family: 'data',
  title: 'Predict among fewer tokens than there are',
  tries: 'The model returns logits over 4 tokens, which are easier to guess.',
  attempt: (ground) => refused(ground.describe(modelWith("return g.linear(x, matrix('few', 4, 16))", "export const tokenizer = { kind: 'none', vocab: 4 }")), /^program\.graph$/),
} satisfies Cheat
