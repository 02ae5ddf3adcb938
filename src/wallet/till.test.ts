// The till over real nodes: what is paid, what is refused, and what a crash between two steps leaves.

import { beforeAll, beforeEach, expect, test } from 'vitest'
import { newSecret, TestNetwork, until } from './practice/testing'
import type { PracticeWallet } from './practice/wallet'
import { createTill, type OpenTill } from './till'
import type { PaymentRow, SpendingCaps, Wallet } from './types'

const DAY = 86_400
const NO_CAPS: SpendingCaps = { perPaymentMsat: null, perDayMsat: null, totalMsat: null }

let network: TestNetwork
let sponsor: PracticeWallet
let hunter: PracticeWallet
let rows: Map<string, PaymentRow>
let caps: SpendingCaps
let asked: PaymentRow[]
let answer: boolean
let sends: string[]

beforeAll(async () => {
  network = await TestNetwork.start()
  ;[sponsor, hunter] = await Promise.all(['sponsor', 'hunter'].map((name) => network.join(name)))
})
beforeEach(() => {
  rows = new Map()
  caps = NO_CAPS
  asked = []
  answer = true
  sends = []
})

/** A till on the rows that there are, as after a reload. */
function openTill(wallet: Wallet = sponsor): OpenTill {
  return createTill({
    wallet: () => ({ ...wallet, pay: (bolt11, maxFeeMsat) => (sends.push(bolt11), wallet.pay(bolt11, maxFeeMsat)) }),
    store: {
      payments: async () => structuredClone([...rows.values()]),
      payment: async (key) => structuredClone(rows.get(key) ?? null),
      savePayment: async (row) => void rows.set(row.key, structuredClone(row)),
    },
    confirm: async (row) => (asked.push(row), answer),
    caps: () => caps,
    now: () => network.clock,
    onError: (error) => {
      throw error
    },
  })
}

async function holdInvoice(amountMsat = 3_000_000) {
  const secret = newSecret()
  const { bolt11 } = await hunter.makeHoldInvoice({ paymentHash: secret.paymentHash, amountMsat, memo: 'slice', expirySeconds: DAY, minFinalCltv: 144 })
  const agreed = { paymentHash: secret.paymentHash, amountMsat, maxCltv: 144, notAfter: network.clock + DAY }
  return { ...secret, bolt11, agreed, request: (key: string) => ({ key, bolt11, agreed, toWhom: 'the hunter', why: 'slice 1' }) }
}

const settledRow = (till: OpenTill, state: string) =>
  new Promise<PaymentRow>((done) => {
    const end = till.onChange((row) => row.state.state === state && (end(), done(row)))
  })

test('a key is paid once, however often and after whatever it is asked for', async () => {
  const { request, preimage, paymentHash } = await holdInvoice()
  const till = openTill()
  const end = till.attach(sponsor)
  const both = await Promise.all([till.pay(request('a')), till.pay(request('a'))])
  expect(both).toEqual([{ state: 'pending' }, { state: 'pending' }])
  expect(asked).toHaveLength(1)
  expect(asked[0]).toMatchObject({ toWhom: 'the hunter', why: 'slice 1', amountMsat: 3_000_000, isPlayMoney: true, wallet: 'practice' })
  expect(rows.get('a')!.lockedUntil!.at).toBe(network.clock + 144 * 600)
  await until(hunter, 'incoming', paymentHash, 'locked')
  expect(await openTill().pay(request('a'))).toEqual({ state: 'pending' }) // after a reload
  const paid = settledRow(till, 'paid')
  await hunter.settle(preimage)
  expect(await paid).toMatchObject({ preimage, feeMsat: 0 })
  expect(await till.pay(request('a'))).toEqual({ state: 'paid', preimage, feeMsat: 0 })
  expect(sends).toHaveLength(1)
  end()
})

test('a crash before the wallet was called, and one right after: looked up, never sent again', async () => {
  const [before, after] = [await holdInvoice(), await holdInvoice()]
  await openTill().pay(after.request('after'))
  const row = rows.get('after')!
  rows.set('after', { ...row, state: { state: 'unknown' } })
  rows.set('before', { ...row, key: 'before', paymentHash: before.paymentHash, bolt11: before.bolt11, state: { state: 'unknown' } })
  const till = openTill()
  await till.lookUp()
  expect(rows.get('after')!.state).toEqual({ state: 'pending' })
  expect(rows.get('before')!.state).toMatchObject({ state: 'failed', reason: expect.stringContaining('never sent') })
  expect(await till.pay(before.request('before'))).toMatchObject({ state: 'failed' })
  expect(sends).toHaveLength(1)
  expect(till.height()).toBe((await sponsor.info()).height)
})

test('what is being sent is not looked up: the wallet does not know it yet', async () => {
  const { request } = await holdInvoice()
  let till: OpenTill | null = null
  const slow: Wallet = { ...sponsor, pay: (bolt11, fee) => till!.lookUp().then(() => sponsor.pay(bolt11, fee)) }
  till = openTill(slow)
  expect(await till.pay(request('slow'))).toEqual({ state: 'pending' })
  expect(rows.get('slow')!.state).toEqual({ state: 'pending' })
})

test('another invoice than was agreed is refused before anybody is asked, for good', async () => {
  const { request, agreed } = await holdInvoice()
  const wrong = [{ amountMsat: 2_999_999 }, { amountMsat: 3_000_001 }, { paymentHash: newSecret().paymentHash }, { maxCltv: 143 }, { notAfter: network.clock - 1 }]
  const till = openTill()
  for (const [i, change] of wrong.entries()) {
    await expect(till.pay({ ...request(`wrong${i}`), agreed: { ...agreed, ...change } })).rejects.toMatchObject({ code: 'pay.mismatch' })
    await expect(till.pay(request(`wrong${i}`))).rejects.toMatchObject({ code: 'pay.refused' })
  }
  network.clock += DAY
  await expect(till.pay({ ...request('late'), agreed: { ...agreed, notAfter: network.clock + DAY } })).rejects.toMatchObject({ code: 'pay.mismatch', message: expect.stringContaining('expired') })
  expect([asked, sends]).toEqual([[], []])
})

test('caps count what is locked; a person may say no', async () => {
  const [first, second] = [await holdInvoice(), await holdInvoice()]
  const till = openTill()
  caps = { ...NO_CAPS, perPaymentMsat: 2_999_999 }
  await expect(till.pay(first.request('each'))).rejects.toMatchObject({ code: 'pay.cap' })
  for (const limit of ['perDayMsat', 'totalMsat'] as const) {
    rows.clear()
    caps = { ...NO_CAPS, [limit]: 5_999_999 }
    expect(await till.pay((limit === 'perDayMsat' ? first : second).request('fits'))).toEqual({ state: 'pending' })
    await expect(till.pay((await holdInvoice()).request('over'))).rejects.toMatchObject({ code: 'pay.cap' })
  }
  caps = NO_CAPS
  answer = false
  const refused = await holdInvoice()
  await expect(till.pay(refused.request('no'))).rejects.toMatchObject({ code: 'pay.refused' })
  answer = true
  await expect(till.pay(refused.request('no'))).rejects.toMatchObject({ code: 'pay.refused' })
  expect(sends).toHaveLength(2)
})

test('an offline wallet has sent nothing: the same key is tried again, and nobody is asked twice', async () => {
  const { request, preimage, paymentHash } = await holdInvoice()
  const other = await network.join('other')
  await network.host.close()
  const till = openTill(other)
  await expect(till.pay(request('later'))).rejects.toMatchObject({ code: 'pay.offline' })
  expect(rows.get('later')!.state).toEqual({ state: 'asked' })
  network.crash('host')
  await network.startHost()
  await Promise.all([other, hunter, sponsor].map((wallet) => wallet.untilOnline(10_000)))
  expect(await till.pay(request('later'))).toEqual({ state: 'pending' })
  expect(asked).toHaveLength(1)
  await until(hunter, 'incoming', paymentHash, 'locked')
  await hunter.settle(preimage)
  await until(other, 'outgoing', paymentHash, 'paid')
})

test('an invoice is made once a key, and settled or cancelled once', async () => {
  const { paymentHash, preimage } = newSecret()
  const till = openTill(hunter)
  const end = till.attach(hunter)
  const request = { key: 'in', why: 'slice 1', isPlayMoney: true, paymentHash, amountMsat: 4_000_000, memo: 'slice', expirySeconds: DAY, minFinalCltv: 144 }
  const invoice = await till.makeHoldInvoice(request)
  expect(await openTill(hunter).makeHoldInvoice(request)).toEqual(invoice)
  const locked = settledRow(till, 'locked')
  await sponsor.pay(invoice.bolt11, 0)
  const { lockedUntil } = await locked
  expect(lockedUntil!.height).toBeGreaterThan((await hunter.info()).height! + 100)
  await till.settle(paymentHash, preimage)
  await till.settle(paymentHash, preimage)
  await till.cancel(paymentHash) // too late: it stays settled
  expect(rows.get('in')).toMatchObject({ state: { state: 'settled', amountMsat: 4_000_000 }, preimage })

  const second = newSecret()
  await till.makeHoldInvoice({ ...request, key: 'second', paymentHash: second.paymentHash })
  await till.cancel(second.paymentHash)
  expect(rows.get('second')!.state).toEqual({ state: 'cancelled' })
  // of the other money nobody could pay it
  await expect(till.makeHoldInvoice({ ...request, key: 'real', isPlayMoney: false })).rejects.toMatchObject({ code: 'pay.noWallet', message: expect.stringContaining('pays real money') })
  expect(rows.has('real')).toBe(false)
  end()
})
