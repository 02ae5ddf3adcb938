import { describe, expect, test } from 'vitest'
import { Rng } from '../core/rng'
import type { Comparison, SeedScore, Verdict } from './keepRule'
import { decide, neededAt } from './keepRule'
import { estimateNoise, type Noise } from './noise'
import type { KeepRuleSpec } from './task'

const measured = (repeats: number, floorBpb = 0): KeepRuleSpec => ({ kind: 'measured', repeats, floorBpb })
const plain: KeepRuleSpec = { kind: 'plain', repeats: 2, floorBpb: 0 }
const seeds = [42, 43, 44, 45, 46]
const scores = (...bpb: number[]): SeedScore[] => bpb.map((value, i) => ({ seed: seeds[i], bpb: value }))
const noise: Noise = estimateNoise([[1.99, 2.01, 2.0]])!

const judge = (rule: KeepRuleSpec, candidate: SeedScore[], incumbent: SeedScore[], known: Noise | null, change: Partial<Comparison> = {}) =>
  decide(rule, seeds, { candidate, incumbent, kept: [incumbent], shorter: false, ...change }, known)

describe('measured rule', () => {
  const incumbent = scores(2, 2, 2)

  test('a clear loser stops after one run', () => {
    const verdict = judge(measured(3), scores(2.012), incumbent, noise)
    expect(verdict).toMatchObject({ decision: 'discard', seedsUsed: 1, barBpb: null })
    expect(verdict.deltaBpb).toBeCloseTo(0.012, 12)
    expect(verdict.reason).toContain('Worse by 0.0120')
    expect(verdict.pBetter).toBeLessThan(0.5)
  })

  test('so does one that is hardly better', () => {
    expect(judge(measured(3), scores(1.9999), incumbent, noise).decision).toBe('discard')
    expect(judge(measured(3), scores(2), incumbent, noise).reason).toContain('No change')
  })

  test('one seed never keeps, however good', () => {
    expect(judge(measured(3), scores(1), incumbent, noise)).toMatchObject({ decision: 'more', seedsUsed: 1, barBpb: null, keptAs: null })
  })

  test('a big gain is kept at the second look, a middling one goes to the third', () => {
    const big = judge(measured(3), scores(1.85, 1.85), incumbent, noise)
    expect(big).toMatchObject({ decision: 'keep', keptAs: 'better', pNeeded: 0.98 })
    expect(big.pBetter).toBeGreaterThan(0.98)
    expect(judge(measured(3), scores(1.955, 1.96), incumbent, noise)).toMatchObject({ decision: 'more', seedsUsed: 2 })
    const last = judge(measured(3), scores(1.955, 1.96, 1.96), incumbent, noise)
    expect(last).toMatchObject({ decision: 'keep', pNeeded: 0.97 })
    expect(last.reason).toMatch(/P\(better\) is 9[789]\.\d %, 97\.0 % needed/)
  })

  test('what luck is allowed in all is shared among the looks', () => {
    for (const n of [2, 3, 4, 6]) {
      const looks = Array.from({ length: n - 1 }, (_, i) => 1 - neededAt(n, i + 2))
      expect(looks.reduce((sum, share) => sum + share, 0)).toBeCloseTo(0.05, 12)
      for (const share of looks) expect(share).toBeLessThanOrEqual(0.05 + 1e-12)
    }
  })

  test('a gain below the floor is not kept, whatever σ is', () => {
    const still = estimateNoise([[2, 2]])!
    const base = scores(2, 2)
    expect(judge(measured(2, 0.5), scores(1.5625, 1.5625), base, still).decision).toBe('discard')
    expect(judge(measured(2, 0.5), scores(1.5, 1.5), base, still)).toMatchObject({ decision: 'keep', barBpb: 0.5 })
    expect(judge(measured(2, 0), scores(2, 2), base, still).decision).toBe('discard')
  })

  test('what matters is the difference on the same seeds', () => {
    const known = estimateNoise(Array.from({ length: 9 }, () => [2, 2.014]))!
    const verdict = judge(measured(2), scores(1.9, 2.9), scores(2.3, 3.3), known)
    expect(verdict.decision).toBe('keep')
    expect(verdict.deltaBpb).toBeCloseTo(-0.4, 12)
  })

  test('the bar falls with more repeats and with a better known σ, and rises with drift', () => {
    const bar = (n: number, known: Noise) => judge(measured(n), scores(...Array(n).fill(1.99)), scores(...Array(n).fill(2)), known).barBpb!
    expect(bar(4, noise)).toBeLessThan(bar(3, noise))
    const better = estimateNoise(Array.from({ length: 3 }, () => [1.99, 2.01, 2.0]))!
    expect(bar(3, better)).toBeLessThan(bar(3, noise))
    expect(bar(3, { ...better, driftBpb: 0.05 })).toBeGreaterThan(0.09)
  })

  test('a mistake of the caller is not a verdict', () => {
    expect(() => judge(measured(3), [], incumbent, noise)).toThrow(RangeError)
    expect(() => judge(measured(3), scores(2, 2), scores(2), noise)).toThrow(RangeError)
    expect(() => judge(measured(3), scores(2), incumbent, null)).toThrow(RangeError)
  })
})

describe('shorter programs', () => {
  const incumbent = scores(2, 2, 2)
  // √2·σ/√3 with σ = 0.01 / 0.886
  const error = (Math.SQRT2 * noise.sigmaBpb) / Math.sqrt(3)

  test('equal within a standard error and shorter is kept as simpler; as long, it is not', () => {
    const equal = scores(2.003, 1.999, 2.002)
    expect(judge(measured(3), equal, incumbent, noise, { shorter: true })).toMatchObject({ decision: 'keep', keptAs: 'simpler' })
    expect(judge(measured(3), equal, incumbent, noise).decision).toBe('discard')
    const worse = scores(2 + 1.1 * error, 2 + 1.1 * error, 2 + 1.1 * error)
    expect(judge(measured(3), worse, incumbent, noise, { shorter: true }).decision).toBe('discard')
  })

  test('it takes all seeds, unless it is a clear loser at the first', () => {
    expect(judge(measured(3), scores(2.002), incumbent, noise, { shorter: true }).decision).toBe('more')
    expect(judge(measured(3), scores(2.002, 2), incumbent, noise, { shorter: true }).decision).toBe('more')
    expect(judge(measured(3), scores(2.06), incumbent, noise, { shorter: true }).decision).toBe('discard')
  })

  test('and no worse than anything kept before: small steps down do not add up', () => {
    const slid = scores(...incumbent.map(({ bpb }) => bpb + 0.9 * error))
    const next = scores(...slid.map(({ bpb }) => bpb + 0.5 * error))
    expect(judge(measured(3), next, slid, noise, { shorter: true, kept: [slid] }).decision).toBe('keep')
    expect(judge(measured(3), next, slid, noise, { shorter: true, kept: [incumbent, slid] }).decision).toBe('discard')
  })

  test('a better one is kept as better', () => {
    expect(judge(measured(3), scores(1.8, 1.8), incumbent, noise, { shorter: true })).toMatchObject({ decision: 'keep', keptAs: 'better' })
  })
})

test('plain rule: strictly lower on one seed', () => {
  expect(judge(plain, scores(1.9999), scores(2), null)).toMatchObject({ decision: 'keep', keptAs: 'better', seedsUsed: 1, pBetter: null })
  expect(judge(plain, scores(2), scores(2), null, { shorter: true }).decision).toBe('discard')
  expect(judge(plain, scores(2.1), scores(2), null).decision).toBe('discard')
})

const SIGMA = 0.01

interface Setting {
  labs: number
  proposals: number
  /** of each proposal */
  trueGain: number
  /** the part of the spread that a seed does to every program alike */
  shared?: number
  shorter?: boolean
}

/** Labs of proposals with one true effect; noise is learned as the loop learns it. */
function simulate(rule: KeepRuleSpec, { labs, proposals, trueGain, shared = 0, shorter = false }: Setting) {
  const rng = new Rng(7, `${rule.repeats}/${trueGain}/${shared}`)
  const total = { proposals: 0, keeps: 0, firstKeeps: 0, runs: 0 }
  const mostKept: number[] = []
  const falls: number[] = []
  for (let lab = 0; lab < labs; lab++) {
    const seedEffect = seeds.map(() => SIGMA * Math.sqrt(shared) * rng.normal())
    const run = (mean: number, k: number): SeedScore => ({
      seed: seeds[k],
      bpb: mean + seedEffect[k] + SIGMA * Math.sqrt(1 - shared) * rng.normal(),
    })
    const repeats = rule.kind === 'plain' ? 1 : rule.repeats
    let mean = 2
    let incumbent = seeds.slice(0, repeats).map((_, k) => run(mean, k))
    const kept = [incumbent]
    const groups = [incumbent.map((score) => score.bpb)]
    for (let proposal = 0; proposal < proposals; proposal++) {
      const candidate: SeedScore[] = []
      let verdict: Verdict
      do {
        candidate.push(run(mean - trueGain, candidate.length))
        total.runs++
        if (candidate.length > incumbent.length) {
          incumbent.push(run(mean, incumbent.length))
          total.runs++
        }
        verdict = decide(rule, seeds, { candidate, incumbent, kept, shorter }, estimateNoise(groups), 400)
      } while (verdict.decision === 'more')
      total.proposals++
      if (candidate.length > 1) groups.push(candidate.map((score) => score.bpb))
      if (verdict.decision !== 'keep') continue
      total.keeps++
      if (proposal === 0) total.firstKeeps++
      mean -= trueGain
      incumbent = candidate
      kept.push(candidate)
    }
    mostKept.push(kept.length - 1)
    falls.push(mean - 2)
  }
  const descending = (values: number[]) => values.sort((a, b) => b - a)
  return {
    falseKeeps: total.keeps / total.proposals,
    firstKeeps: total.firstKeeps / labs,
    runsPerProposal: total.runs / total.proposals,
    /** of 100 labs all but one keep at most so many */
    mostKept: descending(mostKept)[Math.ceil(labs / 100)],
    /** true loss at the end, bits per byte: the worst lab's, and the mean */
    worstFall: descending(falls)[0],
    meanFall: falls.reduce((sum, fall) => sum + fall, 0) / labs,
  }
}

describe('simulated labs', () => {
  test('no-op changes: at most 5 % kept right after the baseline, under 2 % over ten, and most cost one run', () => {
    for (const repeats of [2, 3, 4]) {
      for (const shared of [0, 0.5]) {
        const seen = simulate(measured(repeats), { labs: 600, proposals: 10, trueGain: 0, shared })
        expect(seen.falseKeeps, `repeats ${repeats}, shared ${shared}`).toBeLessThan(0.02)
        // 5 % and what 600 labs can stray from it
        expect(seen.firstKeeps, `first, repeats ${repeats}, shared ${shared}`).toBeLessThanOrEqual(0.065)
        expect(seen.runsPerProposal).toBeLessThan(1.7)
      }
    }
  })

  test('a hundred no-op changes: at most five are kept, in 99 labs of 100 at most two', () => {
    const seen = simulate(measured(3), { labs: 100, proposals: 100, trueGain: 0 })
    expect(seen.mostKept).toBeLessThanOrEqual(2)
    expect(seen.falseKeeps).toBeLessThan(0.01)
  })

  test('the plain rule keeps luck', () => {
    expect(simulate(plain, { labs: 2000, proposals: 10, trueGain: 0 }).falseKeeps).toBeGreaterThan(0.15)
  })

  test('real gains are found: six σ right after the baseline, with three repeats', () => {
    expect(simulate(measured(3), { labs: 500, proposals: 1, trueGain: 0.06 }).firstKeeps).toBeGreaterThan(0.9)
  })

  test('harmful changes cost one run', () => {
    const seen = simulate(measured(3), { labs: 300, proposals: 10, trueGain: -0.03 })
    expect(seen.falseKeeps).toBeLessThan(0.002)
    expect(seen.runsPerProposal).toBeLessThan(1.03)
  })

  test('two hundred shorter programs, each a little worse: the loss stays within the noise and does not grow with their number', () => {
    for (const trueGain of [0, -0.002, -0.005]) {
      const few = simulate(measured(3), { labs: 24, proposals: 50, trueGain, shorter: true })
      const many = simulate(measured(3), { labs: 24, proposals: 200, trueGain, shorter: true })
      expect(few.falseKeeps).toBeGreaterThan(0)
      // all of them kept would be a loss of 0.4 or 1 bit; a standard error of a comparison is 0.008
      expect(many.worstFall, `each worse by ${-trueGain}`).toBeLessThan(3 * SIGMA)
      expect(many.meanFall - few.meanFall, `each worse by ${-trueGain}`).toBeLessThan(SIGMA)
    }
  })
})
