import { describe, expect, test } from 'vitest'
import { Rng } from '../core/rng'
import type { SeedScore, Verdict } from './keepRule'
import { decide, keepThreshold } from './keepRule'
import type { Noise } from './noise'
import { estimateNoise } from './noise'
import type { KeepRuleSpec } from './task'

const measured = (repeats: number, floorBpb = 0): KeepRuleSpec => ({ kind: 'measured', repeats, floorBpb })
const plain: KeepRuleSpec = { kind: 'plain', repeats: 2, floorBpb: 0 }
const seeds = [42, 43, 44, 45, 46]
const scores = (...bpb: number[]): SeedScore[] => bpb.map((value, i) => ({ seed: seeds[i], bpb: value }))
const noise: Noise = { sigmaBpb: 0.0113, pooledBpb: 0.01, freedom: 2 }

describe('measured rule', () => {
  const incumbent = scores(2, 2, 2)

  test('a clear loser stops after one run', () => {
    const verdict = decide(measured(3), seeds, scores(2.012), incumbent, noise)
    expect(verdict).toMatchObject({ decision: 'discard', seedsUsed: 1, seedsNeeded: 0, nextSeed: null })
    expect(verdict.deltaBpb).toBeCloseTo(0.012, 12)
    expect(verdict.reason).toContain('Worse by 0.0120')
  })

  test('so does one that is hardly better', () => {
    expect(decide(measured(3), seeds, scores(1.9999), incumbent, noise).decision).toBe('discard')
    expect(decide(measured(3), seeds, scores(2), incumbent, noise).reason).toContain('No change')
  })

  test('one seed never keeps, however good', () => {
    const verdict = decide(measured(3), seeds, scores(1), incumbent, noise)
    expect(verdict).toMatchObject({ decision: 'more', nextSeed: 43, seedsNeeded: 2, thresholdBpb: Infinity })
  })

  test('a big gain is kept at the second look, a middling one goes to the third', () => {
    expect(decide(measured(3), seeds, scores(1.9, 1.9), incumbent, noise).decision).toBe('keep')
    const middling = decide(measured(3), seeds, scores(1.955, 1.96), incumbent, noise)
    expect(middling).toMatchObject({ decision: 'more', nextSeed: 44, seedsNeeded: 1 })
    const last = decide(measured(3), seeds, scores(1.955, 1.96, 1.96), incumbent, noise)
    expect(last.decision).toBe('keep')
    expect(last.thresholdBpb).toBeCloseTo((3.32 * Math.SQRT2 * 0.01) / Math.sqrt(3), 3)
  })

  test('the bar is strict: a gain equal to the floor is not kept, whatever σ is', () => {
    const still: Noise = { sigmaBpb: 0, pooledBpb: 0, freedom: 1 }
    const base = scores(2, 2)
    expect(decide(measured(2, 0.5), seeds, scores(1.5, 1.5), base, still).decision).toBe('discard')
    expect(decide(measured(2, 0.5), seeds, scores(1.25, 1.25), base, still).decision).toBe('keep')
    expect(decide(measured(2, 0), seeds, scores(2, 2), base, still).decision).toBe('discard')
  })

  test('what matters is the difference on the same seeds', () => {
    const verdict = decide(measured(2), seeds, scores(1.9, 2.9), scores(2.3, 3.3), { ...noise, freedom: 9 })
    expect(verdict.decision).toBe('keep')
    expect(verdict.deltaBpb).toBeCloseTo(-0.4, 12)
  })

  test('the bar falls with more repeats and with a better known σ', () => {
    expect(keepThreshold(measured(4), noise, 4)).toBeLessThan(keepThreshold(measured(3), noise, 3))
    expect(keepThreshold(measured(3), { ...noise, freedom: 6 }, 3)).toBeLessThan(keepThreshold(measured(3), noise, 3))
  })

  test('a mistake of the caller is not a verdict', () => {
    expect(() => decide(measured(3), seeds, [], incumbent, noise)).toThrow(RangeError)
    expect(() => decide(measured(3), seeds, scores(2, 2), scores(2), noise)).toThrow(RangeError)
    expect(() => decide(measured(3), seeds, scores(2), incumbent, null)).toThrow(RangeError)
  })
})

test('plain rule: strictly lower on one seed', () => {
  expect(decide(plain, seeds, scores(1.9999), scores(2), null)).toMatchObject({ decision: 'keep', seedsUsed: 1 })
  expect(decide(plain, seeds, scores(2), scores(2), null).decision).toBe('discard')
  expect(decide(plain, seeds, scores(2.1), scores(2), null).decision).toBe('discard')
})

/** Labs of ten proposals each, all with the same true effect; noise is learned as the loop learns it. */
function simulate(rule: KeepRuleSpec, trueGain: number, shared: number, labs: number) {
  const rng = new Rng(7, `${rule.repeats}/${trueGain}/${shared}`)
  const sigma = 0.01
  const total = { proposals: 0, keeps: 0, firstKeeps: 0, runs: 0 }
  for (let lab = 0; lab < labs; lab++) {
    // `shared` is the part of the spread that a seed does to every program alike
    const seedEffect = seeds.map(() => sigma * Math.sqrt(shared) * rng.normal())
    const run = (mean: number, k: number): SeedScore => ({
      seed: seeds[k],
      bpb: mean + seedEffect[k] + sigma * Math.sqrt(1 - shared) * rng.normal(),
    })
    const repeats = rule.kind === 'plain' ? 1 : rule.repeats
    let mean = 2
    let incumbent = seeds.slice(0, repeats).map((_, k) => run(mean, k))
    const groups = [incumbent.map((score) => score.bpb)]
    for (let proposal = 0; proposal < 10; proposal++) {
      const candidate: SeedScore[] = []
      let verdict: Verdict
      do {
        candidate.push(run(mean - trueGain, candidate.length))
        total.runs++
        if (candidate.length > incumbent.length) {
          incumbent.push(run(mean, incumbent.length))
          total.runs++
        }
        verdict = decide(rule, seeds, candidate, incumbent, estimateNoise(groups))
      } while (verdict.decision === 'more')
      total.proposals++
      if (candidate.length > 1) groups.push(candidate.map((score) => score.bpb))
      if (verdict.decision !== 'keep') continue
      total.keeps++
      if (proposal === 0) total.firstKeeps++
      mean -= trueGain
      incumbent = candidate
    }
  }
  return {
    falseKeeps: total.keeps / total.proposals,
    firstKeeps: total.firstKeeps / labs,
    runsPerProposal: total.runs / total.proposals,
  }
}

describe('simulated labs', () => {
  test('no-op changes: at most 5 % kept, also right after the baseline, and most cost one run', () => {
    for (const repeats of [2, 3, 4]) {
      for (const shared of [0, 0.5]) {
        const seen = simulate(measured(repeats), 0, shared, 3000)
        expect(seen.falseKeeps, `repeats ${repeats}, shared ${shared}`).toBeLessThan(0.025)
        expect(seen.firstKeeps, `first, repeats ${repeats}, shared ${shared}`).toBeLessThanOrEqual(0.05)
        expect(seen.runsPerProposal).toBeLessThan(1.7)
      }
    }
    expect(simulate(measured(3), 0, 0, 3000).runsPerProposal).toBeLessThan(1.35)
  })

  test('the plain rule keeps luck', () => {
    expect(simulate(plain, 0, 0, 2000).falseKeeps).toBeGreaterThan(0.15)
  })

  test('real gains are found: six σ right after the baseline, with three repeats', () => {
    expect(simulate(measured(3), 0.06, 0, 2000).firstKeeps).toBeGreaterThan(0.9)
  })

  test('harmful changes cost one run', () => {
    const seen = simulate(measured(3), -0.03, 0, 2000)
    expect(seen.falseKeeps).toBeLessThan(0.002)
    expect(seen.runsPerProposal).toBeLessThan(1.03)
  })
})
