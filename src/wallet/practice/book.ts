// Payments of one node: what it is asked to do, and what LDK says became of it. All of it happens in turns of the node.

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { Event, Event_PaymentClaimable, Event_PaymentFailed } from 'lightningdevkit'
import { LabError } from '../../core/errors'
import { readInvoice } from '../invoice'
import type { IncomingState, Invoice, OutgoingState, WalletEvent } from '../types'
import type { Ldk } from './ldk'
import type { LightningNode } from './node'
import { HOP_CLTV } from './nodeParts'
import { readRecords, recordKey, writeRecord, type IncomingRecord, type OutgoingRecord } from './records'

/** A lock of more blocks would not be passed on (BOLT 4: two weeks). */
const MOST_CLTV = 1900
/** Blocks that LDK adds to what it is asked for, in case some come while a payment is on its way. */
const ADDED_CLTV = 3
/** LDK gives a payment back 21 blocks before its lock ends, and takes none that would leave less. */
const LEAST_CLTV = 24 + ADDED_CLTV

export interface BookDeps {
  ldk: Ldk
  now(): number
  tell(event: WalletEvent): void
}

export class PaymentBook {
  private readonly deps: BookDeps
  private readonly out: Map<string, OutgoingRecord>
  private readonly in: Map<string, IncomingRecord>

  constructor(deps: BookDeps, stored: ReadonlyMap<string, Uint8Array>) {
    this.deps = deps
    const records = readRecords(stored)
    this.out = records.out
    this.in = records.in
  }

  /** The state of a payment that was sent, unless it failed. */
  paidOrPending(bolt11: string): OutgoingState | null {
    const state = this.out.get(readInvoice(bolt11).paymentHash)?.state
    return state && state.state !== 'failed' ? state : null
  }

  /** @throws LabError pay.refused | pay.quota: nothing was sent */
  pay(node: LightningNode, bolt11: string, maxFeeMsat: number): OutgoingState {
    const { ldk, now } = this.deps
    const invoice = readInvoice(bolt11)
    const known = this.paidOrPending(bolt11)
    if (known) return known
    if (invoice.network !== 'regtest') throw refused('It is an invoice of another network: play money cannot pay it.')
    if (this.in.has(invoice.paymentHash)) throw refused('It is an invoice of this very wallet.')
    if (invoice.expiresAt <= now()) throw refused('The invoice has expired.')
    const spendable = spendableMsat(node)
    if (invoice.amountMsat > spendable) {
      throw new LabError('pay.quota', `The practice wallet has ${spendable / 1000} sat to spend; ${invoice.amountMsat / 1000} are asked for.`, { hint: 'Nothing was sent.' })
    }
    const parsed = ldk.Bolt11Invoice.constructor_from_str(invoice.bolt11)
    if (!(parsed instanceof ldk.Result_Bolt11InvoiceParseOrSemanticErrorZ_OK)) throw refused('LDK cannot read the invoice.')
    const read = ldk.UtilMethods.constructor_payment_parameters_from_invoice(parsed.res)
    if (!(read instanceof ldk.Result_C3Tuple_ThirtyTwoBytesRecipientOnionFieldsRouteParametersZNoneZ_OK)) throw refused('LDK finds no way in the invoice.')
    const route = read.res.get_c()
    route.set_max_total_routing_fee_msat(ldk.Option_u64Z.constructor_some(BigInt(maxFeeMsat)))
    // no extra blocks for the sake of privacy: the lock ends when the invoice says
    const payee = route.get_payment_params()
    payee.set_max_total_cltv_expiry_delta(invoice.minFinalCltv + HOP_CLTV)
    payee.set_max_path_count(1)
    route.set_payment_params(payee)
    const hash = hexToBytes(invoice.paymentHash)
    this.noteOutgoing(node, invoice.paymentHash, { bolt11: invoice.bolt11, state: { state: 'pending' } })
    if (!node.manager.send_payment(hash, read.res.get_b(), hash, route, ldk.Retry.constructor_attempts(0)).is_ok()) {
      this.noteOutgoing(node, invoice.paymentHash, { bolt11: invoice.bolt11, state: { state: 'failed', reason: 'There is no way to the payee with enough room in it.' } })
    }
    return this.out.get(invoice.paymentHash)!.state
  }

  makeInvoice(node: LightningNode, { amountMsat, memo, expirySeconds }: { amountMsat: number; memo: string; expirySeconds: number }): Invoice {
    const { ldk } = this.deps
    const made = ldk.UtilMethods.constructor_create_invoice_from_channelmanager(
      node.manager, ldk.Option_u64Z.constructor_some(BigInt(amountMsat)), memo, this.expiry(expirySeconds, node), ldk.Option_u16Z.constructor_none(),
    ) // prettier-ignore
    return this.made(node, made, false)
  }

  /** The same hash is the same invoice. @throws LabError pay.refused | pay.unsupported */
  makeHoldInvoice(node: LightningNode, request: { paymentHash: string; amountMsat: number; memo: string; expirySeconds: number; minFinalCltv: number }): Invoice {
    const { paymentHash, amountMsat, memo, expirySeconds, minFinalCltv } = request
    const known = this.in.get(paymentHash)
    if (known) {
      const invoice = readInvoice(known.bolt11)
      if (invoice.amountMsat !== amountMsat) throw refused('There is an invoice for another amount on this hash.')
      return invoice
    }
    if (this.out.has(paymentHash)) throw refused('This wallet has itself paid on this hash.')
    if (minFinalCltv < LEAST_CLTV || minFinalCltv > MOST_CLTV) {
      throw new LabError('pay.unsupported', `A lock is from ${LEAST_CLTV} to ${MOST_CLTV} blocks long, not ${minFinalCltv}.`, { hint: 'Choose another lock time.' })
    }
    const { ldk } = this.deps
    const made = ldk.UtilMethods.constructor_create_invoice_from_channelmanager_with_payment_hash(
      node.manager, ldk.Option_u64Z.constructor_some(BigInt(amountMsat)), memo, this.expiry(expirySeconds, node), hexToBytes(paymentHash),
      ldk.Option_u16Z.constructor_some(minFinalCltv - ADDED_CLTV),
    ) // prettier-ignore
    return this.made(node, made, true)
  }

  /** @param wasAsked whether this wallet would know of it: a record is kept before anything is sent */
  lookUpOutgoing(paymentHash: string, wasAsked: boolean): OutgoingState {
    return this.out.get(paymentHash)?.state ?? (wasAsked ? { state: 'failed', reason: 'The practice wallet never sent it.' } : { state: 'unknown' })
  }

  lookUpIncoming(paymentHash: string): IncomingState {
    const record = this.in.get(paymentHash)
    // of a practice wallet that was forgotten: nobody can pay it any more
    if (!record) return { state: 'expired' }
    return record.state.state === 'open' && this.hasExpired(record) ? { state: 'expired' } : record.state
  }

  /** @throws LabError pay.refused (nothing is locked) | pay.expired (too late) */
  settle(node: LightningNode, preimage: string): void {
    const paymentHash = bytesToHex(sha256(hexToBytes(preimage)))
    const record = this.in.get(paymentHash)
    if (record?.state.state === 'settled' || record?.preimage === preimage) return
    if (record?.state.state !== 'locked') throw refused('No payment is locked under this secret.')
    const { deadlineHeight } = record.state
    if (deadlineHeight !== null && node.tip().height >= deadlineHeight) {
      throw new LabError('pay.expired', 'The lock is over: the money has gone back.', { data: { deadlineHeight } })
    }
    this.noteIncoming(node, paymentHash, { ...record, preimage })
    node.manager.claim_funds(hexToBytes(preimage))
  }

  /** @throws LabError pay.refused when it is settled */
  cancel(node: LightningNode, paymentHash: string): void {
    const record = this.in.get(paymentHash)
    if (!record) throw refused('This wallet made no such invoice.')
    if (record.state.state === 'settled' || record.preimage !== null) throw refused('The payment is settled.')
    if (record.state.state === 'cancelled') return
    this.noteIncoming(node, paymentHash, { ...record, state: { state: 'cancelled' } })
    node.manager.fail_htlc_backwards(hexToBytes(paymentHash))
  }

  hear(event: Event, node: LightningNode): void {
    const { ldk } = this.deps
    if (event instanceof ldk.Event_PaymentClaimable) this.arrived(event, node)
    if (event instanceof ldk.Event_PaymentClaimed) {
      const record = this.in.get(bytesToHex(event.payment_hash))
      if (record) this.noteIncoming(node, bytesToHex(event.payment_hash), { ...record, state: { state: 'settled', amountMsat: Number(event.amount_msat) } })
    }
    if (event instanceof ldk.Event_HTLCHandlingFailed && event.failed_next_destination instanceof ldk.HTLCDestination_FailedPayment) {
      const paymentHash = bytesToHex(event.failed_next_destination.payment_hash)
      const record = this.in.get(paymentHash)
      if (record?.state.state === 'locked') this.noteIncoming(node, paymentHash, { ...record, state: { state: 'cancelled' } })
    }
    if (event instanceof ldk.Event_PaymentSent) {
      const feeMsat = event.fee_paid_msat instanceof ldk.Option_u64Z_Some ? Number(event.fee_paid_msat.some) : 0
      this.over(node, event.payment_hash, { state: 'paid', preimage: bytesToHex(event.payment_preimage), feeMsat })
    }
    // its id is its hash
    if (event instanceof ldk.Event_PaymentFailed) this.over(node, event.payment_id, { state: 'failed', reason: this.reasonOf(event) })
  }

  private reasonOf({ reason }: Event_PaymentFailed): string {
    const { PaymentFailureReason: why, Option_PaymentFailureReasonZ_Some } = this.deps.ldk
    const known = reason instanceof Option_PaymentFailureReasonZ_Some ? reason.some : null
    if (known === why.LDKPaymentFailureReason_RouteNotFound) return 'There is no way to the payee with enough room in it.'
    if (known === why.LDKPaymentFailureReason_RecipientRejected) return 'It was given back: cancelled, refused, or not claimed in time.'
    return 'It could not be brought to the payee, and is back.'
  }

  private arrived(event: Event_PaymentClaimable, node: LightningNode): void {
    const { ldk } = this.deps
    const paymentHash = bytesToHex(event.payment_hash)
    const record = this.in.get(paymentHash)
    const isWanted = record && record.state.state === 'open' && !this.hasExpired(record)
    if (!isWanted || Number(event.amount_msat) !== readInvoice(record.bolt11).amountMsat) return node.manager.fail_htlc_backwards(event.payment_hash)
    if (record.isHeld) {
      const deadlineHeight = event.claim_deadline instanceof ldk.Option_u32Z_Some ? event.claim_deadline.some : null
      return this.noteIncoming(node, paymentHash, { ...record, state: { state: 'locked', amountMsat: Number(event.amount_msat), deadlineHeight } })
    }
    const own = event.purpose instanceof ldk.PaymentPurpose_Bolt11InvoicePayment ? event.purpose.payment_preimage : null
    if (own instanceof ldk.Option_ThirtyTwoBytesZ_Some) node.manager.claim_funds(own.some)
    else node.manager.fail_htlc_backwards(event.payment_hash)
  }

  private made(node: LightningNode, made: ReturnType<Ldk['UtilMethods']['constructor_create_invoice_from_channelmanager']>, isHeld: boolean): Invoice {
    if (!(made instanceof this.deps.ldk.Result_Bolt11InvoiceSignOrCreationErrorZ_OK)) throw refused('LDK makes no such invoice.')
    const invoice = readInvoice(made.res.to_str())
    this.noteIncoming(node, invoice.paymentHash, { bolt11: invoice.bolt11, isHeld, preimage: null, state: { state: 'open' } })
    return invoice
  }

  /** LDK's clock is the last block's, which may be some minutes old: the invoice still lasts as long as was asked. */
  private expiry(expirySeconds: number, node: LightningNode): number {
    return Math.max(1, expirySeconds + this.deps.now() - node.chainTime())
  }

  private hasExpired({ bolt11 }: IncomingRecord): boolean {
    return readInvoice(bolt11).expiresAt <= this.deps.now()
  }

  private over(node: LightningNode, hash: Uint8Array, state: OutgoingState): void {
    const record = this.out.get(bytesToHex(hash))
    if (record && record.state.state !== 'paid') this.noteOutgoing(node, bytesToHex(hash), { ...record, state })
  }

  private noteOutgoing(node: LightningNode, paymentHash: string, record: OutgoingRecord): void {
    this.out.set(paymentHash, record)
    node.keep(recordKey('out', paymentHash), writeRecord(record))
    node.after(() => this.deps.tell({ kind: 'outgoing', paymentHash, state: record.state }))
  }

  private noteIncoming(node: LightningNode, paymentHash: string, record: IncomingRecord): void {
    this.in.set(paymentHash, record)
    node.keep(recordKey('in', paymentHash), writeRecord(record))
    node.after(() => this.deps.tell({ kind: 'incoming', paymentHash, state: record.state }))
  }
}

/** What the node's channels can send, above the reserve that each keeps. */
export function spendableMsat(node: LightningNode): number {
  return node.channels().reduce((sum, channel) => sum + Number(channel.get_outbound_capacity_msat()), 0)
}

function refused(why: string): LabError {
  return new LabError('pay.refused', why, { hint: 'Nothing was sent.' })
}
