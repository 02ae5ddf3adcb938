import { modelWith } from '../programs'
import type { Cheat } from '../types'
import { unscored } from '../walls'

export default {
  id: 'nan-score',
  family: 'score',
  title: 'Score NaN',
  tries: 'The logits are the logarithm of a negative number: every comparison with NaN is false, so a careless rule keeps it.',
  attempt: async (ground) => {
    const program = await ground.describe(modelWith('return head(g.log(g.affine(g.square(x), { scale: -1, offset: -1 })))'))
    return unscored(ground.run(program), /^(numeric\.|judge\.)/)
  },
} satisfies Cheat
