// Whose word on a payment counts: a proof before the wallet, the wallet before the person, and none after the last.

import { proves } from './proof'
import type { PaymentRow } from './types'

const OVER = new Set<PaymentRow['state']['state']>(['paid', 'failed', 'settled', 'cancelled', 'expired', 'refused'])

export const isOver = ({ state }: PaymentRow['state']): boolean => OVER.has(state)

/** It came back or never left, and nobody says so but the person: a wallet may know better one day. */
export const isClaimed = (state: PaymentRow['state']): boolean => state.state === 'failed' && state.saidBy === 'person'

/** It left, and the wallet does not say what became of it. What an extension calls pending is a question without an answer. */
export function isUnaccounted({ direction, wallet, state: { state } }: Pick<PaymentRow, 'direction' | 'wallet' | 'state'>): boolean {
  return direction === 'out' && (state === 'unknown' || (state === 'pending' && wallet === 'webln'))
}

/** Whether what is said now changes what is known of a payment; news may come twice, late and out of order. */
export function isNews(row: PaymentRow, said: PaymentRow['state']): boolean {
  const known = row.state
  if (JSON.stringify(known) === JSON.stringify(said)) return false
  if (isClaimed(said)) return isUnaccounted(row)
  if (known.state === 'failed' && said.state === 'paid') return proves(said.preimage, row.paymentHash)
  if (isClaimed(known)) return said.state !== 'unknown'
  return !isOver(known) && !(said.state === 'unknown' && known.state === 'pending')
}
