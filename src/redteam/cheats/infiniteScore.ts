import { modelWith } from '../programs'
import type { Cheat } from '../types'
import { unscored } from '../walls'

export default {
  id: 'infinite-score',
  family: 'score',
  title: 'Score infinity',
  tries: 'Logits overflow to infinity, so that a difference of two scores is no number.',
  attempt: async (ground) => {
    const program = await ground.describe(modelWith('return head(g.exp(g.exp(g.affine(x, { scale: 100, offset: 100 }))))'))
    return unscored(ground.run(program), /^(numeric\.|judge\.)/)
  },
} satisfies Cheat
