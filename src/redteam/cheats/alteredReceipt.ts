import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'altered-receipt',
  family: 'record',
  title: 'Alter a receipt',
  tries: 'One digit of a signed score is changed after the run.',
  async attempt(ground) {
    const text = await ground.receipt()
    const digit = /("valBpb":\{"decimal":\d\.)(\d)/.exec(text)
    if (!digit) throw new Error('the receipt has no score to alter')
    const other = text.replace(digit[0], `${digit[1]}${(Number(digit[2]) + 1) % 10}`)
    return refused(ground.readReceipt(other), /^import\.invalid$/)
  },
} satisfies Cheat
