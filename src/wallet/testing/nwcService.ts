// A wallet service (NIP-47) for tests and for `npm run lab`'s neighbours on loopback: a real wallet behind a real relay,
// with the faults that such services have.

import { decrypt as decrypt04, encrypt as encrypt04 } from 'nostr-tools/nip04'
import { decrypt, encrypt, getConversationKey } from 'nostr-tools/nip44'
import { finalizeEvent, generateSecretKey, getPublicKey, type Event } from 'nostr-tools/pure'
import { Relay } from 'nostr-tools/relay'
import { bytesToHex } from '@noble/hashes/utils.js'
import { LabError } from '../../core/errors'
import { readInvoice } from '../invoice'
import type { IncomingState, OutgoingState, Wallet, WalletEvent } from '../types'

const HOLD = ['make_hold_invoice', 'settle_hold_invoice', 'cancel_hold_invoice']
const METHODS = ['get_info', 'get_balance', 'get_budget', 'make_invoice', 'pay_invoice', 'lookup_invoice']

/** What goes wrong; changed by a test at any time. */
export interface Faults {
  /** hears nothing, as if its server were down */
  isOffline: boolean
  /** carried out, never answered */
  mute: Set<string>
  /** fails without being carried out, with this code */
  errors: Map<string, string>
  /** this instead of every answer's plain text */
  garbage: string | null
  /** how often each answer and notification is sent, signed anew each time */
  copies: number
  delayMs: number
  /** in answers to pay_invoice */
  preimage: string | null
}

export interface NwcService {
  uri: string
  faults: Faults
  /** of requests that were carried out, oldest first */
  done: string[]
  /** says something of the test's own as the wallet */
  notify(type: string, notification: object): Promise<void>
  close(): void
}

export interface ServiceOptions {
  wallet: Wallet
  relay: string
  encryption?: 'nip44' | 'nip04'
  canHold?: boolean
  budgetMsat?: number
}

/** Serves one connection to a wallet. */
export async function startNwcService({ wallet, relay: url, encryption = 'nip44', canHold = true, budgetMsat }: ServiceOptions): Promise<NwcService> {
  const [secretKey, clientKey] = [generateSecretKey(), generateSecretKey()]
  const [me, client] = [getPublicKey(secretKey), getPublicKey(clientKey)]
  const key = getConversationKey(secretKey, client)
  const faults: Faults = { isOffline: false, mute: new Set(), errors: new Map(), garbage: null, copies: 1, delayMs: 0, preimage: null }
  const done: string[] = []
  const methods = canHold ? [...METHODS, ...HOLD] : METHODS
  const invoices = new Map<string, { bolt11: string; type: 'incoming' | 'outgoing' }>()
  let usedMsat = 0
  const relay = await Relay.connect(url)
  const now = () => Math.floor(Date.now() / 1000)

  async function say(kind: number, value: unknown, tags: string[][]): Promise<void> {
    if (faults.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, faults.delayMs))
    for (let copy = 0; copy < faults.copies; copy++) {
      const plain = kind === 13194 ? String(value) : (faults.garbage ?? JSON.stringify(value))
      const content = kind === 13194 ? plain : encryption === 'nip44' ? encrypt(plain, key) : encrypt04(secretKey, client, plain)
      const more = copy > 0 ? [['copy', String(copy)]] : []
      await relay.publish(finalizeEvent({ kind, created_at: now(), content, tags: [...tags, ...more] }, secretKey)).catch(() => undefined) // gone: nobody hears it
    }
  }

  const transaction = (paymentHash: string, state: IncomingState | OutgoingState) => {
    const { bolt11, type } = invoices.get(paymentHash)!
    const { amountMsat, expiresAt, createdAt } = readInvoice(bolt11)
    const states: Record<string, string> = { open: 'pending', locked: 'accepted', settled: 'settled', paid: 'settled', failed: 'failed', cancelled: 'failed', expired: 'expired', pending: 'pending', unknown: 'pending' }
    return {
      type, state: states[state.state], invoice: bolt11, payment_hash: paymentHash, amount: amountMsat, created_at: createdAt, expires_at: expiresAt, a_field_of_its_own: true,
      ...(state.state === 'paid' ? { preimage: state.preimage, fees_paid: state.feeMsat } : {}),
      ...(state.state === 'settled' || state.state === 'paid' ? { settled_at: now() } : {}),
      ...(state.state === 'locked' && state.deadlineHeight !== null ? { settle_deadline: state.deadlineHeight } : {}),
    } // prettier-ignore
  }

  const made = (bolt11: string, type: 'incoming' | 'outgoing') => {
    const { paymentHash } = readInvoice(bolt11)
    invoices.set(paymentHash, { bolt11, type })
    return paymentHash
  }

  const notify = (type: string, notification: object) => say(encryption === 'nip44' ? 23197 : 23196, { notification_type: type, notification }, [['p', client]])

  const paying = new Map<string, (state: OutgoingState) => void>()
  const end = wallet.subscribe((event: WalletEvent) => {
    if (event.kind !== 'incoming' && event.kind !== 'outgoing') return
    const { paymentHash, state } = event
    if (invoices.get(paymentHash)?.type !== event.kind) return
    if (state.state === 'paid' || state.state === 'failed') paying.get(paymentHash)?.(state)
    const type = { locked: 'hold_invoice_accepted', settled: 'payment_received', paid: 'payment_sent' }[state.state as string]
    // money moves on while nobody is told
    if (type && !faults.isOffline) void notify(type, transaction(paymentHash, state))
  })

  /** Waits until it is over, as services do, however long the payment is held. */
  async function pay(bolt11: string): Promise<object> {
    const { amountMsat } = readInvoice(bolt11)
    if (budgetMsat !== undefined && usedMsat + amountMsat > budgetMsat) throw refuse('QUOTA_EXCEEDED', 'budget')
    const paymentHash = made(bolt11, 'outgoing')
    usedMsat += amountMsat
    const over = new Promise<OutgoingState>((resolve) => paying.set(paymentHash, resolve))
    const sent = await wallet.pay(bolt11, amountMsat)
    const state = sent.state === 'paid' || sent.state === 'failed' ? sent : await over
    if (state.state === 'paid') return { preimage: faults.preimage ?? state.preimage, fees_paid: state.feeMsat }
    usedMsat -= amountMsat
    throw refuse('PAYMENT_FAILED', 'failed or given back')
  }

  async function carryOut(method: string, params: Record<string, string & number>): Promise<unknown> {
    const { network, alias, height, balanceMsat } = await wallet.info()
    switch (method) {
      case 'get_info':
        return { alias, color: '#000000', pubkey: me, network, block_height: height, block_hash: '', methods }
      case 'get_balance':
        return { balance: balanceMsat }
      case 'get_budget':
        return budgetMsat === undefined ? {} : { used_budget: usedMsat, total_budget: budgetMsat, renewal_period: 'never' }
      case 'make_invoice': {
        const invoice = await wallet.makeInvoice({ amountMsat: params.amount, memo: params.description, expirySeconds: params.expiry })
        return transaction(made(invoice.bolt11, 'incoming'), { state: 'open' })
      }
      case 'make_hold_invoice': {
        if (invoices.has(params.payment_hash)) throw refuse('OTHER', 'an invoice on this hash exists')
        const hold = { paymentHash: params.payment_hash, amountMsat: params.amount, memo: params.description, expirySeconds: params.expiry, minFinalCltv: params.min_cltv_expiry_delta }
        return transaction(made((await wallet.makeHoldInvoice(hold)).bolt11, 'incoming'), { state: 'open' })
      }
      case 'settle_hold_invoice':
        await wallet.settle(params.preimage)
        return {}
      case 'cancel_hold_invoice':
        await wallet.cancel(params.payment_hash)
        return {}
      case 'lookup_invoice': {
        const known = invoices.get(params.payment_hash)
        if (!known) throw refuse('NOT_FOUND', 'no such invoice')
        const state = known.type === 'incoming' ? await wallet.lookUpIncoming(params.payment_hash) : await wallet.lookUpOutgoing(params.payment_hash)
        return transaction(params.payment_hash, state)
      }
      case 'pay_invoice':
        return pay(params.invoice)
    }
    throw refuse('NOT_IMPLEMENTED', method)
  }

  async function answer(event: Event): Promise<void> {
    if (faults.isOffline) return
    const plain = encryption === 'nip44' ? decrypt(event.content, key) : decrypt04(secretKey, client, event.content)
    const { method, params } = JSON.parse(plain) as { method: string; params: Record<string, string & number> }
    let body: object
    try {
      const code = faults.errors.get(method)
      if (code !== undefined) throw refuse(code, 'as the test wants it')
      done.push(method)
      body = { result_type: method, error: null, result: await carryOut(method, params) }
    } catch (thrown) {
      const { message, data } = LabError.from(thrown)
      body = { result_type: method, error: { code: data.nwc ?? 'INTERNAL', message }, result: null }
    }
    if (!faults.isOffline && !faults.mute.has(method)) await say(23195, body, [['p', client], ['e', event.id]]) // prettier-ignore
  }

  const about = encryption === 'nip44' ? [['encryption', 'nip44_v2 nip04']] : []
  await say(13194, `${methods.join(' ')} notifications`, [...about, ['notifications', 'payment_received payment_sent hold_invoice_accepted']])
  const seen = new Set<string>()
  relay.subscribe([{ kinds: [23194], authors: [client], '#p': [me] }], {
    onevent(event) {
      if (seen.has(event.id)) return
      seen.add(event.id)
      void answer(event)
    },
  })
  return {
    uri: `nostr+walletconnect://${me}?relay=${encodeURIComponent(url)}&secret=${bytesToHex(clientKey)}`,
    faults,
    done,
    notify,
    close() {
      end()
      relay.close()
    },
  }
}

const refuse = (code: string, message: string) => new LabError('pay.refused', message, { data: { nwc: code } })
