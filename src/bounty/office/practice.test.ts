// The same offices with Lightning nodes behind them: a practice network in memory.

import { afterAll, expect, test } from 'vitest'
import { TestNetwork } from '../../wallet/practice/testing'
import type { PracticeWallet } from '../../wallet/practice/wallet'
import { Parties, programOf } from '../testing/parties'

const SAT = 1000
const ends: (() => unknown)[] = []
afterAll(async () => {
  for (const end of ends.reverse()) await end()
})

test('slices lock, settle and come back over practice nodes, exact to the msat', { timeout: 120_000 }, async () => {
  const network = await TestNetwork.start()
  ends.push(() => network.host.close())
  const all = await Parties.make()
  ends.push(() => all.end())
  network.clock = all.now
  const wallets: Record<string, PracticeWallet> = {}
  for (const name of ['sponsor', 'hunter', 'verifier'] as const) {
    wallets[name] = await network.join(name)
    ends.push(() => wallets[name].close())
  }
  all.walletOf = (name) => wallets[name]
  const balance = async (name: string) => (await wallets[name].info()).balanceMsat!
  for (const name of ['sponsor', 'hunter', 'verifier'] as const) await all.party(name).start()
  const before = { sponsor: await balance('sponsor'), hunter: await balance('hunter') }
  await all.post()
  await all.settle()
  await all.party('hunter').office.submit(all.bounty, programOf(0.05))
  const isOver = async () => {
    await all.settle()
    return (await all.party('hunter').part()).isOver && (await all.party('sponsor').part()).money.lockedMsat === 0
  }
  await expect.poll(isOver, { timeout: 60_000, interval: 100 }).toBe(true)
  const fees = (await all.party('sponsor').till.payments()).reduce((sum, { feeMsat }) => sum + feeMsat, 0)
  expect((await all.party('sponsor').part()).money).toEqual({ lockedMsat: 0, paidMsat: 40 * SAT, refundedMsat: 60 * SAT, pendingMsat: 0 })
  await expect.poll(async () => (await balance('hunter')) - before.hunter, { timeout: 10_000 }).toBe(40 * SAT)
  await expect.poll(async () => before.sponsor - (await balance('sponsor')), { timeout: 10_000 }).toBe(40 * SAT + fees)
  expect((await all.party('sponsor').part()).submissions[0].trainJs).toBe(programOf(0.05))
  expect(network.failures).toEqual([])
})
