import { HONEST } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'polluted-text',
  family: 'escape',
  title: 'Pollute the lab by its own JSON',
  tries: 'A broken box puts __proto__ into the description.',
  async attempt(ground) {
    const program = JSON.stringify(await ground.describe(HONEST))
    const finding = await refused(ground.hear(`described\n{"__proto__":{"valBpb":0.0001},${program.slice(1)}`), /^program\.graph$/)
    const polluted = 'valBpb' in {}
    return polluted ? { blocked: false, by: 'nothing', reason: 'Every object now has a valBpb.' } : finding
  },
} satisfies Cheat
