// A wallet extension of the browser (WebLN). It asks the person itself, once a payment, and has no word for "held": a
// prompt that hangs and a payment that is locked look the same, so both are pending until a lookup or an answer says more.

import { z } from 'zod'
import { LabError } from '../../core/errors'
import { readInvoice } from '../invoice'
import { proves } from '../proof'
import type { OutgoingState, Wallet, WalletEvent, WalletInfo } from '../types'

z.config({ jitless: true })

/** The page's extension, reached from wherever this runs. Rejects with what the extension says. */
export interface WeblnCalls {
  isPresent(): Promise<boolean>
  call(method: 'enable' | 'getInfo' | 'getBalance' | 'makeInvoice' | 'sendPayment' | 'lookupInvoice', args: unknown[]): Promise<unknown>
}

export interface WeblnTimes {
  /** for an answer that needs nobody */
  replyMs: number
  /** for the person to answer a prompt */
  promptMs: number
}
const WEBLN_TIMES: WeblnTimes = { replyMs: 10_000, promptMs: 60_000 }

const text = (most: number) => z.string().transform((given) => given.slice(0, most))
const infoForm = z.object({ node: z.object({ alias: text(60).nullish() }).nullish(), methods: z.array(z.unknown()).max(500).nullish() })
const balanceForm = z.object({ balance: z.number().min(0).max(2.1e15), currency: z.string().max(20).nullish() })
const madeForm = z.object({ paymentRequest: z.string().max(4000) })
const sentForm = z.object({ preimage: z.string().max(128) })
const foundForm = z.object({ paid: z.boolean(), preimage: z.string().max(128).nullish(), paymentRequest: z.string().max(4000).nullish() })

/** The person said no before anything left. */
const REFUSED = /user rejected|rejected by (the )?user|user (denied|cancel)|\bdenied by\b/i
/** Nothing can have left, or it has come back. */
const FAILED = /no[ _]?route|insufficient|not enough|invoice (is |has )?expired/i
const UNSUPPORTED = /unsupported|not (supported|implemented|a function)/i

/** Asks the extension for leave when it is first used. */
export function openWeblnWallet(bridge: WeblnCalls, times: WeblnTimes = WEBLN_TIMES): Wallet {
  const listeners = new Set<(event: WalletEvent) => void>()
  const tell = (event: WalletEvent): void => listeners.forEach((listener) => listener(event))
  let enabling: Promise<void> | null = null
  let balanceAsked: Promise<unknown> | null = null
  let isBalancePrivate = false

  async function enable(): Promise<void> {
    enabling ??= (async () => {
      if (!(await bridge.isPresent())) throw new LabError('pay.noWallet', 'There is no wallet extension in this page.', { hint: 'Install one that offers WebLN (Alby is one) and reload; or use Nostr Wallet Connect, or the practice wallet.' })
      await within(times.promptMs, bridge.call('enable', []), 'The extension was not answered.')
    })().catch((thrown: unknown) => {
      enabling = null
      const failure = problem(thrown)
      throw failure.code === 'pay.refused' ? notAllowed() : failure
    })
    return enabling
  }

  async function ask<T>(method: Parameters<WeblnCalls['call']>[0], args: unknown[], form: z.ZodType<T>, waitMs = times.replyMs): Promise<T> {
    await enable()
    return read(method, bridge.call(method, args), form, waitMs)
  }

  /** What an answer says, if it comes in time. */
  async function read<T>(method: string, answer: Promise<unknown>, form: z.ZodType<T>, waitMs: number): Promise<T> {
    try {
      const parsed = form.safeParse(await within(waitMs, answer, 'The extension does not answer.'))
      if (parsed.success) return parsed.data
      throw new LabError('pay.unsupported', `The answer of the extension to ${method} could not be read.`, { hint: 'Use another wallet.' })
    } catch (thrown) {
      throw problem(thrown)
    }
  }

  const about = () => ask('getInfo', [], infoForm)
  const canLookUp = async (): Promise<boolean> => ((await about()).methods ?? []).includes('lookupInvoice')

  /** null where the extension does not tell. Some ask the person for this, too: once at a time, and not again after a no. */
  async function balance(): Promise<z.infer<typeof balanceForm> | null> {
    if (isBalancePrivate) return null
    balanceAsked ??= bridge.call('getBalance', []).finally(() => (balanceAsked = null))
    return read('getBalance', balanceAsked, balanceForm, times.replyMs).catch((thrown: unknown) => {
      isBalancePrivate ||= LabError.from(thrown).code === 'pay.refused'
      return null
    })
  }

  /** null where the extension cannot look up, or does not know. */
  async function find(paymentHash: string): Promise<z.infer<typeof foundForm> | null> {
    if (!(await canLookUp())) return null
    return ask('lookupInvoice', [{ paymentHash }], foundForm).catch((thrown: unknown) => {
      if (LabError.from(thrown).code === 'pay.offline') throw thrown
      return null // an extension that does not know an invoice throws, each in words of its own
    })
  }

  async function lookUpOutgoing(paymentHash: string): Promise<OutgoingState> {
    const found = await find(paymentHash)
    const preimage = found?.preimage?.toLowerCase()
    // what it could not look up it does not know; fees it never tells
    return found?.paid && proves(preimage, paymentHash) ? { state: 'paid', preimage, feeMsat: 0 } : { state: 'unknown' }
  }

  /** What an answer to sendPayment means. @throws LabError "pay.refused": nothing was sent */
  async function outcome(answer: Promise<unknown>, paymentHash: string): Promise<OutgoingState> {
    let said: string
    try {
      const sent = sentForm.safeParse(await answer)
      const preimage = sent.success ? sent.data.preimage.toLowerCase() : null
      if (proves(preimage, paymentHash)) return { state: 'paid', preimage, feeMsat: 0 }
      said = 'the proof of payment is wrong'
    } catch (thrown) {
      said = wordsOf(thrown)
    }
    if (REFUSED.test(said)) throw refused()
    if (FAILED.test(said)) return { state: 'failed', reason: `The extension could not pay: ${said}` }
    // it may have left all the same: wallets give up waiting for payments that are held
    return lookUpOutgoing(paymentHash).catch(() => ({ state: 'unknown' as const }))
  }

  return {
    kind: 'webln',
    async info(): Promise<WalletInfo> {
      const { node } = await about()
      const told = await balance()
      const inSats = told && (told.currency ?? 'sats').toLowerCase().startsWith('sat')
      return {
        kind: 'webln', alias: node?.alias || 'Wallet extension', isPlayMoney: false, network: 'unknown', canHold: false, canLookUp: await canLookUp(),
        balanceMsat: inSats ? Math.round(told.balance * 1000) : null, budget: null, height: null,
      } // prettier-ignore
    },
    async makeInvoice({ amountMsat, memo }) {
      if (amountMsat % 1000 !== 0) throw new LabError('pay.unsupported', 'Extensions take whole satoshi only.', { hint: 'Use another wallet.' })
      const made = await ask('makeInvoice', [{ amount: amountMsat / 1000, defaultMemo: memo }], madeForm, times.promptMs)
      return readInvoice(made.paymentRequest)
    },
    makeHoldInvoice: () => Promise.reject(noHold()),
    async pay(bolt11) {
      const { paymentHash } = readInvoice(bolt11)
      await enable()
      const answer = bridge.call('sendPayment', [bolt11])
      let isLate = false
      const state = outcome(answer, paymentHash)
      state.then(
        (known) => isLate && tell({ kind: 'outgoing', paymentHash, state: known }),
        (thrown: unknown) => isLate && tell({ kind: 'outgoing', paymentHash, state: { state: 'failed', reason: LabError.from(thrown).message } }),
      )
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          isLate = true
          resolve({ state: 'pending' }) // the prompt stands open, or the payment is held
        }, times.promptMs)
        state.then(resolve, reject).finally(() => clearTimeout(timer))
      })
    },
    lookUpOutgoing,
    async lookUpIncoming(paymentHash) {
      const found = await find(paymentHash)
      if (!found) return { state: 'open' }
      const invoice = found.paymentRequest ? readInvoice(found.paymentRequest) : null
      if (found.paid && invoice?.paymentHash === paymentHash) return { state: 'settled', amountMsat: invoice.amountMsat }
      return invoice && invoice.expiresAt < Date.now() / 1000 ? { state: 'expired' } : { state: 'open' }
    },
    settle: () => Promise.reject(noHold()),
    cancel: () => Promise.reject(noHold()),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      listeners.clear()
    },
  }
}

async function within<T>(ms: number, work: Promise<T>, why: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LabError('pay.offline', why, { hint: 'Look for its window, or its icon beside the address.' })), ms)
  })
  try {
    return await Promise.race([work, over])
  } finally {
    clearTimeout(timer)
  }
}

/** Extensions throw errors, texts and objects. */
function wordsOf(thrown: unknown): string {
  const words = thrown instanceof Error ? thrown.message : typeof thrown === 'string' ? thrown : ((thrown as { message?: unknown } | null)?.message ?? '')
  return String(words).slice(0, 200)
}

function problem(thrown: unknown): LabError {
  if (thrown instanceof LabError) return thrown
  const said = wordsOf(thrown)
  if (REFUSED.test(said)) return refused()
  if (UNSUPPORTED.test(said)) return new LabError('pay.unsupported', `The extension cannot do this (${said}).`, { hint: 'Use another wallet.' })
  return new LabError('pay.offline', `The extension could not do it (${said}).`, { hint: 'Unlock it and try again.' })
}

function notAllowed(): LabError {
  return new LabError('pay.refused', 'The wallet extension was told not to work with this page.', {
    hint: 'Connect it again and allow it; if it asks no more, allow this page in its settings. Nothing was sent.',
  })
}

const refused = () => new LabError('pay.refused', 'You refused in the wallet extension.', { hint: 'Nothing was sent.' })

function noHold(): LabError {
  return new LabError('pay.unsupported', 'Wallet extensions cannot hold payments.', {
    hint: 'They can pay into an escrow. To be paid from one, connect a wallet by Nostr Wallet Connect that can hold, or take part in a bounty that pays after the verdict.',
  })
}
