// A connection to a wallet service over a real relay, with practice nodes behind it, and everything that goes wrong.

import { generateSecretKey, getPublicKey } from 'nostr-tools/pure'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { newSecret, until } from '../practice/testing'
import { listen, Money } from '../testing/money'
import { openNwcWallet } from './wallet'
import { parseNwcUri } from './uri'

let money: Money
beforeAll(async () => {
  money = await Money.start()
})
afterEach(() => money.rest())
afterAll(() => money.close())

const bill = (amountMsat = 5_000_000) => money.hunter.makeInvoice({ amountMsat, memo: 'fee', expirySeconds: 600 })
const hold = (paymentHash: string, amountMsat = 40_000_000) => ({ paymentHash, amountMsat, memo: 'slice 1', expirySeconds: 3600, minFinalCltv: 144 })
const soon = { timeout: 20_000, interval: 10 }

test('a URI is read strictly, and nothing of it is repeated in an error', () => {
  const [key, secret] = [getPublicKey(generateSecretKey()), 'ab'.repeat(32)]
  const uri = `nostr+walletconnect://${key}?relay=wss%3A%2F%2Frelay.example%2Fv1&relay=ws%3A%2F%2F127.0.0.1%3A7&secret=${secret}&lud16=me@example.com`
  expect(parseNwcUri(` ${uri}\n`)).toMatchObject({ wallet: key, relays: ['wss://relay.example/v1', 'ws://127.0.0.1:7/'] })
  expect(parseNwcUri(uri.replace('://', ':')).wallet).toBe(key)
  const wrong = ['', 'https://example.com', uri.replace(key, key.slice(1)), uri.replace(secret, secret.slice(2)), uri.replaceAll('relay=', 'x='), uri.replace('wss', 'https'), uri + 'x'.repeat(2000)]
  for (const text of wrong) {
    let said = ''
    try {
      parseNwcUri(text)
    } catch (thrown) {
      said = JSON.stringify(thrown)
      expect(thrown).toMatchObject({ code: 'import.invalid' })
    }
    expect(said).toMatch(/no connection to a wallet/)
    expect(said).not.toContain(secret.slice(0, 20))
    expect(said).not.toContain('relay.example')
  }
})

test.each(['nip44', 'nip04'] as const)('a wallet says who it is, what it can do and what this page may spend (%s)', async (encryption) => {
  const service = await money.serve(money.sponsor, { encryption, budgetMsat: 50_000_000 })
  const { sponsor } = await money.balances()
  expect(await money.connect(service).info()).toEqual({
    kind: 'nwc', alias: 'sponsor', isPlayMoney: true, network: 'regtest', canHold: true, canLookUp: true, balanceMsat: sponsor,
    budget: { totalMsat: 50_000_000, usedMsat: 0, renews: 'never' }, height: expect.any(Number),
  }) // prettier-ignore
  const plain = money.connect(await money.serve(money.hunter, { encryption, canHold: false }))
  expect(await plain.info()).toMatchObject({ canHold: false, budget: null })
  await expect(plain.makeHoldInvoice(hold(newSecret().paymentHash))).rejects.toMatchObject({ code: 'pay.unsupported' })
})

test('an ordinary payment is paid when its proof is there', async () => {
  const [payer, payee] = [money.connect(await money.serve(money.sponsor)), money.connect(await money.serve(money.hunter))]
  const told = listen(payee)
  const before = await money.balances()
  const { bolt11, paymentHash } = await payee.makeInvoice({ amountMsat: 1_234_567, memo: 'fee', expirySeconds: 600 })
  expect(await payee.lookUpIncoming(paymentHash)).toEqual({ state: 'open' })
  expect(await payer.pay(bolt11, 0)).toMatchObject({ state: 'paid', feeMsat: 0 })
  await expect.poll(() => told, soon).toContainEqual({ kind: 'incoming', paymentHash, state: { state: 'settled', amountMsat: 1_234_567 } })
  expect(await payee.lookUpIncoming(paymentHash)).toEqual({ state: 'settled', amountMsat: 1_234_567 })
  const after = await money.balances()
  expect([before.sponsor - after.sponsor, after.hunter - before.hunter]).toEqual([1_234_567, 1_234_567])
})

test('a held payment is pending when the time for an answer is over, and paid when the late answer comes', async () => {
  const service = await money.serve(money.sponsor)
  const [payer, payee] = [money.connect(service, { payMs: 1 }), money.connect(await money.serve(money.hunter))]
  const [sent, got] = [listen(payer), listen(payee)]
  const { paymentHash, preimage } = newSecret()
  const invoice = await payee.makeHoldInvoice(hold(paymentHash))
  // asked again after a crash, the same invoice is found
  expect(await payee.makeHoldInvoice(hold(paymentHash))).toEqual(invoice)
  expect(await payer.pay(invoice.bolt11, 0)).toEqual({ state: 'pending' })
  await expect.poll(() => got, soon).toContainEqual({ kind: 'incoming', paymentHash, state: { state: 'locked', amountMsat: 40_000_000, deadlineHeight: expect.any(Number) } })
  expect(await payer.lookUpOutgoing(paymentHash)).toEqual({ state: 'pending' })
  await expect(payee.settle(newSecret().preimage)).rejects.toMatchObject({ code: 'pay.offline' })
  await payee.settle(preimage)
  await payee.settle(preimage)
  const paid = { kind: 'outgoing', paymentHash, state: { state: 'paid', preimage, feeMsat: 0 } }
  // once by the notification, once by the answer
  await expect.poll(() => sent.filter(({ kind }) => kind === 'outgoing'), soon).toEqual([paid, paid])
  expect(service.done.filter((method) => method === 'pay_invoice')).toEqual(['pay_invoice'])
})

test('a held payment that is given back has failed', async () => {
  const [payer, payee] = [money.connect(await money.serve(money.sponsor), { payMs: 1 }), money.connect(await money.serve(money.hunter))]
  const sent = listen(payer)
  const { paymentHash } = newSecret()
  const { bolt11 } = await payee.makeHoldInvoice(hold(paymentHash))
  expect(await payer.pay(bolt11, 0)).toEqual({ state: 'pending' })
  await until(money.hunter, 'incoming', paymentHash, 'locked')
  await payee.cancel(paymentHash)
  await payee.cancel(paymentHash)
  await expect.poll(() => sent, soon).toContainEqual({ kind: 'outgoing', paymentHash, state: { state: 'failed', reason: expect.any(String) } })
  expect(await payee.lookUpIncoming(paymentHash)).toEqual({ state: 'cancelled' })
})

test('a wallet that is not there is sent nothing', async () => {
  const service = await money.serve(money.sponsor)
  const payer = money.connect(service, { replyMs: 30 })
  service.faults.isOffline = true
  const { bolt11 } = await bill()
  await expect(payer.pay(bolt11, 0)).rejects.toMatchObject({ code: 'pay.offline', hint: expect.stringContaining('Nothing was sent') })
  service.faults.isOffline = false
  expect(service.done).toEqual([])
  const unheard = openNwcWallet(service.uri.replace(/127\.0\.0\.1%3A\d+/, '127.0.0.1%3A9'))
  await expect(unheard.pay(bolt11, 0)).rejects.toMatchObject({ code: 'pay.offline', message: expect.stringContaining('127.0.0.1:9') })
  await unheard.close()
})

test('an answer that is lost leaves the payment unknown until it is looked up', async () => {
  const service = await money.serve(money.sponsor)
  const payer = money.connect(service, { payMs: 1 })
  service.faults.mute.add('pay_invoice')
  service.faults.errors.set('lookup_invoice', 'INTERNAL')
  const { bolt11, paymentHash } = await bill()
  expect(await payer.pay(bolt11, 0)).toEqual({ state: 'unknown' })
  service.faults.errors.clear()
  await expect.poll(() => payer.lookUpOutgoing(paymentHash), soon).toMatchObject({ state: 'paid' })
})

test('refusals have names; other failures are believed when the wallet knows of no payment', async () => {
  const service = await money.serve(money.sponsor, { budgetMsat: 1_000_000 })
  const payer = money.connect(service)
  const { bolt11, paymentHash } = await bill()
  await expect(payer.pay(bolt11, 0)).rejects.toMatchObject({ code: 'pay.quota' })
  for (const [said, code] of Object.entries({ INSUFFICIENT_BALANCE: 'pay.refused', RESTRICTED: 'pay.refused', NOT_IMPLEMENTED: 'pay.unsupported', RATE_LIMITED: 'pay.offline' })) {
    service.faults.errors.set('pay_invoice', said)
    await expect(payer.pay(bolt11, 0)).rejects.toMatchObject({ code })
  }
  service.faults.errors.set('pay_invoice', 'PAYMENT_FAILED')
  expect(await payer.pay(bolt11, 0)).toMatchObject({ state: 'failed' })
  service.faults.errors.set('pay_invoice', 'SOMETHING_ELSE')
  expect(await payer.pay(bolt11, 0)).toEqual({ state: 'unknown' })
  expect(await payer.lookUpOutgoing(paymentHash, bolt11)).toEqual({ state: 'unknown' })
  expect(await money.hunter.lookUpIncoming(paymentHash)).toEqual({ state: 'open' })
})

test('what the wallet knows nothing of, long after the invoice expired, was never paid', async () => {
  const { bolt11, paymentHash } = await bill()
  const payer = money.connect(await money.serve(money.sponsor))
  expect(await payer.lookUpOutgoing(paymentHash, bolt11)).toEqual({ state: 'unknown' })
  const later = Date.now() + 2 * 3600_000
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => later)
  onTestFinished(() => clock.mockRestore())
  expect(await payer.lookUpOutgoing(paymentHash)).toEqual({ state: 'unknown' })
  expect(await payer.lookUpOutgoing(paymentHash, bolt11)).toMatchObject({ state: 'failed' })
})

test('a proof that proves nothing is none; copies and nonsense change nothing', async () => {
  const service = await money.serve(money.sponsor)
  const payer = money.connect(service)
  const told = listen(payer)
  service.faults.preimage = newSecret().preimage
  service.faults.copies = 3
  service.faults.errors.set('lookup_invoice', 'NOT_IMPLEMENTED')
  const { bolt11, paymentHash } = await bill()
  expect(await payer.pay(bolt11, 0)).toEqual({ state: 'unknown' })
  service.faults.errors.clear()
  expect(await payer.lookUpOutgoing(paymentHash)).toMatchObject({ state: 'paid' })
  for (const text of ['{', '[]', '{"notification_type":"payment_sent","notification":{"payment_hash":"x"}}', 'x'.repeat(50_000)]) {
    service.faults.garbage = text
    await service.notify('', {})
  }
  service.faults.garbage = null
  const lie = { type: 'outgoing', payment_hash: newSecret().paymentHash, amount: 1, preimage: newSecret().preimage }
  await service.notify('payment_sent', lie)
  await expect.poll(() => told.filter(({ kind }) => kind === 'outgoing').at(-1), soon).toEqual({ kind: 'outgoing', paymentHash: lie.payment_hash, state: { state: 'unknown' } })
  const paid = told.filter((event) => event.kind === 'outgoing' && event.paymentHash === paymentHash)
  expect(new Set(paid.map((event) => JSON.stringify(event))).size).toBe(1)
})

test('answers in nonsense are silence, and a slow wallet is waited for', async () => {
  const service = await money.serve(money.sponsor)
  service.faults.garbage = 'not JSON'
  await expect(money.connect(service, { replyMs: 50 }).info()).rejects.toMatchObject({ code: 'pay.offline' })
  service.faults.garbage = null
  service.faults.delayMs = 60
  expect(await money.connect(service).info()).toMatchObject({ alias: 'sponsor' })
})

test('a line that is cut is opened again, and says so', async () => {
  const wallet = money.connect(await money.serve(money.sponsor))
  const told = listen(wallet)
  await wallet.info()
  money.relay.cut()
  await expect.poll(() => told.map(({ kind }) => kind).filter((kind) => kind !== 'height'), soon).toEqual(['offline', 'online'])
})
