// The till where a wallet does not say what became of a payment, and the person does.

import { beforeEach, expect, test } from 'vitest'
import { newSecret } from './practice/testing'
import { MoneyLedger } from './testing/ledger'
import { memoryPayments } from './testing/money'
import { createTill, type OpenTill } from './till'
import type { OutgoingState, Wallet } from './types'

const NOW = 1_700_000_000
const HASH_OF_ANOTHER = 'f'.repeat(64)

let ledger: MoneyLedger
let store: ReturnType<typeof memoryPayments>
let sends: number
/** what the wallet says when it is asked; null: the truth */
let said: OutgoingState | null
let till: OpenTill

beforeEach(() => {
  ledger = new MoneyLedger(() => NOW)
  store = memoryPayments()
  sends = 0
  said = { state: 'unknown' }
  till = openTill()
})

function openTill(change: Partial<Wallet> = {}): OpenTill {
  const own = ledger.wallet('sponsor', 100_000_000)
  const wallet: Wallet = {
    ...own,
    kind: 'webln',
    pay: async (bolt11, fee) => (sends++, (await own.pay(bolt11, fee), { state: 'unknown' })),
    lookUpOutgoing: async (hash) => said ?? own.lookUpOutgoing(hash),
    ...change,
  }
  const caps = { perPaymentMsat: null, perDayMsat: null, totalMsat: 4_000_000 }
  return createTill({ wallet: () => wallet, store, confirm: async () => true, caps: () => caps, now: () => NOW, onError() {} })
}

async function slice(key: string) {
  const { preimage, paymentHash } = newSecret()
  const { bolt11 } = await ledger.wallet('hunter').makeHoldInvoice({ paymentHash, amountMsat: 3_000_000, memo: '', expirySeconds: 600, minFinalCltv: 144 })
  const agreed = { paymentHash, amountMsat: 3_000_000, maxCltv: 144, notAfter: NOW + 600 }
  return { key, preimage, request: { key, bolt11, agreed, toWhom: 'the hunter', why: 'slice' } }
}

test('a proof settles it, and only its own; it counts under the caps and is not sent again', async () => {
  const { key, preimage, request } = await slice('a')
  expect(await till.pay(request)).toEqual({ state: 'unknown' })
  for (const wrong of [HASH_OF_ANOTHER, '', newSecret().preimage, `${preimage}00`]) {
    await expect(till.accountFor(key, { preimage: wrong })).rejects.toMatchObject({ code: 'pay.mismatch' })
  }
  expect(store.rows.get(key)!.state).toEqual({ state: 'unknown' })
  await till.accountFor(key, { preimage: ` ${preimage.toUpperCase()}\n` })
  expect(store.rows.get(key)).toMatchObject({ state: { state: 'paid', preimage, feeMsat: 0 }, preimage })
  expect(await till.pay(request)).toMatchObject({ state: 'paid' })
  await expect(till.pay((await slice('b')).request)).rejects.toMatchObject({ code: 'pay.cap' })
  expect(sends).toBe(1)
})

test('that it came back is kept as the person’s word: the caps are free of it, and its key is not sent again', async () => {
  const { key, request } = await slice('a')
  await till.pay(request)
  await expect(till.pay((await slice('b')).request)).rejects.toMatchObject({ code: 'pay.cap' })
  await till.accountFor(key, 'cameBack')
  const claimed = { state: 'failed', reason: expect.stringContaining('You said so'), saidBy: 'person' }
  expect(store.rows.get(key)!.state).toEqual(claimed)
  till = openTill() // after a reload
  await till.lookUp()
  expect(await till.pay(request)).toEqual(claimed)
  expect(await till.pay((await slice('c')).request)).toEqual({ state: 'unknown' })
  expect(sends).toBe(2)
})

test('a proof that comes later wins, from the wallet or from the person; so does any word of the wallet', async () => {
  const [told, pasted, locked, failed] = [await slice('told'), await slice('pasted'), await slice('locked'), await slice('failed')]
  for (const { key, request } of [told, pasted, locked, failed]) {
    await till.pay(request)
    await till.accountFor(key, 'cameBack')
  }
  await ledger.wallet('hunter').settle(told.preimage)
  await ledger.wallet('hunter').cancel(failed.request.agreed.paymentHash)
  said = null
  await till.lookUp()
  const stateOf = ({ key }: { key: string }) => store.rows.get(key)!.state
  expect(stateOf(told)).toEqual({ state: 'paid', preimage: told.preimage, feeMsat: 0 })
  expect(stateOf(failed)).toEqual({ state: 'failed', reason: 'It came back.' })
  expect([stateOf(locked), stateOf(pasted)]).toEqual([{ state: 'pending' }, { state: 'pending' }])
  await till.accountFor('pasted', 'cameBack') // what an extension calls pending is a question that stands open
  await till.accountFor('pasted', { preimage: pasted.preimage })
  expect(stateOf(pasted)).toMatchObject({ state: 'paid' })
  await expect(till.pay((await slice('more')).request)).rejects.toMatchObject({ code: 'pay.cap' })
})

test('nothing is to be told of what is being sent, is over, has not left, or is locked by a wallet that says so', async () => {
  const { key, request } = await slice('a')
  let answer = (_: OutgoingState) => undefined as void
  till = openTill({ pay: () => new Promise((resolve) => (answer = resolve)) })
  const sending = till.pay(request)
  await expect.poll(() => store.rows.get(key)?.state.state).toBe('unknown')
  await expect(till.accountFor(key, 'cameBack')).rejects.toMatchObject({ code: 'bounty.state' })
  answer({ state: 'unknown' })
  await sending
  const row = store.rows.get(key)!
  for (const change of [
    { state: { state: 'asked' as const } }, { state: { state: 'failed' as const, reason: 'no way' } }, { state: { state: 'refused' as const, by: 'cap' as const } },
    { state: { state: 'pending' as const }, wallet: 'nwc' as const }, { state: { state: 'open' as const }, direction: 'in' as const },
  ]) { // prettier-ignore
    store.rows.set(key, { ...row, ...change })
    await expect(till.accountFor(key, 'cameBack')).rejects.toMatchObject({ code: 'bounty.state' })
    await expect(till.accountFor(key, { preimage: HASH_OF_ANOTHER })).rejects.toMatchObject({ code: 'bounty.state' })
    expect(store.rows.get(key)!.state).toEqual(change.state)
  }
  await expect(till.accountFor('none', 'cameBack')).rejects.toMatchObject({ code: 'bounty.state' })
})
