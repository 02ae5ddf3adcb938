import { expect, test } from 'vitest'
import { Rng } from '../core/rng'
import { PARTS } from './evaluate'
import { gapWidening, type BothScores } from './overfit'

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Two programs on both texts: every part of a text is easier or harder, and gains more or less than the others. */
function pairOf(rng: Rng, gain: number, fitted: number, seeds = [1, 2]) {
  const text = () => Array.from({ length: PARTS }, () => ({ level: 2 + 0.2 * rng.normal(), gain: gain * (1 + 0.4 * rng.normal()) }))
  const [val, hidden] = [text(), text()]
  const run = (seed: number, share: number, extra: number): BothScores => {
    const luck = 0.02 * rng.normal()
    const score = (parts: typeof val, own: number) => parts.map((part) => part.level - share * part.gain - own + luck + 0.004 * rng.normal())
    const parts = { val: score(val, extra), hidden: score(hidden, 0) }
    return { seed, valBpb: mean(parts.val), hiddenBpb: mean(parts.hidden), parts }
  }
  return { candidate: seeds.map((seed) => run(seed, 1, fitted)), reference: seeds.map((seed) => run(seed, 0, 0)) }
}

const flagged = (gain: number, fitted: number) => {
  const rng = new Rng(9, `${gain}/${fitted}`)
  let count = 0
  for (let i = 0; i < 1000; i++) {
    const { candidate, reference } = pairOf(rng, gain, fitted)
    if (gapWidening(candidate, reference)!.isOverfit) count++
  }
  return count / 1000
}

test('a real gain, however large and uneven, is hardly ever called overfit', () => {
  for (const gain of [0, 0.02, 0.1, 0.5]) expect(flagged(gain, 0), `gain ${gain}`).toBeLessThan(0.025)
})

test('a gain that only val sees is caught, and narrowing never is', () => {
  expect(flagged(0.02, 0.03)).toBeGreaterThan(0.95)
  expect(flagged(0, 0.01)).toBeGreaterThan(0.95)
  expect(flagged(0.1, -0.2)).toBe(0)
})

test('it compares shared seeds only, and says nothing without them or without parts', () => {
  const { candidate, reference } = pairOf(new Rng(1), 0.1, 0.2, [1, 2])
  const widening = gapWidening([candidate[1]], reference)!
  expect(widening.widenedBpb).toBeCloseTo(candidate[1].hiddenBpb - candidate[1].valBpb - (reference[1].hiddenBpb - reference[1].valBpb), 12)
  expect(gapWidening([{ ...candidate[0], seed: 9 }], reference)).toBeNull()
  expect(gapWidening([{ ...candidate[0], parts: null }], reference)).toBeNull()
})
