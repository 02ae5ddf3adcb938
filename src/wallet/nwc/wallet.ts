// A wallet by Nostr Wallet Connect. A payment that is not answered is not a failed one: held payments are answered when
// they are settled, hours later, so what is known is looked up, and a late answer is heard.

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { z } from 'zod'
import { LabError } from '../../core/errors'
import { readInvoice } from '../invoice'
import { proves } from '../proof'
import type { IncomingState, Invoice, OutgoingState, Wallet, WalletEvent, WalletInfo } from '../types'
import { NwcClient, TIMES, type NwcTimes, type Reply } from './client'
import { balanceForm, budgetForm, emptyForm, infoForm, paidForm, transactionForm, type Notification, type Transaction } from './forms'
import { incomingOf, outgoingOf, refusalOf, SURELY_NOT_SENT } from './states'
import { parseNwcUri } from './uri'

const HOLD_METHODS = ['make_hold_invoice', 'settle_hold_invoice', 'cancel_hold_invoice']
/** A wallet that answered so lately is taken to be there. */
const AWAKE_MS = 10_000
/** After its invoice has expired by so much, a payment that the wallet knows nothing of was never made. */
const FORGOTTEN_SECONDS = 3600

/**
 * Connects when it is first asked for something.
 * @throws LabError "import.invalid" for a URI that is none
 */
export function openNwcWallet(uri: string, times: NwcTimes = TIMES): Wallet {
  const listeners = new Set<(event: WalletEvent) => void>()
  const tell = (event: WalletEvent): void => listeners.forEach((listener) => listener(event))
  let wasOpen = false
  const connection = parseNwcUri(uri)
  const client = new NwcClient(connection, times, {
    notification: (told) => tell(eventOf(told)),
    line(isOpen, why) {
      if (!isOpen) tell({ kind: 'offline', reason: why })
      else if (wasOpen) tell({ kind: 'online' })
      wasOpen ||= isOpen
    },
  })

  /** @throws LabError of the wallet's refusal, or "pay.offline" for its silence */
  async function ask<T>(method: string, params: object, form: z.ZodType<T>): Promise<T> {
    const reply = await client.ask(method, params, form, times.replyMs)
    if (reply.kind === 'result') return reply.result
    throw reply.kind === 'error' ? refusalOf(reply.code, reply.message) : silence()
  }

  /** not found: the wallet knows of no such payment; no answer: it cannot or may not look up. */
  async function find(paymentHash: string): Promise<Transaction | 'not found' | 'no answer'> {
    const reply = await client.ask('lookup_invoice', { payment_hash: paymentHash }, transactionForm, times.replyMs)
    if (reply.kind === 'silent') throw silence()
    if (reply.kind === 'result') return reply.result.payment_hash === paymentHash ? reply.result : 'no answer'
    if (reply.code === 'NOT_FOUND') return 'not found'
    const refusal = refusalOf(reply.code, reply.message)
    if (refusal.code === 'pay.offline') throw refusal
    return 'no answer'
  }

  /** Where an invoice of ours is, as far as the wallet says; null where it does not. */
  async function findIncoming(paymentHash: string): Promise<(IncomingState & { invoice: string | null }) | null> {
    const found = await find(paymentHash)
    if (typeof found === 'string' || found.type !== 'incoming') return null
    return { ...incomingOf(found, Date.now() / 1000), invoice: found.invoice ?? null }
  }

  /** Whether it has been done already, by a request whose answer was lost. */
  async function isNow(paymentHash: string, ...states: IncomingState['state'][]): Promise<boolean> {
    const found = await findIncoming(paymentHash).catch(() => null) // the first failure is the one to tell
    return found !== null && states.includes(found.state)
  }

  /** A request that reaches a wallet which is asleep may be carried out when it wakes: so it is waked first. */
  async function wake(): Promise<void> {
    if (Date.now() - client.lastHeardAt < AWAKE_MS) return
    if ((await client.ask('get_info', {}, emptyForm, times.replyMs)).kind === 'silent') throw silence(' Nothing was sent.')
  }

  async function outcome(reply: Reply<{ preimage: string; fees_paid?: number | null }>, paymentHash: string): Promise<OutgoingState> {
    if (reply.kind === 'result' && proves(reply.result.preimage, paymentHash)) {
      return { state: 'paid', preimage: reply.result.preimage, feeMsat: reply.result.fees_paid ?? 0 }
    }
    if (reply.kind === 'error' && SURELY_NOT_SENT.has(reply.code)) throw refusalOf(reply.code, reply.message)
    // silence, a proof that proves nothing, or a failure that may be a time limit of the wallet's: it is asked what it knows
    const isFailure = reply.kind === 'error' && reply.code === 'PAYMENT_FAILED'
    const found = await find(paymentHash).catch(() => null)
    if (found === null) return { state: 'unknown' } // and later again
    if (typeof found !== 'string' && found.type === 'outgoing') return outgoingOf(found, paymentHash)
    return isFailure ? { state: 'failed', reason: `The wallet could not pay: ${reply.message}`.slice(0, 300) } : { state: 'unknown' }
  }

  /** An invoice on a hash exists once: a second request, after a crash, finds the first one's. */
  async function holdInvoice(paymentHash: string, params: object): Promise<string> {
    try {
      const { invoice } = await ask('make_hold_invoice', params, transactionForm)
      if (invoice) return invoice
    } catch (thrown) {
      if (LabError.from(thrown).code === 'pay.unsupported') throw thrown
      const found = await findIncoming(paymentHash).catch(() => null)
      if (!found?.invoice) throw thrown
      return found.invoice
    }
    throw new LabError('pay.unsupported', 'The wallet made an invoice and did not say which.', { hint: 'Use another wallet.' })
  }

  async function canHold(): Promise<boolean> {
    const { methods } = await client.service()
    return HOLD_METHODS.every((method) => methods.includes(method))
  }

  return {
    kind: 'nwc',
    id: connection.wallet,
    async info(): Promise<WalletInfo> {
      const { methods } = await client.service()
      const allowed = <T>(method: string, read: () => Promise<T>): Promise<T | null> => (methods.includes(method) ? read().catch(ifRefused) : Promise.resolve(null))
      const [about, balance, budget] = await Promise.all([
        allowed('get_info', () => ask('get_info', {}, infoForm)),
        allowed('get_balance', () => ask('get_balance', {}, balanceForm)),
        allowed('get_budget', () => ask('get_budget', {}, budgetForm)),
      ])
      // what the service can do, and this connection may
      const may = (method: string) => methods.includes(method) && (about?.methods?.includes(method) ?? true)
      const { network = null, block_height: height = null } = about ?? {}
      if (height !== null) tell({ kind: 'height', height })
      return {
        kind: 'nwc',
        alias: about?.alias || 'Wallet',
        isPlayMoney: network !== null && network !== 'mainnet',
        network: network ?? 'unknown',
        canHold: HOLD_METHODS.every(may),
        canLookUp: may('lookup_invoice'),
        balanceMsat: balance?.balance ?? null,
        budget: budget?.total_budget === undefined ? null : { totalMsat: budget.total_budget, usedMsat: budget.used_budget ?? 0, renews: budget.renewal_period ?? null },
        height,
      }
    },
    async makeInvoice({ amountMsat, memo, expirySeconds }) {
      const { invoice } = await ask('make_invoice', { amount: amountMsat, description: memo, expiry: expirySeconds }, transactionForm)
      return readInvoice(invoice ?? '')
    },
    async makeHoldInvoice({ paymentHash, amountMsat, memo, expirySeconds, minFinalCltv }): Promise<Invoice> {
      if (!(await canHold())) throw noHold()
      const params = { payment_hash: paymentHash, amount: amountMsat, description: memo, expiry: expirySeconds, min_cltv_expiry_delta: minFinalCltv }
      const made = readInvoice(await holdInvoice(paymentHash, params))
      if (made.minFinalCltv >= minFinalCltv) return made
      throw new LabError('pay.unsupported', `The wallet locks for ${made.minFinalCltv} blocks at most, and ${minFinalCltv} are needed.`, { hint: 'Use another wallet, or hunt a bounty with a shorter lock.' })
    },
    // no fee limit in NIP-47: the wallet's own holds
    async pay(bolt11) {
      const { paymentHash } = readInvoice(bolt11)
      await wake()
      const reply = await client.ask('pay_invoice', { invoice: bolt11 }, paidForm, times.payMs, (late) => {
        outcome(late, paymentHash).then(
          (state) => tell({ kind: 'outgoing', paymentHash, state }),
          (thrown: unknown) => tell({ kind: 'outgoing', paymentHash, state: { state: 'failed', reason: LabError.from(thrown).message } }),
        )
      })
      return outcome(reply, paymentHash)
    },
    async lookUpOutgoing(paymentHash, bolt11) {
      const found = await find(paymentHash)
      if (typeof found !== 'string') return outgoingOf(found, paymentHash)
      const isForgotten = found === 'not found' && bolt11 !== undefined && readInvoice(bolt11).expiresAt + FORGOTTEN_SECONDS < Date.now() / 1000
      return isForgotten ? { state: 'failed', reason: 'The wallet knows nothing of this payment, and its invoice has expired.' } : { state: 'unknown' }
    },
    async lookUpIncoming(paymentHash) {
      const { invoice: _, ...state } = (await findIncoming(paymentHash)) ?? { state: 'open', invoice: null }
      return state
    },
    async settle(preimage) {
      try {
        await ask('settle_hold_invoice', { preimage }, emptyForm)
      } catch (thrown) {
        if (!(await isNow(bytesToHex(sha256(hexToBytes(preimage))), 'settled'))) throw thrown
      }
    },
    async cancel(paymentHash) {
      try {
        await ask('cancel_hold_invoice', { payment_hash: paymentHash }, emptyForm)
      } catch (thrown) {
        if (!(await isNow(paymentHash, 'cancelled', 'expired'))) throw thrown
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      client.service().catch((thrown: unknown) => listener({ kind: 'offline', reason: LabError.from(thrown).message }))
      return () => listeners.delete(listener)
    },
    async close() {
      listeners.clear()
      client.close()
    },
  }
}

function eventOf({ notification_type: type, notification: found }: Notification): WalletEvent {
  const { payment_hash: paymentHash, amount: amountMsat } = found
  if (type === 'payment_sent') return { kind: 'outgoing', paymentHash, state: outgoingOf({ ...found, state: 'settled' }, paymentHash) }
  if (type === 'payment_received') return { kind: 'incoming', paymentHash, state: { state: 'settled', amountMsat } }
  return { kind: 'incoming', paymentHash, state: { state: 'locked', amountMsat, deadlineHeight: found.settle_deadline ?? null } }
}

/** A wallet that may not tell something tells nothing; one that is not there is an error. */
function ifRefused(thrown: unknown): null {
  if (LabError.from(thrown).code === 'pay.offline') throw thrown
  return null
}

function silence(sent = ''): LabError {
  return new LabError('pay.offline', 'The wallet does not answer.', { hint: `Open the wallet, or look whether its server runs.${sent}` })
}

function noHold(): LabError {
  return new LabError('pay.unsupported', 'This wallet cannot hold payments.', { hint: 'Use one that lists make_hold_invoice (Alby Hub on LND or LDK), or take part in a bounty that pays after the verdict.' })
}
