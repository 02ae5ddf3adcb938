import { modelWith } from '../programs'
import type { Cheat } from '../types'
import { unscored } from '../walls'

export default {
  id: 'giant-model',
  family: 'bomb',
  title: 'Ask for more memory than there is',
  tries: 'Half a billion parameters, to take the graphics processor down.',
  attempt: async (ground) => {
    const source = modelWith(`let y = x
for (let i = 0; i < 16; i++) y = g.linear(g.linear(y, matrix('wide' + i, 1 << 20, 16)), matrix('back' + i, 16, 1 << 20))
return head(y)`)
    return unscored(ground.run(await ground.describe(source)), /^program\.memory$/)
  },
} satisfies Cheat
