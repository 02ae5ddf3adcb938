// A scripted window.webln, with a practice node behind it, reached through the page's own bridge.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { newSecret, until } from '../practice/testing'
import { listen, Money } from '../testing/money'
import { scriptedWebln, type Webln } from '../testing/webln'
import { openWeblnWallet, type WeblnCalls } from './wallet'

let money: Money
beforeAll(async () => {
  money = await Money.start()
})
afterEach(() => delete (globalThis as { webln?: unknown }).webln)
afterAll(() => money.close())

const soon = { timeout: 20_000, interval: 10 }
const bill = (amountMsat = 5_000_000) => money.hunter.makeInvoice({ amountMsat, memo: 'fee', expirySeconds: 600 })

/** As src/worker/weblnBridge.ts reaches it. */
function bridgeTo(webln: Webln | null): WeblnCalls {
  return {
    isPresent: async () => webln !== null,
    async call(method, args) {
      const call = webln?.[method] as ((...given: unknown[]) => Promise<unknown>) | undefined
      if (!call) throw new Error(`unsupported: ${method}`)
      return call.apply(webln, args)
    },
  }
}

test('an extension says what it can do, and never that it can hold', async () => {
  const wallet = openWeblnWallet(bridgeTo(scriptedWebln(money.sponsor)))
  const { sponsor } = await money.balances()
  expect(await wallet.info()).toEqual({
    kind: 'webln', alias: 'sponsor', isPlayMoney: false, network: 'unknown', canHold: false, canLookUp: true, balanceMsat: Math.floor(sponsor / 1000) * 1000, budget: null, height: null,
  }) // prettier-ignore
  const hold = { paymentHash: newSecret().paymentHash, amountMsat: 1000, memo: '', expirySeconds: 600, minFinalCltv: 144 }
  await expect(wallet.makeHoldInvoice(hold)).rejects.toMatchObject({ code: 'pay.unsupported', hint: expect.stringContaining('Nostr Wallet Connect') })
  await expect(openWeblnWallet(bridgeTo(null)).info()).rejects.toMatchObject({ code: 'pay.noWallet' })
})

test('it pays and is paid, with proofs', async () => {
  const [payer, payee] = [openWeblnWallet(bridgeTo(scriptedWebln(money.sponsor))), openWeblnWallet(bridgeTo(scriptedWebln(money.hunter)))]
  const { bolt11, paymentHash } = await payee.makeInvoice({ amountMsat: 2_000_000, memo: 'fee', expirySeconds: 600 })
  expect(await payee.lookUpIncoming(paymentHash)).toEqual({ state: 'open' })
  expect(await payer.pay(bolt11, 0)).toMatchObject({ state: 'paid' })
  expect(await payer.lookUpOutgoing(paymentHash)).toMatchObject({ state: 'paid' })
  await until(money.hunter, 'incoming', paymentHash, 'settled')
  expect(await payee.lookUpIncoming(paymentHash)).toEqual({ state: 'settled', amountMsat: 2_000_000 })
  await expect(payee.makeInvoice({ amountMsat: 1_500, memo: '', expirySeconds: 600 })).rejects.toMatchObject({ code: 'pay.unsupported' })
})

test('a refusal is one, whether of the page or of a payment, and nothing has left', async () => {
  const webln = scriptedWebln(money.sponsor)
  const wallet = openWeblnWallet(bridgeTo(webln))
  webln.person = 'refuses'
  await expect(wallet.info()).rejects.toMatchObject({ code: 'pay.refused', hint: expect.stringContaining('its settings') })
  webln.person = 'agrees'
  await wallet.info()
  webln.person = 'refuses'
  const { bolt11, paymentHash } = await bill()
  await expect(wallet.pay(bolt11, 0)).rejects.toMatchObject({ code: 'pay.refused' })
  expect(await money.sponsor.lookUpOutgoing(paymentHash)).toEqual({ state: 'unknown' })
})

test('a balance that the person keeps to themselves is not asked for again', async () => {
  const webln = scriptedWebln(money.sponsor)
  let asked = 0
  webln.getBalance = async () => {
    asked++
    throw new Error('User rejected')
  }
  const wallet = openWeblnWallet(bridgeTo(webln))
  const views = await Promise.all([wallet.info(), wallet.info()])
  expect((await wallet.info()).balanceMsat).toBeNull()
  expect([...views.map(({ balanceMsat }) => balanceMsat), asked]).toEqual([null, null, 1])
})

test('a prompt that hangs is pending; the answer is heard when it comes', async () => {
  const webln = scriptedWebln(money.sponsor)
  const wallet = openWeblnWallet(bridgeTo(webln), { replyMs: 20_000, promptMs: 20 })
  const told = listen(wallet)
  webln.person = 'agrees'
  await wallet.info()
  webln.person = 'is away'
  const { bolt11, paymentHash } = await bill()
  expect(await wallet.pay(bolt11, 0)).toEqual({ state: 'pending' })
  webln.comeBack()
  await expect.poll(() => told, soon).toContainEqual({ kind: 'outgoing', paymentHash, state: { state: 'paid', preimage: expect.any(String), feeMsat: 0 } })
  webln.person = 'is away'
  const late = openWeblnWallet(bridgeTo(scriptedWebln(money.sponsor, 'is away')), { replyMs: 20_000, promptMs: 20 })
  await expect(late.info()).rejects.toMatchObject({ code: 'pay.offline' })
})

test('a held payment is pending, and failed when it was given back', async () => {
  const wallet = openWeblnWallet(bridgeTo(scriptedWebln(money.sponsor)), { replyMs: 20_000, promptMs: 20 })
  const told = listen(wallet)
  await wallet.info()
  const { paymentHash } = newSecret()
  const { bolt11 } = await money.hunter.makeHoldInvoice({ paymentHash, amountMsat: 3_000_000, memo: '', expirySeconds: 600, minFinalCltv: 144 })
  expect(await wallet.pay(bolt11, 0)).toEqual({ state: 'pending' })
  await until(money.hunter, 'incoming', paymentHash, 'locked')
  expect(await wallet.lookUpOutgoing(paymentHash)).toEqual({ state: 'unknown' })
  await money.hunter.cancel(paymentHash)
  await expect.poll(() => told, soon).toContainEqual({ kind: 'outgoing', paymentHash, state: { state: 'failed', reason: expect.stringContaining('no route') } })
})

test('an error that may hide a payment is none; a proof that proves nothing neither', async () => {
  const webln = scriptedWebln(money.sponsor)
  const wallet = openWeblnWallet(bridgeTo(webln))
  const [first, second] = [await bill(), await bill()]
  webln.sendPayment = async () => Promise.reject({ message: 'timeout' })
  expect(await wallet.pay(first.bolt11, 0)).toEqual({ state: 'unknown' })
  webln.sendPayment = async () => ({ preimage: newSecret().preimage })
  expect(await wallet.pay(second.bolt11, 0)).toEqual({ state: 'unknown' })
  webln.getInfo = async () => ({ node: { alias: 'x' }, methods: ['getInfo', 'sendPayment'] })
  expect(await wallet.info()).toMatchObject({ canLookUp: false })
  expect(await wallet.lookUpOutgoing(first.paymentHash)).toEqual({ state: 'unknown' })
  webln.getInfo = async () => 'nonsense' as never
  await expect(wallet.info()).rejects.toMatchObject({ code: 'pay.unsupported' })
})
