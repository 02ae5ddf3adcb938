// Payments that belong together are asked about together: the slices of one submission are one decision.

import type { PaymentRow } from '../../wallet/types'
import type { Persona } from '../../worker/bountyProtocol'

export interface AskedGroup {
  persona: Persona
  rows: PaymentRow[]
}

/** Groups by who pays whom from which wallet for what, in the order of asking. Play money and real money never mix. */
export function askedTogether(asked: readonly { persona: Persona; row: PaymentRow }[]): AskedGroup[] {
  const groups = new Map<string, AskedGroup>()
  for (const { persona, row } of asked) {
    // a key is machine/pay/submission/hash: everything before the hash is the occasion
    const occasion = row.key.slice(0, row.key.lastIndexOf('/'))
    const key = JSON.stringify([persona, row.wallet, row.isPlayMoney, row.toWhom, occasion])
    const group = groups.get(key)
    if (group) group.rows.push(row)
    else groups.set(key, { persona, rows: [row] })
  }
  return [...groups.values()]
}
