// Balances, and money that is locked between them until it is settled with a secret, given back, or refunded by height.

import type { IncomingState, OutgoingState } from '../../../wallet/types'
import type { PublicKey } from '../../types'

export interface Lock {
  paymentHash: string
  payer: PublicKey
  payee: PublicKey
  amountMsat: number
  deadlineHeight: number
  state: 'locked' | 'settled' | 'refunded'
  preimage: string | null
}

export class Chain {
  height = 100
  readonly balances = new Map<PublicKey, number>()
  readonly locks = new Map<string, Lock>()
  /** how often money really left a wallet, by payment hash */
  readonly sent = new Map<string, number>()
  private readonly onChange: (lock: Lock) => void

  constructor(onChange: (lock: Lock) => void) {
    this.onChange = onChange
  }

  get total(): number {
    let sum = 0
    for (const balance of this.balances.values()) sum += balance
    for (const lock of this.locks.values()) if (lock.state === 'locked') sum += lock.amountMsat
    return sum
  }

  /** payment hashes */
  lockedBy(payer: PublicKey): string[] {
    return [...this.locks.values()].filter((lock) => lock.payer === payer && lock.state === 'locked').map(({ paymentHash }) => paymentHash)
  }

  lock(terms: Pick<Lock, 'paymentHash' | 'payer' | 'payee' | 'amountMsat'>, blocks: number): Lock {
    const { paymentHash, payer, amountMsat } = terms
    const lock: Lock = { ...terms, deadlineHeight: this.height + blocks, state: 'locked', preimage: null }
    this.locks.set(paymentHash, lock)
    this.sent.set(paymentHash, (this.sent.get(paymentHash) ?? 0) + 1)
    this.balances.set(payer, this.balances.get(payer)! - amountMsat)
    this.onChange(lock)
    return lock
  }

  end(lock: Lock, state: 'settled' | 'refunded', preimage: string | null = null): void {
    Object.assign(lock, { state, preimage })
    const to = state === 'settled' ? lock.payee : lock.payer
    this.balances.set(to, this.balances.get(to)! + lock.amountMsat)
    this.onChange(lock)
  }

  mine(blocks: number): void {
    this.height += blocks
    for (const lock of this.locks.values()) if (lock.state === 'locked' && this.height >= lock.deadlineHeight) this.end(lock, 'refunded')
  }
}

export function outgoingOf({ state, preimage }: Lock): OutgoingState {
  if (state === 'settled') return { state: 'paid', preimage: preimage!, feeMsat: 0 }
  return state === 'locked' ? { state: 'pending' } : { state: 'failed', reason: 'came back' }
}

export function incomingOf({ state, amountMsat, deadlineHeight }: Lock): IncomingState {
  return state === 'locked' ? { state, amountMsat, deadlineHeight } : state === 'settled' ? { state, amountMsat } : { state: 'cancelled' }
}
