import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'swapped-program',
  family: 'record',
  title: 'Put another program under a receipt',
  tries: 'The program that comes with a receipt is exchanged: the score is kept, the recipe is not what made it.',
  async attempt(ground) {
    const text = await ground.receipt()
    return refused(ground.readReceipt(text.replace('lr: 0.01', 'lr: 0.02')), /^import\.invalid$/)
  },
} satisfies Cheat
