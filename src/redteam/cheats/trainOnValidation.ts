import { modelWith } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'train-on-validation',
  family: 'data',
  title: 'Train on the validation text',
  tries: 'The model asks g for the tokens it will be scored on and makes a parameter of them.',
  attempt: (ground) => refused(ground.describe(modelWith("return head(g.add(x, g.tokens('val')))")), /^(program|sandbox)\./),
} satisfies Cheat
