// Real LDK nodes: three members, a hub and a miner in this process, on one network for the whole file.

import { afterEach, beforeAll, expect, test } from 'vitest'
import { readInvoice } from '../invoice'
import type { PracticeChannel } from './frames'
import { newSecret, TestNetwork, until } from './testing'
import type { PracticeWallet } from './wallet'

let network: TestNetwork
let sponsor: PracticeWallet
let hunter: PracticeWallet
let verifier: PracticeWallet

beforeAll(async () => {
  network = await TestNetwork.start()
  ;[sponsor, hunter, verifier] = await Promise.all(['sponsor', 'hunter', 'verifier'].map((name) => network.join(name)))
})
afterEach(() => expect(network.failures).toEqual([]))

const balance = async (wallet: PracticeWallet) => (await wallet.info()).balanceMsat!
const DAY = 86_400
const hold = (paymentHash: string, amountMsat: number, minFinalCltv = 144) => ({ paymentHash, amountMsat, memo: 'slice 1', expirySeconds: DAY, minFinalCltv })

/** Locks money of the sponsor's for the hunter. */
async function lock(amountMsat: number, minFinalCltv = 144) {
  const secret = newSecret()
  const { bolt11 } = await hunter.makeHoldInvoice(hold(secret.paymentHash, amountMsat, minFinalCltv))
  const sent = await sponsor.pay(bolt11, 0)
  const locked = await until(hunter, 'incoming', secret.paymentHash, 'locked')
  return { ...secret, bolt11, sent, locked }
}

test('members begin with the same play money, and see one another', async () => {
  expect(await sponsor.info()).toEqual({
    kind: 'practice', alias: 'sponsor', isPlayMoney: true, network: 'regtest', canHold: true, canLookUp: true, balanceMsat: 1_000_000_000, budget: null, height: expect.any(Number),
  }) // prettier-ignore
  expect(await balance(hunter)).toBe(1_000_000_000)
  expect(network.host.members().map(({ name, isOnline }) => [name, isOnline])).toEqual([['sponsor', true], ['hunter', true], ['verifier', true]]) // prettier-ignore
})

test('an ordinary payment moves its amount to the msat, and no fee', async () => {
  const [paid, got] = [await balance(sponsor), await balance(verifier)]
  const invoice = await verifier.makeInvoice({ amountMsat: 1_234_567, memo: 'access fee', expirySeconds: 600 })
  expect(invoice).toMatchObject({ amountMsat: 1_234_567, memo: 'access fee', expiresAt: network.clock + 600, network: 'regtest' })
  await sponsor.pay(invoice.bolt11, 0)
  expect(await until(sponsor, 'outgoing', invoice.paymentHash, 'paid')).toMatchObject({ feeMsat: 0, preimage: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(await verifier.lookUpIncoming(invoice.paymentHash)).toEqual({ state: 'settled', amountMsat: 1_234_567 })
  expect(paid - (await balance(sponsor))).toBe(1_234_567)
  expect((await balance(verifier)) - got).toBe(1_234_567)
})

test('a hold invoice locks visibly, settles by its secret, and is never paid twice', async () => {
  const [paid, got] = [await balance(sponsor), await balance(hunter)]
  const { paymentHash, preimage, bolt11, sent, locked } = await lock(80_000_001)
  const { height } = await sponsor.info()
  expect(readInvoice(bolt11)).toMatchObject({ paymentHash, amountMsat: 80_000_001, minFinalCltv: 144 })
  expect(sent).toEqual({ state: 'pending' })
  expect(locked).toEqual({ state: 'locked', amountMsat: 80_000_001, deadlineHeight: expect.any(Number) })
  const blocks = (locked as { deadlineHeight: number }).deadlineHeight - height!
  expect(blocks).toBeGreaterThanOrEqual(120)
  expect(blocks).toBeLessThanOrEqual(144)

  // asked again, by whomever: the same invoice, the same payment
  expect((await hunter.makeHoldInvoice(hold(paymentHash, 80_000_001))).bolt11).toBe(bolt11)
  expect(await sponsor.pay(bolt11, 0)).toEqual({ state: 'pending' })
  await network.host.mine(3)
  expect(await sponsor.lookUpOutgoing(paymentHash)).toEqual({ state: 'pending' })
  await expect(hunter.settle(newSecret().preimage)).rejects.toMatchObject({ code: 'pay.refused' })

  await hunter.settle(preimage)
  await hunter.settle(preimage)
  expect(await until(sponsor, 'outgoing', paymentHash, 'paid')).toEqual({ state: 'paid', preimage, feeMsat: 0 })
  expect(await sponsor.pay(bolt11, 0)).toEqual({ state: 'paid', preimage, feeMsat: 0 })
  await expect(hunter.cancel(paymentHash)).rejects.toMatchObject({ code: 'pay.refused' })
  expect(paid - (await balance(sponsor))).toBe(80_000_001)
  expect((await balance(hunter)) - got).toBe(80_000_001)
})

test('cancelled money is back; a lock that nobody ends refunds itself by its deadline', async () => {
  const before = await balance(sponsor)
  const cancelled = await lock(20_000_000)
  expect(before - (await balance(sponsor))).toBe(20_000_000)
  await hunter.cancel(cancelled.paymentHash)
  await hunter.cancel(cancelled.paymentHash)
  expect(await until(sponsor, 'outgoing', cancelled.paymentHash, 'failed')).toMatchObject({ reason: expect.stringContaining('given back') })
  await expect(hunter.settle(cancelled.preimage)).rejects.toMatchObject({ code: 'pay.refused' })

  const { paymentHash, preimage, locked } = await lock(30_000_000, 40)
  const { deadlineHeight } = locked as { deadlineHeight: number }
  await sponsor.mine(deadlineHeight - network.host.height() - 1)
  expect(await hunter.lookUpIncoming(paymentHash)).toEqual(locked)
  await sponsor.mine(1)
  expect(await until(hunter, 'incoming', paymentHash, 'cancelled')).toEqual({ state: 'cancelled' })
  await until(sponsor, 'outgoing', paymentHash, 'failed')
  await expect(hunter.settle(preimage)).rejects.toMatchObject({ code: 'pay.refused' })
  expect(await balance(sponsor)).toBe(before)
})

test('payer, payee and host crash while money is locked, and it ends as it should', async () => {
  const sum = (await balance(sponsor)) + (await balance(hunter))
  const [settled, cancelled, refunded] = [await lock(11_000_000), await lock(12_000_000), await lock(13_000_000, 40)]
  network.crash('sponsor')
  network.crash('hunter')
  await network.host.close()
  network.crash('host')
  await network.startHost()
  ;[sponsor, hunter] = await Promise.all([network.join('sponsor'), network.join('hunter')])
  await verifier.untilOnline(10_000)
  expect(await hunter.lookUpIncoming(settled.paymentHash)).toEqual(settled.locked)
  expect(await sponsor.pay(settled.bolt11, 0)).toEqual({ state: 'pending' })
  await hunter.settle(settled.preimage)
  network.crash('hunter') // the secret has left or is kept, whichever
  hunter = await network.join('hunter')
  await until(sponsor, 'outgoing', settled.paymentHash, 'paid')
  await hunter.cancel(cancelled.paymentHash)
  await until(sponsor, 'outgoing', cancelled.paymentHash, 'failed')
  await network.host.mine((refunded.locked as { deadlineHeight: number }).deadlineHeight - network.host.height())
  await until(sponsor, 'outgoing', refunded.paymentHash, 'failed')
  expect((await balance(sponsor)) + (await balance(hunter))).toBe(sum)
})

test('a host that crashes is connected to again as soon as it is back, without waiting for a hello', async () => {
  const patient = await network.join('patient', undefined, 1000)
  const said: string[] = []
  patient.subscribe(({ kind }) => {
    if (kind === 'online' || kind === 'offline') said.push(kind)
  })
  network.crash('host')
  await network.startHost()
  await expect.poll(() => said, { timeout: 10_000 }).toEqual(['offline', 'online'])
  const { bolt11, paymentHash } = await patient.makeInvoice({ amountMsat: 1_000_000, memo: '', expirySeconds: DAY })
  await sponsor.untilOnline(10_000)
  await sponsor.pay(bolt11, 0)
  await until(patient, 'incoming', paymentHash, 'settled')
  await patient.close()
})

test('a payment that crashes with its payer goes on when the payer is back', async () => {
  const { paymentHash, preimage } = newSecret()
  const { bolt11 } = await hunter.makeHoldInvoice(hold(paymentHash, 5_000_000))
  await sponsor.pay(bolt11, 0)
  network.crash('sponsor') // in the middle of the messages that add a payment to a channel
  sponsor = await network.join('sponsor')
  expect(await sponsor.pay(bolt11, 0)).toEqual({ state: 'pending' })
  await until(hunter, 'incoming', paymentHash, 'locked')
  await hunter.settle(preimage)
  await until(sponsor, 'outgoing', paymentHash, 'paid')
})

test('what cannot be right is refused by name', async () => {
  const { paymentHash } = newSecret()
  const { bolt11 } = await hunter.makeHoldInvoice(hold(paymentHash, 1_000_000))
  await expect(hunter.makeHoldInvoice(hold(paymentHash, 2_000_000))).rejects.toMatchObject({ code: 'pay.refused' })
  await expect(hunter.makeHoldInvoice(hold(newSecret().paymentHash, 1000, 5000))).rejects.toMatchObject({ code: 'pay.unsupported' })
  await expect(hunter.pay(bolt11, 0)).rejects.toMatchObject({ code: 'pay.refused' })
  await expect(sponsor.pay(bolt11.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q')), 0)).rejects.toMatchObject({ code: 'pay.mismatch' })
  const tooMuch = await hunter.makeInvoice({ amountMsat: (await balance(sponsor)) + 1, memo: '', expirySeconds: 600 }).catch((error: unknown) => error)
  if ('bolt11' in (tooMuch as object)) await expect(sponsor.pay((tooMuch as { bolt11: string }).bolt11, 0)).rejects.toMatchObject({ code: 'pay.quota' })
  else expect(tooMuch).toMatchObject({ code: 'pay.refused' })
  expect(await sponsor.lookUpOutgoing(newSecret().paymentHash)).toEqual({ state: 'unknown' })
  expect(await sponsor.lookUpOutgoing(paymentHash, bolt11)).toMatchObject({ state: 'failed', reason: expect.stringContaining('never sent') })
  expect(await hunter.lookUpIncoming(newSecret().paymentHash)).toEqual({ state: 'expired' })

  network.clock += DAY
  await expect(sponsor.pay(bolt11, 0)).rejects.toMatchObject({ code: 'pay.refused', message: expect.stringContaining('expired') })
  expect(await hunter.lookUpIncoming(paymentHash)).toEqual({ state: 'expired' })
})

test('many slices are locked at once, and each goes its own way', async () => {
  const [paid, got] = [await balance(sponsor), await balance(hunter)]
  const slices = await Promise.all(Array.from({ length: 12 }, () => lock(21_000)))
  await Promise.all(slices.slice(0, 8).map(({ preimage }) => hunter.settle(preimage)))
  await Promise.all(slices.slice(8).map(({ paymentHash }) => hunter.cancel(paymentHash)))
  await Promise.all(slices.map(({ paymentHash }, i) => until(sponsor, 'outgoing', paymentHash, i < 8 ? 'paid' : 'failed')))
  expect(paid - (await balance(sponsor))).toBe(8 * 21_000)
  expect((await balance(hunter)) - got).toBe(8 * 21_000)
})

test('a channel that loses, doubles and disorders messages delays payments, and no more', async () => {
  let count = 0
  const bad = (good: PracticeChannel): PracticeChannel => ({
    ...good,
    send(to, bytes) {
      count++
      if (count % 17 === 0) return
      if (count % 5 === 0) setTimeout(() => good.send(to, bytes), 1)
      else good.send(to, bytes)
      if (count % 7 === 0) good.send(to, bytes)
    },
  })
  const far = await network.join('far', bad, 0.1)
  for (let i = 0; i < 3; i++) {
    const { paymentHash, preimage } = newSecret()
    const { bolt11 } = await hunter.makeHoldInvoice(hold(paymentHash, 7_000_000))
    await far.untilOnline(10_000)
    await far.pay(bolt11, 0)
    await until(hunter, 'incoming', paymentHash, 'locked')
    await hunter.settle(preimage)
    await until(far, 'outgoing', paymentHash, 'paid')
  }
  await far.close()
})

test('a payee who never comes back: the chain itself gives the money back', async () => {
  const before = await balance(sponsor)
  const { paymentHash, locked } = await lock(40_000_000, 40)
  network.crash('hunter')
  const { deadlineHeight } = locked as { deadlineHeight: number }
  await network.host.mine(deadlineHeight - network.host.height() + 60)
  await until(sponsor, 'outgoing', paymentHash, 'failed')
  expect(await balance(sponsor)).toBe(before)
  // who comes back begins with a new channel
  hunter = await network.join('hunter')
  expect(await hunter.lookUpIncoming(paymentHash)).toEqual({ state: 'cancelled' })
  expect(await balance(hunter)).toBe(1_000_000_000)
})
