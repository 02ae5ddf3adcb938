// A ledger with wallets on it that behave as Lightning wallets do: payments lock, settle with a secret, come back when they
// are cancelled or when the chain reaches their deadline. It outlives any wallet object, as money does.

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { LabError } from '../../core/errors'
import { readInvoice } from '../invoice'
import type { IncomingState, Invoice, OutgoingState, Wallet, WalletEvent } from '../types'
import { writeInvoice } from './bolt11'

interface Bill {
  invoice: Invoice
  payee: string
  payer: string | null
  state: 'open' | 'locked' | 'settled' | 'cancelled'
  deadlineHeight: number
  preimage: string | null
  isHold: boolean
}

/** Blocks that a payment may be locked longer than its invoice asks for, for the hops in between. */
const HOP_BLOCKS = 40

export class MoneyLedger {
  height = 100
  /** how often money left a wallet, by payment hash: more than once is the worst that can happen */
  readonly sent = new Map<string, number>()
  private readonly balances = new Map<string, number>()
  private readonly bills = new Map<string, Bill>()
  private readonly listeners = new Map<string, Set<(event: WalletEvent) => void>>()
  private readonly now: () => number

  /** @param now unix seconds */
  constructor(now: () => number) {
    this.now = now
  }

  /** A wallet of a name; the same name again is the same money. */
  wallet(name: string, balanceMsat = 0): Wallet {
    if (!this.balances.has(name)) this.balances.set(name, balanceMsat)
    const own = this.listeners.get(name) ?? new Set<(event: WalletEvent) => void>()
    this.listeners.set(name, own)
    return {
      kind: 'practice',
      info: async () => ({
        kind: 'practice', alias: name, isPlayMoney: true, network: 'regtest', canHold: true, canLookUp: true, balanceMsat: this.balance(name), budget: null,
        height: this.height,
      }), // prettier-ignore
      makeInvoice: async ({ amountMsat, memo, expirySeconds }) => {
        const preimage = bytesToHex(crypto.getRandomValues(new Uint8Array(32)))
        return this.bill(name, { paymentHash: hashOf(preimage), amountMsat, memo, expirySeconds, minFinalCltv: 18 }, preimage)
      },
      makeHoldInvoice: async (request) => this.bill(name, request, null),
      pay: async (bolt11) => this.pay(name, bolt11),
      lookUpOutgoing: async (paymentHash) => this.outgoing(name, paymentHash),
      lookUpIncoming: async (paymentHash) => this.incoming(paymentHash),
      settle: async (preimage) => this.settle(name, preimage),
      cancel: async (paymentHash) => this.cancel(name, paymentHash),
      subscribe(listener) {
        own.add(listener)
        return () => own.delete(listener)
      },
      close: async () => undefined,
    }
  }

  balance(name: string): number {
    return this.balances.get(name) ?? 0
  }

  lockedMsat(): number {
    return [...this.bills.values()].reduce((sum, { state, invoice }) => sum + (state === 'locked' ? invoice.amountMsat : 0), 0)
  }

  /** Blocks pass; locks at their deadline come back. */
  mine(blocks: number): void {
    this.height += blocks
    for (const bill of this.bills.values()) if (bill.state === 'locked' && this.height >= bill.deadlineHeight) this.end(bill, 'cancelled')
    for (const own of this.listeners.values()) tell(own, { kind: 'height', height: this.height })
  }

  private bill(payee: string, fields: { paymentHash: string; amountMsat: number; memo: string; expirySeconds: number; minFinalCltv: number }, preimage: string | null): Invoice {
    const known = this.bills.get(fields.paymentHash)
    if (known && known.payee !== payee) throw new LabError('pay.refused', 'Another wallet has an invoice on this hash.')
    if (known) return known.invoice
    const invoice = readInvoice(writeInvoice({ ...fields, createdAt: this.now() }))
    this.bills.set(fields.paymentHash, { invoice, payee, payer: null, state: 'open', deadlineHeight: 0, preimage, isHold: preimage === null })
    return invoice
  }

  private pay(payer: string, bolt11: string): OutgoingState {
    const { paymentHash, amountMsat, minFinalCltv, expiresAt } = readInvoice(bolt11)
    const bill = this.bills.get(paymentHash)
    if (!bill || bill.state !== 'open') throw new LabError('pay.refused', 'This invoice cannot be paid.')
    if (expiresAt <= this.now()) throw new LabError('pay.refused', 'This invoice has expired.')
    if (this.balance(payer) < amountMsat) throw new LabError('pay.quota', 'Too little money.')
    this.add(payer, -amountMsat)
    this.sent.set(paymentHash, (this.sent.get(paymentHash) ?? 0) + 1)
    Object.assign(bill, { payer, state: 'locked', deadlineHeight: this.height + minFinalCltv + HOP_BLOCKS })
    if (bill.isHold) this.announce(bill)
    else this.end(bill, 'settled')
    return this.outgoing(payer, paymentHash)
  }

  private settle(name: string, preimage: string): void {
    const bill = this.bills.get(hashOf(preimage))
    if (bill?.payee !== name || (bill.state !== 'locked' && bill.state !== 'settled')) throw new LabError('pay.refused', 'Nothing is locked for this secret.')
    bill.preimage = preimage
    if (bill.state === 'locked') this.end(bill, 'settled')
  }

  private cancel(name: string, paymentHash: string): void {
    const bill = this.bills.get(paymentHash)
    if (bill?.payee !== name) throw new LabError('pay.refused', 'There is no such invoice.')
    if (bill.state === 'open' || bill.state === 'locked') this.end(bill, 'cancelled')
  }

  private end(bill: Bill, state: 'settled' | 'cancelled'): void {
    if (bill.state === 'locked') this.add(state === 'settled' ? bill.payee : bill.payer!, bill.invoice.amountMsat)
    bill.state = state
    this.announce(bill)
  }

  private add(name: string, msat: number): void {
    this.balances.set(name, this.balance(name) + msat)
  }

  private announce({ invoice: { paymentHash }, payee, payer }: Bill): void {
    tell(this.listeners.get(payee), { kind: 'incoming', paymentHash, state: this.incoming(paymentHash) })
    if (payer !== null) tell(this.listeners.get(payer), { kind: 'outgoing', paymentHash, state: this.outgoing(payer, paymentHash) })
  }

  private incoming(paymentHash: string): IncomingState {
    const bill = this.bills.get(paymentHash)
    if (!bill) return { state: 'expired' }
    const { state, invoice, deadlineHeight } = bill
    if (state === 'locked') return { state, amountMsat: invoice.amountMsat, deadlineHeight }
    if (state === 'settled') return { state, amountMsat: invoice.amountMsat }
    return { state: state === 'open' && invoice.expiresAt <= this.now() ? 'expired' : state }
  }

  private outgoing(payer: string, paymentHash: string): OutgoingState {
    const bill = this.bills.get(paymentHash)
    if (bill?.payer !== payer) return { state: 'failed', reason: 'It was never sent.' }
    if (bill.state === 'settled') return { state: 'paid', preimage: bill.preimage!, feeMsat: 0 }
    return bill.state === 'locked' ? { state: 'pending' } : { state: 'failed', reason: 'It came back.' }
  }
}

const hashOf = (preimage: string) => bytesToHex(sha256(hexToBytes(preimage)))

/** Later, as from outside: whoever caused it is in the middle of something. */
function tell(listeners: ReadonlySet<(event: WalletEvent) => void> | undefined, event: WalletEvent): void {
  for (const listener of listeners ?? []) queueMicrotask(() => listener(event))
}
