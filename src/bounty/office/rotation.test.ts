// Several held-out sets: the first score asks one, the re-check the last, so that what only fits the first earns no holdback.

import { afterEach, expect, test } from 'vitest'
import { heldOutSet, programOf, type Parties } from '../testing/parties'
import { endAll, SAT, START, world } from '../testing/world'
import type { BountySpec } from '../types'

const SETS = [heldOutSet('A meadow at dawn.'), heldOutSet('A harbour, harder 0.1 than that.'), heldOutSet('A mountain, harder 0.3 than that.')]
afterEach(endAll)

/** Judged, and judged again after the delay. @returns what the hunter has of a pool of 100 sat */
async function earned(program: string, sets = SETS, change: Partial<BountySpec> = {}): Promise<{ parties: Parties; now: number; later: number }> {
  const parties = await world()
  await parties.post(change, ...sets)
  await parties.settle()
  await parties.party('hunter').office.submit(parties.bounty, program)
  await parties.settle()
  const sat = () => (parties.ledger.balance('hunter') - START) / SAT
  const now = sat()
  parties.pass(3600)
  await parties.settle()
  expect(parties.ledger.lockedMsat()).toBe(0)
  return { parties, now, later: sat() - now }
}

/** Every score of a kind that was published, by set. */
function scores({ parties }: { parties: Parties }, kind: 'baseline' | 'score'): [number, string][] {
  const said = parties.party('hunter').office.about(parties.bounty)
  return said.flatMap(({ body }): [number, string][] => (body.kind === kind && body.score ? [[body.score.heldOutSet, body.score.heldOutBpb.toFixed(2)]] : []))
}

test('the baseline is attested on every set, and a gain that carries over earns its holdback on a harder one', async () => {
  const result = await earned(programOf(0.1))
  expect(scores(result, 'baseline').sort()).toEqual([[0, '2.00'], [1, '2.10'], [2, '2.30']])
  expect(scores(result, 'score')).toEqual([[0, '1.90'], [2, '2.20']])
  expect(result).toMatchObject({ now: 80, later: 20 })
  const { submissions, timeline } = await result.parties.party('hunter').part()
  // the later score is worse than the baseline's on the first set, and as good as the first one
  expect(submissions[0].verdicts.stability).toMatchObject({ heldOutBpb: expect.closeTo(1.9), improvementBpb: expect.closeTo(0.1), ratio: expect.closeTo(1) })
  expect(timeline.map(({ text }) => text)).toContain('The verifier measured 2.2000 bits per byte (set 3) at the re-check.')
})

test('a program that fits the first set only earns no holdback; with that set alone it would have', async () => {
  const overfitted = programOf(0, 'meadow 0.1')
  const result = await earned(overfitted)
  expect(result).toMatchObject({ now: 80, later: 0 })
  expect(scores(result, 'score')).toEqual([[0, '1.90'], [2, '2.30']])
  const { money, submissions } = await result.parties.party('sponsor').part()
  expect(money).toEqual({ lockedMsat: 0, paidMsat: 80 * SAT, refundedMsat: 20 * SAT, pendingMsat: 0 })
  expect(submissions[0].verdicts.stability).toMatchObject({ accepted: false, amountMsat: 0, released: [] })
  expect(await earned(overfitted, SETS.slice(0, 1))).toMatchObject({ now: 80, later: 20 })
})

test('what the re-check took back stands in nobody’s way', async () => {
  const { parties } = await earned(programOf(0, 'meadow 0.08'), SETS, { slices: 10 })
  await parties.party('rival').start()
  await parties.settle()
  await parties.party('rival').office.submit(parties.bounty, programOf(0.05))
  await parties.settle()
  // of ten slices six went to the first; half of the target earns four, as if nothing had come before
  expect((parties.ledger.balance('rival') - START) / SAT).toBe(40)
})

test('what fits the first set in part is paid for the part that carries over', async () => {
  // of ten slices eight now; half of the gain carries over, and half of the two that are held back
  expect(await earned(programOf(0.05, 'meadow 0.05'), SETS, { slices: 10 })).toMatchObject({ now: 80, later: 10 })
})
