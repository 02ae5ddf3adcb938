import { afterEach, describe, expect, test } from 'vitest'
import { LabError } from '../../core/errors'
import type { Wallet } from '../../wallet/types'
import { INVOICE_SECONDS } from '../escrow/machine'
import { programOf, type Parties } from '../testing/parties'
import { balances, endAll, SAT, START, submitted, world } from '../testing/world'

afterEach(endAll)

/** The rival was first and its wallet makes no invoices; the hunter waits for its turn. */
async function queueHeld(): Promise<{ all: Parties; held: string }> {
  const all = await world()
  const { walletOf } = all
  const offline = async (): Promise<never> => { throw new LabError('pay.offline', 'The wallet is away.', { hint: 'Connect it.' }) } // prettier-ignore
  all.walletOf = (name) => ({ ...walletOf(name), ...(name === 'rival' && { makeHoldInvoice: offline }) })
  await all.party('rival').start()
  await all.post()
  await all.settle()
  const held = await all.party('rival').office.submit(all.bounty, programOf(0.15))
  await all.settle()
  await all.party('hunter').office.submit(all.bounty, programOf(0.05))
  await all.settle()
  expect(all.ledger.balance('hunter')).toBe(START)
  return { all, held }
}

/** A submission that the sponsor's wallet is to lock, in which something goes wrong. */
async function paidWith(wallet: Partial<Wallet>): Promise<Parties> {
  const all = await world([])
  const { walletOf } = all
  all.walletOf = (name) => ({ ...walletOf(name), ...(name === 'sponsor' && wallet) })
  for (const name of ['sponsor', 'hunter', 'verifier'] as const) await all.party(name).start()
  await all.post()
  await all.settle()
  await all.party('hunter').office.submit(all.bounty, programOf(0.2))
  await all.settle()
  return all
}

describe('by file alone, no relay', () => {
  test('from posting to the settled holdback: what the gain earned is paid, the rest comes back, and it is proven', async () => {
    const all = await submitted(0.05) // half of the target: ⌊0.8·5·0.5⌋ = 2 slices of 20 sat now, ⌊0.2·5·0.5⌋ = 0 later
    await all.settle()
    expect(balances(all)).toEqual({ sponsor: -40 * SAT, hunter: 40 * SAT, locked: 0 })
    const [mine, theirs] = [await all.party('hunter').part(), await all.party('sponsor').part()]
    expect(mine.money).toEqual({ lockedMsat: 0, paidMsat: 40 * SAT, refundedMsat: 60 * SAT, pendingMsat: 0 })
    expect(theirs.money).toEqual(mine.money)
    expect(theirs.submissions[0].trainJs).toBe(programOf(0.05))
    expect(mine).toMatchObject({ isOver: true, next: null, isPlayMoney: true, isTrustedSponsor: false })
    const proofs = mine.timeline.map(({ proof }) => proof?.kind)
    expect(proofs.filter((kind) => kind === 'payment')).toHaveLength(5)
    expect(mine.timeline.map(({ text }) => text).join('\n')).toMatch(/place 1[^]*The verifier measured 1.9500[^]*40 sat earned/)
  })

  test('the holdback waits for the delay, visibly, and is judged again', async () => {
    const all = await submitted(0.2)
    await all.settle()
    expect(balances(all)).toEqual({ sponsor: -100 * SAT, hunter: 80 * SAT, locked: 20 * SAT })
    const waiting = await all.party('sponsor').part()
    expect(waiting).toMatchObject({ money: { lockedMsat: 20 * SAT, paidMsat: 80 * SAT }, wishes: ['review', 'close'] })
    expect(waiting.lockedUntil).toBeGreaterThan(all.now + 3600)
    all.pass(3600)
    await all.settle()
    expect(balances(all)).toEqual({ sponsor: -100 * SAT, hunter: 100 * SAT, locked: 0 })
    for (const count of all.ledger.sent.values()) expect(count).toBe(1)
  })

  test('the sponsor objected before the holdback: it comes back', async () => {
    const all = await submitted(0.2)
    await all.settle()
    const { id, submissions } = await all.party('sponsor').part()
    await all.party('sponsor').office.wish(id, { do: 'review', commit: submissions[0].commit, accept: false, reason: 'It only fits one text.' })
    await all.settle()
    all.pass(3600)
    await all.settle()
    expect(balances(all)).toEqual({ sponsor: -80 * SAT, hunter: 80 * SAT, locked: 0 })
    expect((await all.party('hunter').part()).timeline.at(-1)!.text).toBeTruthy()
    expect((await all.party('hunter').part()).timeline.some(({ text }) => text.includes('It only fits one text.'))).toBe(true)
  })

  test.each([
    ['no gain', 0, {}],
    ['a forbidden text', 0.2, { rules: { maxDiffBytes: 1000, maxDiffLines: 9, forbidden: ['// gain'], maxSubmissionsPerKey: 3, maxSimilarity: 1 } }],
  ])('a refused submission, for %s: every sat comes back at once', async (_, gain, change) => {
    const all = await submitted(gain, change)
    await all.settle()
    expect(balances(all)).toEqual({ sponsor: 0, hunter: 0, locked: 0 })
    const theirs = await all.party('sponsor').part()
    expect(theirs.money).toMatchObject({ paidMsat: 0, lockedMsat: 0, pendingMsat: 0 })
    expect(theirs.submissions[0].trainJs).toBeNull()
  })

  test('locks that find no way to the hunter: it hears of it, gives up, and the turn is free', async () => {
    const all = await paidWith({ pay: async () => ({ state: 'pending' }), lookUpOutgoing: async () => ({ state: 'failed', reason: 'There is no way.' }) })
    expect(await all.party('hunter').part()).toMatchObject({ isOver: true, stage: 'A slice came back, or was never locked.' })
    expect(await all.party('verifier').part()).toMatchObject({ stage: 'The baseline is attested.' })
    expect(await all.party('sponsor').part()).toMatchObject({ money: { lockedMsat: 0, paidMsat: 0, pendingMsat: 0 } })
  })

  test('why a slice could not be locked is told to the sponsor, and is no business of the hunter', async () => {
    const pay = async (): Promise<never> => { throw new LabError('pay.quota', 'The budget of this wallet is used up.') } // prettier-ignore
    const all = await paidWith({ pay })
    const { submissions, timeline } = await all.party('sponsor').part()
    expect(submissions[0].stage).toMatch(/^Slices? [\d, ]+ came back, or never left\. The budget of this wallet is used up\.$/)
    expect(timeline.filter(({ text }) => text.includes('used up'))).toHaveLength(5)
    const theirs = await all.party('hunter').part()
    expect(theirs).toMatchObject({ isOver: true, stage: 'A slice came back, or was never locked.' })
    expect(JSON.stringify(all.party('hunter').office.about(all.bounty))).not.toContain('used up')
  })

  test('a wallet that never says what became of the locks: the sponsor says it, and the turn is free; a proof says otherwise', async () => {
    const all = await paidWith({ pay: async () => ({ state: 'unknown' }), lookUpOutgoing: async () => ({ state: 'unknown' }) })
    const { till, office } = all.party('sponsor')
    expect(await all.party('sponsor').part()).toMatchObject({ money: { pendingMsat: 100 * SAT } })
    const out = (await till.payments()).filter(({ direction }) => direction === 'out')
    expect(out).toHaveLength(5)
    for (const { key } of out) await till.accountFor(key, 'cameBack')
    await office.rest()
    await all.settle()
    const mine = await all.party('sponsor').part()
    expect(mine.money).toEqual({ lockedMsat: 0, paidMsat: 0, refundedMsat: 100 * SAT, pendingMsat: 0 })
    expect(mine.submissions[0].stage).toBe('Slices 1, 2, 3, 4, 5 came back, or never left. You said so; the wallet did not.')
    expect(await all.party('hunter').part()).toMatchObject({ isOver: true, stage: 'A slice came back, or was never locked.' })
    expect(await all.party('verifier').part()).toMatchObject({ stage: 'The baseline is attested.' })
    // the verifier knows the secrets
    const judge = all.party('verifier').office.rows().flatMap(({ state }) => (state.role === 'verifier' ? Object.values(state.submissions) : []))
    const { paymentHash, preimage } = judge[0].slices[0]
    await till.accountFor(out.find((row) => row.paymentHash === paymentHash)!.key, { preimage })
    await office.rest()
    expect((await all.party('sponsor').part()).money).toEqual({ lockedMsat: 0, paidMsat: 20 * SAT, refundedMsat: 80 * SAT, pendingMsat: 0 })
  })

  test('a hunter who vanishes with the holdback locked: it refunds itself at its deadline', async () => {
    const all = await submitted(0.2)
    const [sponsor, hunter] = [all.party('sponsor'), all.party('hunter')]
    await all.settle()
    const lockedBefore = all.ledger.lockedMsat()
    hunter.kill()
    expect(lockedBefore).toBe(20 * SAT)
    all.pass(432 * 600)
    await sponsor.till.lookUp()
    await sponsor.office.wake()
    await sponsor.office.rest()
    expect(all.ledger.lockedMsat()).toBe(0)
    expect((await sponsor.part()).money).toEqual({ lockedMsat: 0, paidMsat: 80 * SAT, refundedMsat: 20 * SAT, pendingMsat: 0 })
  })

  test('two hunters: the first commitment goes first, the second is paid for what it adds, a copy for nothing', async () => {
    const all = await submitted(0.05)
    await all.party('rival').start()
    await all.settle()
    await all.party('rival').office.submit(all.bounty, programOf(0.05))
    await all.settle()
    expect(all.ledger.balance('rival')).toBe(START)
    await all.party('rival').office.submit(all.bounty, programOf(0.15))
    await all.settle()
    // 0.1 over the best attested: all of what is left of the pool's three slices, at once
    expect(all.ledger.balance('rival') - START).toBe(60 * SAT)
    expect(balances(all).sponsor).toBe(-100 * SAT)
  })

  test('a hunter who gives up says so: the next one need not wait, and nobody is asked to lock anything', async () => {
    const { all, held } = await queueHeld()
    await all.party('rival').office.wish(held, { do: 'withdraw' })
    await all.settle()
    expect(balances(all)).toEqual({ sponsor: -40 * SAT, hunter: 40 * SAT, locked: 0 })
    const { submissions, timeline } = await all.party('sponsor').part()
    expect(submissions.map(({ stage }) => stage)).toEqual([expect.stringContaining('Withdrawn'), expect.stringContaining('Settled')])
    expect(timeline.some(({ text }) => text.includes('withdrew'))).toBe(true)
  })

  test('whoever commits and never bills holds the queue for ten minutes, no longer', async () => {
    const { all } = await queueHeld()
    all.pass(INVOICE_SECONDS - 1)
    await all.settle()
    expect(balances(all)).toEqual({ sponsor: 0, hunter: 0, locked: 0 })
    all.pass(2)
    await all.settle()
    expect(balances(all)).toEqual({ sponsor: -40 * SAT, hunter: 40 * SAT, locked: 0 })
  })

  test('after the deadline the held-out text is revealed, and is there for anybody who asks', async () => {
    const all = await submitted(0.05)
    await all.settle()
    const { id } = await all.party('sponsor').part()
    await all.party('sponsor').office.wish(id, { do: 'close', reason: 'Enough.' })
    await all.party('sponsor').office.wish(id, { do: 'reveal' })
    await all.settle()
    const row = await all.party('hunter').office.heldOut(all.bounty, 0)
    expect(new TextDecoder().decode(row!.text)).toContain('Nobody has seen this text.')
    expect((await all.party('sponsor').part()).isOver).toBe(true)
  })
})
