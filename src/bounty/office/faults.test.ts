// Offices whose machines die, whose mail is tampered with, and whose relay goes away.

import { getPublicKey } from 'nostr-tools/pure'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Rng } from '../../core/rng'
import { startRelay, type TestRelay } from '../../wallet/testing/relay'
import { TURN_SECONDS } from '../escrow/machine'
import { programOf, type Name } from '../testing/parties'
import { atEnd, balances, endAll, SAT, submitted, world } from '../testing/world'
import { eventsOf } from '../wire/events'

beforeAll(() => {
  globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket // Node 20 has none
})
afterEach(endAll)

describe('crashes', () => {
  test.each<[Name[], number]>([
    [['sponsor'], 1],
    [['hunter'], 2],
    [['verifier'], 3],
    [['sponsor', 'hunter', 'verifier'], 4],
  ])('%j die after any write: a submission is paid or comes back, never both, and in the end one is paid', { timeout: 120_000 }, async (names, seed) => {
    const rng = new Rng(seed, 'lives')
    const all = await world()
    await all.post({ slices: 2, poolSat: 100, nowShare: 0.5, rules: { maxDiffBytes: 1000, maxDiffLines: 9, forbidden: [], maxSubmissionsPerKey: 50, maxSimilarity: 1 } })
    const hunter = all.party('hunter')
    for (const name of names) all.party(name).nextLife = () => 1 + rng.int(8)
    for (const name of names) all.party(name).kill()
    await all.settle()
    const paid = { sponsor: -100 * SAT, hunter: 50 * SAT, locked: 50 * SAT }
    for (let tries = 0; tries < 20 && all.ledger.lockedMsat() === 0; tries++) {
      // whoever dies between the decision to send and the sending never sends: the submission comes back, and is made again
      expect(balances(all)).toEqual({ sponsor: 0, hunter: 0, locked: 0 })
      while (hunter.isOff) await hunter.start()
      await Promise.race([hunter.office.submit(all.bounty, `${programOf(0.1)}// try ${tries}\n`), hunter.untilDead()])
      await all.settle()
      if (all.ledger.lockedMsat() === 0) all.pass(TURN_SECONDS + 1) // the verifier waits so long for a patch that will not come
      await all.settle()
    }
    expect(balances(all)).toEqual(paid)
    all.pass(3600)
    await all.settle()
    expect(balances(all)).toEqual({ sponsor: -100 * SAT, hunter: 100 * SAT, locked: 0 })
    for (const count of all.ledger.sent.values()) expect(count).toBe(1)
  })
})

describe('mail', () => {
  test('twice is once; a changed copy is no message and does not stand in the way of the true one; strangers are not heard', async () => {
    const all = await submitted(0.2)
    await all.settle()
    const [sponsor, hunter] = [all.party('sponsor'), all.party('hunter')]
    const before = JSON.stringify(sponsor.office.rows())
    const events = await hunter.office.eventsOf(all.bounty)
    for (const event of events) expect(await sponsor.office.hear(structuredClone(event), all.bounty)).toBe(false)
    const stranger = new Uint8Array(32).fill(7)
    const [submission] = (await sponsor.part()).submissions
    const { verdicts } = submission
    const forged = eventsOf({ kind: 'verdict', commit: submission.commit, phase: 'stability', verdict: { ...verdicts.first!, released: [] } }, null, stranger, all.now)
    for (const event of forged.events) await sponsor.office.hear(event)
    expect(getPublicKey(stranger)).not.toBe(sponsor.office.me)
    expect(JSON.stringify(sponsor.office.rows())).toBe(before)
    expect((await sponsor.part()).submissions[0].verdicts.stability).toBeNull()
    // a relay that garbles the next message first
    const { events: made } = eventsOf({ kind: 'close', bounty: all.bounty, reason: 'x' }, null, stranger, all.now)
    expect(await hunter.office.hear({ ...made[0], content: made[0].content.replace('x', 'y') })).toBe(false)
    expect(await hunter.office.hear(made[0])).toBe(true)
  })
})

describe('over a relay', () => {
  async function relay(port = 0): Promise<TestRelay> {
    const started = await startRelay(port)
    let closing: Promise<void> | null = null
    const close = () => (closing ??= started.close())
    atEnd(close)
    return { ...started, close }
  }

  test('a whole bounty; and what was said while the relay was gone is said when it is back', { timeout: 120_000 }, async () => {
    const first = await relay()
    const port = Number(new URL(first.url).port)
    const all = await world(['sponsor', 'hunter', 'verifier'], [first.url])
    const open = () => all.parties().every(({ relayStates }) => relayStates[0] === 'open')
    await expect.poll(open, { timeout: 10_000 }).toBe(true)
    await all.post()
    const hunter = all.party('hunter').office
    await expect.poll(() => hunter.listings().length, { timeout: 10_000 }).toBe(1)
    await all.party('verifier').office.verify(all.bounty).catch(() => undefined)
    await expect.poll(() => all.party('verifier').office.listings().length, { timeout: 10_000 }).toBe(1)
    await all.party('verifier').office.verify(all.bounty)
    await hunter.submit(all.bounty, programOf(0.05))
    await expect.poll(() => balances(all), { timeout: 15_000 }).toEqual({ sponsor: -40 * SAT, hunter: 40 * SAT, locked: 0 })
    await first.close()
    await expect.poll(open, { timeout: 10_000 }).toBe(false)
    const { id } = await all.party('sponsor').part()
    await all.party('sponsor').office.wish(id, { do: 'close', reason: 'Enough.' })
    await all.party('sponsor').office.rest()
    expect(await all.party('sponsor').office.unsent()).toBeGreaterThan(0)
    await relay(port)
    await expect.poll(() => hunter.about(all.bounty).some(({ body }) => body.kind === 'close'), { timeout: 15_000 }).toBe(true)
    await expect.poll(() => all.party('sponsor').office.unsent(), { timeout: 15_000 }).toBe(0)
  })
})
