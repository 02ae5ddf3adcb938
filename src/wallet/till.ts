// The till: the only place that calls a wallet. It writes a row before it asks, asks the person before it pays, pays a key
// once whatever happens, and takes "no answer" for "locked" until a lookup says otherwise: wallets have paid twice because
// a held payment looked like a failed one (lnd 7621, lnbits 4066).

import { LabError } from '../core/errors'
import { capProblem } from './caps'
import { readInvoice } from './invoice'
import { isClaimed, isNews, isOver, isUnaccounted } from './outcome'
import { proves } from './proof'
import type { Agreed, Bill, IncomingState, Invoice, OutgoingState, PaymentRow, PersonsWord, PaymentStore, SpendingCaps, Till, Wallet, WalletEvent } from './types'

export interface TillDeps {
  /** the wallet that is connected. @throws LabError "pay.noWallet" */
  wallet(): Wallet
  store: PaymentStore
  /** Asks the person; shows amount, to whom, why, and until when it may be locked. */
  confirm(row: PaymentRow): Promise<boolean>
  caps(): SpendingCaps
  /** unix seconds */
  now(): number
  onError(error: LabError): void
}

/** Most that a wallet may add for bringing a payment there: 1 %, and never less than two sats. */
const maxFeeMsat = (amountMsat: number) => Math.max(2000, Math.ceil(amountMsat * 0.01))
const SECONDS_A_BLOCK = 600

export interface OpenTill extends Till {
  /** A wallet was connected, or another one. @returns ends the listening */
  attach(wallet: Wallet): () => void
  /**
   * A person says what became of a payment that the wallet does not account for. Its key is never sent again, whatever is
   * said; a proof that comes later counts for more than "it came back".
   * @throws LabError "bounty.state" where there is nothing to be told; "pay.mismatch": the proof is another payment's
   */
  accountFor(key: string, word: PersonsWord): Promise<void>
}

export function createTill(deps: TillDeps): OpenTill {
  const listeners = new Set<(row: PaymentRow) => void>()
  const running = new Map<string, Promise<OutgoingState>>()
  /** said yes to, and not yet sent: the wallet was offline */
  const confirmed = new Set<string>()
  let height: number | null = null
  let noting: Promise<unknown> = Promise.resolve()

  async function save(row: PaymentRow, change: Partial<PaymentRow> = {}): Promise<PaymentRow> {
    const next = { ...row, ...change, updatedAt: deps.now() }
    await deps.store.savePayment(next)
    for (const listener of listeners) listener(next)
    return next
  }

  function newRow(key: string, direction: 'out' | 'in', invoice: Invoice, words: { toWhom: string; why: string }, isPlayMoney: boolean): PaymentRow {
    const { paymentHash, bolt11, amountMsat } = invoice
    return {
      key, direction, wallet: deps.wallet().kind, walletId: deps.wallet().id, isPlayMoney, paymentHash, bolt11, amountMsat, feeMsat: 0, ...words,
      createdAt: deps.now(), updatedAt: deps.now(), state: direction === 'out' ? { state: 'asked' } : { state: 'open' }, preimage: null, lockedUntil: null,
    } // prettier-ignore
  }

  async function pay(request: Parameters<Till['pay']>[0]): Promise<OutgoingState> {
    const { key, bolt11, agreed, toWhom, why } = request
    const known = await deps.store.payment(key)
    if (known && known.state.state === 'refused') throw refusal(known)
    // it may have been sent: whatever it is now, it is never sent again
    if (known && known.state.state !== 'asked') return lookUpOutgoing(known)
    const wallet = deps.wallet()
    const { isPlayMoney, network } = await wallet.info()
    const invoice = readInvoice(bolt11)
    let row = known ?? (await save(newRow(key, 'out', invoice, { toWhom, why }, isPlayMoney)))
    const problem = mismatch(invoice, agreed, deps.now()) ?? (network !== 'unknown' && invoice.network !== network ? `It is an invoice of ${invoice.network}; this wallet is on ${network}.` : null)
    if (problem) {
      await save(row, { state: { state: 'refused', by: 'check' } })
      throw new LabError('pay.mismatch', `The invoice is not what was agreed. ${problem}`, { hint: 'Nothing was sent. Ask for a correct invoice.' })
    }
    const overCap = capProblem(deps.caps(), row, await deps.store.payments(), deps.now())
    if (overCap) {
      await save(row, { state: { state: 'refused', by: 'cap' } })
      throw new LabError('pay.cap', overCap, { hint: 'Nothing was sent. Raise the cap in the wallet settings if you mean to pay this.' })
    }
    const until = { height: height === null ? null : height + agreed.maxCltv, at: deps.now() + agreed.maxCltv * SECONDS_A_BLOCK }
    if (!confirmed.has(key)) {
      row = await save(row, { lockedUntil: until }) // part of what the person is asked
      if (!(await deps.confirm(row))) {
        row = await save(row, { state: { state: 'refused', by: 'person' } })
        throw refusal(row)
      }
      confirmed.add(key)
    }
    // from here on it may have left, whatever becomes of this tab
    row = await save(row, { state: { state: 'unknown' }, lockedUntil: until })
    let state: OutgoingState
    try {
      state = await wallet.pay(bolt11, maxFeeMsat(invoice.amountMsat))
    } catch (thrown) {
      const error = LabError.from(thrown)
      if (error.code === 'pay.offline' || error.code === 'pay.noWallet') {
        await save(row, { state: { state: 'asked' } }) // it says that nothing left
        throw error
      }
      if (!/^pay\.(refused|quota|unsupported)$/.test(error.code)) throw error // unknown: looked up later
      state = { state: 'failed', reason: error.message }
    }
    await note(row, state)
    return state
  }

  /** What became of a payment; one word at a time, and none after the last: an answer may come after the notification. */
  function note({ key }: PaymentRow, state: OutgoingState | IncomingState): Promise<void> {
    const turn = noting.then(async () => {
      const row = await deps.store.payment(key)
      if (!row || !isNews(row, state)) return
      const paid = state.state === 'paid' ? { preimage: state.preimage, feeMsat: state.feeMsat } : {}
      const locked = state.state === 'locked' && state.deadlineHeight !== null ? { lockedUntil: untilOf(state.deadlineHeight) } : {}
      await save(row, { state, ...paid, ...locked })
    })
    noting = turn.catch(() => undefined) // told to who noted it
    return turn
  }

  function untilOf(deadline: number): NonNullable<PaymentRow['lockedUntil']> {
    return { height: deadline, at: deps.now() + Math.max(0, deadline - (height ?? deadline)) * SECONDS_A_BLOCK }
  }

  async function lookUpOutgoing(row: PaymentRow): Promise<OutgoingState> {
    if (isOver(row.state)) return row.state as OutgoingState
    return deps.wallet().kind === row.wallet ? askWallet(row) : { state: 'unknown' }
  }

  async function askWallet(row: PaymentRow): Promise<OutgoingState> {
    const wallet = deps.wallet()
    const state = await wallet.lookUpOutgoing(row.paymentHash, wallet.id === row.walletId ? row.bolt11 : undefined)
    await note(row, state)
    return state
  }

  async function lookUp(): Promise<void> {
    const wallet = deps.wallet()
    height = (await wallet.info()).height ?? height
    for (const row of await deps.store.payments()) {
      const { state } = row.state
      // another wallet knows nothing of it; nor does this one of what is only about to be sent
      if (row.wallet !== wallet.kind || running.has(row.key)) continue
      if (row.direction === 'out' && (state === 'pending' || state === 'unknown' || isClaimed(row.state))) await askWallet(row)
      if (row.direction === 'in' && (state === 'open' || state === 'locked')) await note(row, await wallet.lookUpIncoming(row.paymentHash))
    }
  }

  async function accountFor(key: string, word: PersonsWord): Promise<void> {
    const row = await deps.store.payment(key)
    const mayTell = row && (isUnaccounted(row) || (word !== 'cameBack' && isClaimed(row.state)))
    if (!mayTell || running.has(key)) {
      throw new LabError('bounty.state', 'Nothing is to be told of this payment now.', { hint: 'Its wallet is still being asked, or has said what became of it: look into the ledger again in a minute.' })
    }
    if (word === 'cameBack') return note(row, { state: 'failed', reason: 'You said so; the wallet did not.', saidBy: 'person' })
    const preimage = word.preimage.trim().toLowerCase()
    if (proves(preimage, row.paymentHash)) return note(row, { state: 'paid', preimage, feeMsat: 0 }) // what it cost is not known
    throw new LabError('pay.mismatch', 'This is not the proof of this payment: it does not fit its payment hash.', { hint: 'Copy the preimage, 64 hex digits, of exactly this payment from the wallet.' })
  }

  async function hear(event: WalletEvent): Promise<void> {
    if (event.kind === 'online') return lookUp() // what was said in the meantime was not heard
    if (event.kind === 'height') height = Math.max(height ?? 0, event.height)
    if (event.kind !== 'incoming' && event.kind !== 'outgoing') return
    const direction = event.kind === 'incoming' ? 'in' : 'out'
    for (const row of await deps.store.payments())
      if (row.paymentHash === event.paymentHash && row.direction === direction) await note(row, event.state)
  }

  /** An invoice of ours, made once a key. */
  async function bill({ key, why, isPlayMoney }: Bill, make: (wallet: Wallet) => Promise<Invoice>, agreed: { paymentHash?: string; amountMsat: number }): Promise<Invoice> {
    const known = await deps.store.payment(key)
    if (known) return readInvoice(known.bolt11)
    const wallet = deps.wallet()
    const has = await wallet.info()
    if (has.isPlayMoney !== isPlayMoney) {
      const [own, other] = has.isPlayMoney ? ['play money', 'real money'] : ['real money', 'play money']
      throw new LabError('pay.noWallet', `“${why}” pays ${other}; the wallet that is connected has ${own}.`, { hint: `Connect one with ${other}: what waits for it goes on at once.` })
    }
    const invoice = readInvoice((await make(wallet)).bolt11)
    if (invoice.amountMsat !== agreed.amountMsat || (agreed.paymentHash && invoice.paymentHash !== agreed.paymentHash)) {
      throw new LabError('pay.mismatch', 'The wallet made another invoice than it was asked for.', { hint: 'Use another wallet.' })
    }
    await save(newRow(key, 'in', invoice, { toWhom: 'you', why }, isPlayMoney))
    return invoice
  }

  async function incoming(paymentHash: string): Promise<PaymentRow> {
    const row = (await deps.store.payments()).find((known) => known.direction === 'in' && known.paymentHash === paymentHash)
    if (row) return row
    throw new LabError('bounty.state', 'There is no such invoice.', { data: { paymentHash } })
  }

  return {
    pay(request) {
      const { key } = request
      const other = running.get(key)
      if (other) return other
      const payment = pay(request).finally(() => running.delete(key))
      running.set(key, payment)
      return payment
    },
    makeHoldInvoice: ({ key, why, isPlayMoney, ...request }) => bill({ key, why, isPlayMoney }, (wallet) => wallet.makeHoldInvoice(request), request),
    makeInvoice: ({ key, why, isPlayMoney, ...request }) => bill({ key, why, isPlayMoney }, (wallet) => wallet.makeInvoice(request), request),
    async settle(paymentHash, preimage) {
      const row = await incoming(paymentHash)
      if (row.state.state === 'settled') return
      await save(row, { preimage }) // the secret first: without it the money is lost
      await deps.wallet().settle(preimage)
      await note(row, { state: 'settled', amountMsat: row.amountMsat })
    },
    async cancel(paymentHash) {
      const row = await incoming(paymentHash)
      if (isOver(row.state)) return
      await deps.wallet().cancel(paymentHash)
      await note(row, { state: 'cancelled' })
    },
    payments: () => deps.store.payments(),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    height: () => height,
    lookUp,
    accountFor,
    attach(wallet) {
      let last: Promise<unknown> = Promise.resolve()
      return wallet.subscribe((event) => {
        last = last.then(() => hear(event)).catch((thrown: unknown) => deps.onError(LabError.from(thrown)))
      })
    },
  }
}

/** What is not as agreed, or null. */
function mismatch(invoice: Invoice, agreed: Agreed, now: number): string | null {
  if (agreed.paymentHash !== null && invoice.paymentHash !== agreed.paymentHash) return 'It is on another payment hash.'
  if (invoice.amountMsat !== agreed.amountMsat) return `It is for ${invoice.amountMsat / 1000} sat, not ${agreed.amountMsat / 1000}.`
  if (invoice.minFinalCltv > agreed.maxCltv) return `It would lock the money for ${invoice.minFinalCltv} blocks, not ${agreed.maxCltv}.`
  return invoice.expiresAt <= now ? 'It has expired.' : now > agreed.notAfter ? 'The time for it is over.' : null
}

function refusal({ state }: PaymentRow): LabError {
  const by = state.state === 'refused' ? state.by : 'person'
  const message = { person: 'You did not agree to this payment.', cap: 'This payment was above a cap.', check: 'The invoice was not what was agreed.' }[by]
  return new LabError('pay.refused', message, { hint: 'Nothing was sent.' })
}
