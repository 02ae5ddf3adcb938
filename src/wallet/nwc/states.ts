// What a wallet service's words mean for a payment.

import { LabError } from '../../core/errors'
import { proves } from '../proof'
import type { IncomingState, OutgoingState } from '../types'
import type { Transaction } from './forms'

/** Of a payment that we made; unknown where what was found is none. */
export function outgoingOf(found: Transaction, paymentHash: string): OutgoingState {
  const { type, state, settled_at: settledAt, fees_paid: fees } = found
  if (type !== 'outgoing' || found.payment_hash !== paymentHash) return { state: 'unknown' }
  const preimage = found.preimage?.toLowerCase()
  if (state === 'settled' || (!state && settledAt)) {
    return proves(preimage, paymentHash) ? { state: 'paid', preimage, feeMsat: fees ?? 0 } : { state: 'unknown' }
  }
  if (state === 'failed' || state === 'expired') return { state: 'failed', reason: 'The wallet says that the payment failed.' }
  return { state: 'pending' }
}

/** Of an invoice of ours. @param now unix seconds */
export function incomingOf(found: Transaction, now: number): IncomingState {
  const { amount: amountMsat, state, settled_at: settledAt, expires_at: expiresAt } = found
  if (state === 'settled' || (!state && settledAt)) return { state: 'settled', amountMsat }
  if (state === 'accepted') return { state: 'locked', amountMsat, deadlineHeight: found.settle_deadline ?? null }
  if (state === 'failed') return { state: 'cancelled' }
  return state === 'expired' || (expiresAt && expiresAt < now) ? { state: 'expired' } : { state: 'open' }
}

/** A refusal of the wallet service: nothing was done. */
export function refusalOf(code: string, message: string): LabError {
  const said = message === '' ? code : message
  if (code === 'QUOTA_EXCEEDED') {
    return new LabError('pay.quota', `The wallet refuses: its budget for this page is used up (${said}).`, { hint: 'Raise the budget of this connection in the wallet, or wait until it renews. Nothing was sent.' })
  }
  if (code === 'NOT_IMPLEMENTED' || code === 'UNSUPPORTED_ENCRYPTION') {
    return new LabError('pay.unsupported', `The wallet cannot do this (${said}).`, { hint: 'Use a wallet that can.' })
  }
  if (code === 'INSUFFICIENT_BALANCE' || code === 'RESTRICTED' || code === 'UNAUTHORIZED') {
    const hint = code === 'INSUFFICIENT_BALANCE' ? 'Add money to the wallet.' : 'Allow it in the settings of this connection, in the wallet.'
    return new LabError('pay.refused', `The wallet refuses (${said}).`, { hint })
  }
  return new LabError('pay.offline', `The wallet could not do it now (${said}).`, { hint: 'Try again in a while.' })
}

/** Codes after which nothing can have left. */
export const SURELY_NOT_SENT = new Set(['QUOTA_EXCEEDED', 'NOT_IMPLEMENTED', 'UNSUPPORTED_ENCRYPTION', 'INSUFFICIENT_BALANCE', 'RESTRICTED', 'UNAUTHORIZED', 'RATE_LIMITED'])
