// The till over a wallet by Nostr Wallet Connect: whatever dies in between, and wherever, a key is paid once at most.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { readInvoice } from './invoice'
import { newSecret } from './practice/testing'
import { createTill, type OpenTill } from './till'
import { memoryPayments, Money } from './testing/money'
import type { PaymentStore, Wallet } from './types'

let money: Money
beforeAll(async () => {
  money = await Money.start()
})
afterEach(() => money.rest())
afterAll(() => money.close())

const NO_CAPS = { perPaymentMsat: null, perDayMsat: null, totalMsat: null }
const soon = { timeout: 20_000, interval: 10 }

function till(wallet: Wallet, store: PaymentStore, confirm = async () => true): OpenTill {
  const opened = createTill({ wallet: () => wallet, store, confirm, caps: () => NO_CAPS, now: () => Math.floor(Date.now() / 1000), onError() {} })
  opened.attach(wallet)
  return opened
}

function request(key: string, bolt11: string) {
  const { paymentHash, amountMsat } = readInvoice(bolt11)
  return { key, bolt11, agreed: { paymentHash, amountMsat, maxCltv: 432, notAfter: 4e9 }, toWhom: 'the hunter', why: 'a test' }
}

/** Lets `steps` calls of a store and a wallet through; the next one never comes, nor any after it. */
function dying<T extends PaymentStore | Wallet>(part: T, fate: { steps: number }): T {
  return new Proxy(part, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver)
      if (typeof value !== 'function' || !['savePayment', 'payment', 'info', 'pay'].includes(String(name))) return value
      // a dead tab says nothing
      return (...args: unknown[]) => (fate.steps-- <= 0 ? new Promise(() => undefined) : Reflect.apply(value, target, args))
    },
  })
}

test('after a crash at any step the same key goes on, and is paid once or, where nobody can tell, not again', async () => {
  const service = await money.serve(money.sponsor)
  const first = money.connect(service)
  const ends: string[] = []
  for (let steps = 0, ended = false; !ended; steps++) {
    const store = memoryPayments()
    const { bolt11 } = await money.hunter.makeInvoice({ amountMsat: 1_000_000, memo: '', expirySeconds: 600 })
    const before = await money.balances()
    service.done.length = 0
    const fate = { steps }
    void till(dying(first, fate), dying(store, fate)).pay(request('k', bolt11)).then(() => (ended = true))
    await expect.poll(() => fate.steps < 0 || ended, soon).toBe(true)
    const again = till(money.connect(service), store)
    await again.pay(request('k', bolt11))
    await again.pay(request('k', bolt11))
    const moved = before.sponsor - (await money.balances()).sponsor
    const sent = service.done.filter((method) => method === 'pay_invoice').length
    ends.push(`${store.rows.get('k')!.state.state} ${moved} ${sent}`)
  }
  // nowhere twice; and once, between the row that says it may have left and the request, not at all: then it stays unknown
  expect(new Set(ends)).toEqual(new Set(['paid 1000000 1', 'unknown 0 0']))
  expect(ends.filter((end) => end.startsWith('unknown'))).toHaveLength(1)
  expect(ends.length).toBeGreaterThanOrEqual(6)
})

test('a slice that is locked is pending over a restart, is never sent again, and ends as paid', async () => {
  const service = await money.serve(money.sponsor)
  const store = memoryPayments()
  const { paymentHash, preimage } = newSecret()
  const { bolt11 } = await money.hunter.makeHoldInvoice({ paymentHash, amountMsat: 8_000_000, memo: 'slice', expirySeconds: 600, minFinalCltv: 144 })
  const wallet = money.connect(service, { payMs: 1 })
  expect(await till(wallet, store).pay(request('slice', bolt11))).toEqual({ state: 'pending' })
  await wallet.close()
  const later = money.connect(service, { payMs: 1 })
  const again = till(later, store)
  expect(await again.pay(request('slice', bolt11))).toEqual({ state: 'pending' })
  await again.lookUp()
  expect(store.rows.get('slice')!.state).toEqual({ state: 'pending' })
  service.faults.copies = 3
  await money.hunter.settle(preimage)
  await expect.poll(() => store.rows.get('slice')!, soon).toMatchObject({ state: { state: 'paid' }, preimage })
  expect(await again.pay(request('slice', bolt11))).toMatchObject({ state: 'paid', preimage })
  expect(service.done.filter((method) => method === 'pay_invoice')).toEqual(['pay_invoice'])
})

test('an offline wallet leaves the question open; a used-up budget closes it', async () => {
  const service = await money.serve(money.sponsor, { budgetMsat: 5_000_000 })
  const store = memoryPayments()
  const wallet = money.connect(service, { replyMs: 40 })
  const { bolt11 } = await money.hunter.makeInvoice({ amountMsat: 6_000_000, memo: '', expirySeconds: 600 })
  service.faults.isOffline = true
  await expect(till(wallet, store).pay(request('k', bolt11))).rejects.toMatchObject({ code: 'pay.offline' })
  expect(store.rows.size).toBe(0)
  service.faults.isOffline = false
  expect(await till(money.connect(service), store).pay(request('k', bolt11))).toMatchObject({ state: 'failed', reason: expect.stringContaining('budget') })
  expect(await till(money.connect(service), store).pay(request('k', bolt11))).toMatchObject({ state: 'failed' })
})

test("nothing of the connection's secret stands in rows or errors", async () => {
  const service = await money.serve(money.sponsor)
  const secret = new URL(service.uri.replace('nostr+walletconnect', 'http')).searchParams.get('secret')!
  const store = memoryPayments()
  const wallet = money.connect(service)
  const { bolt11 } = await money.hunter.makeInvoice({ amountMsat: 1_000_000, memo: '', expirySeconds: 600 })
  await till(wallet, store).pay(request('k', bolt11))
  service.faults.errors.set('pay_invoice', 'INSUFFICIENT_BALANCE')
  const thrown: unknown = await wallet.pay(bolt11, 0).catch((error: unknown) => error)
  for (const text of [JSON.stringify([...store.rows.values()]), JSON.stringify(thrown), JSON.stringify(wallet), JSON.stringify(await wallet.info())]) expect(text).not.toContain(secret)
  expect(secret).toHaveLength(64)
})
