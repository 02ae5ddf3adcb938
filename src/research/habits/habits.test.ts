import { describe, expect, test } from 'vitest'
import { Rng } from '../../core/rng'
import { attempt, BASELINE } from '../memory/testing'
import { importanceOf } from './importance'
import { researchReport } from './report'

const says = (number: number, delta: number | null, expectedProbability: number | null, change = {}) =>
  attempt(number, { LR: 0.02 + number / 1000 }, delta, { expectedProbability, expectedDelta: -0.01, ...change })

describe('habits', () => {
  test('Brier score, its base rate, bins and pairs, against numbers worked out by hand', () => {
    // 0.8 kept, 0.8 discarded, 0.1 discarded, 1 failed: (0.04 + 0.64 + 0.01 + 1) / 4
    const rows = [BASELINE, says(1, -0.02, 0.8), says(2, 0.01, 0.8), says(3, 0.02, 0.1), says(4, null, 1), says(5, 0.01, null)]
    const [all, ...others] = researchReport(rows).calibrations
    expect(others).toEqual([])
    expect(all).toMatchObject({ proposer: 'random', count: 4, keeps: 1, baseBrier: 0.1875 })
    expect(all.brier).toBeCloseTo(0.4225, 12)
    expect(all.bins).toEqual([
      { forecast: 0.1, kept: 0, count: 1 },
      { forecast: 0.8, kept: 0.5, count: 2 },
      { forecast: 1, kept: 0, count: 1 },
    ])
    expect(all.deltas).toEqual([
      { number: 1, expected: -0.01, actual: -0.02 },
      { number: 2, expected: -0.01, actual: 0.01 },
      { number: 3, expected: -0.01, actual: 0.02 },
      { number: 5, expected: -0.01, actual: 0.01 },
    ])
  })

  test('proposers apart; cut-off rows and repetitions are held against nobody', () => {
    const error = { name: 'LabError' as const, code: 'lab.state' as const, message: '', hint: '', data: {} }
    const rows = [
      BASELINE,
      says(1, -0.02, 0.5, { proposer: 'tpe' }),
      says(2, 0.02, 0.5, { proposer: 'model' }),
      says(3, 0.02, 0.5, { proposer: 'model', guidance: { mode: 'combine', reason: '', orders: [] } }),
      says(4, null, 0.5, { proposer: 'model', status: 'crash', error }),
      says(5, null, 0.5, { proposer: 'model', error: { ...error, code: 'program.duplicate' } }),
    ]
    const report = researchReport(rows)
    expect(report.calibrations.map(({ proposer, count }) => [proposer, count])).toEqual([['model', 2], ['tpe', 1]]) // prettier-ignore
    expect(report.coverage[0]).toEqual({ category: 'lr', tries: 3, keeps: 1, failures: 0 })
    expect(report.coverage).toContainEqual({ category: 'attention', tries: 0, keeps: 0, failures: 0 })
    expect(report.mode).toBe('combine')
  })

  test('an empty record gives an empty report', () => {
    expect(researchReport([])).toMatchObject({ calibrations: [], importance: { rows: 0, explained: null, knobs: [] }, mode: null })
  })
})

describe('importance of knobs', () => {
  /** A bowl in LR, a step in ACTIVATION, an interaction of WIDTH and DEPTH; NOISE does nothing. */
  const row = (number: number, rng: Rng, sigma: number, flat = false) => {
    const knobs = { LR: 10 ** (-3 + 2 * rng.uniform()), WIDTH: 32 + rng.int(97), DEPTH: 1 + rng.int(8), ACTIVATION: rng.pick(['relu', 'gelu']), NOISE: rng.uniform() }
    const effect = 0.08 * (Math.log10(knobs.LR) + 2) ** 2 + (knobs.ACTIVATION === 'gelu' ? 0.02 : 0) + (knobs.WIDTH > 80 && knobs.DEPTH > 4 ? 0.04 : 0)
    return attempt(number, knobs, (flat ? 0 : effect) + sigma * rng.normal())
  }
  const record = (count: number, seed: number, sigma: number, flat = false) => {
    const rng = new Rng(seed, 'importance')
    return [BASELINE, ...Array.from({ length: count }, (_, i) => row(i + 1, rng, sigma, flat))]
  }

  test('what matters is told from what does not', () => {
    for (const seed of [1, 2, 3]) {
      const { rows, explained, knobs } = importanceOf(record(120, seed, 0.003))
      expect(rows).toBe(121)
      expect(explained).toBeGreaterThan(0.5)
      const share = (name: string) => knobs.find((knob) => knob.name === name)?.share ?? 0
      expect(knobs[0].name).toBe('LR')
      for (const name of ['ACTIVATION', 'WIDTH', 'DEPTH']) expect(share(name), name).toBeGreaterThan(share('NOISE'))
      expect(share('NOISE')).toBeLessThan(0.05)
    }
  })

  test('noise alone and too few rows name no knob', () => {
    for (const seed of [1, 2, 3, 4]) expect(importanceOf(record(60, seed, 0.01, true)).knobs).toEqual([])
    expect(importanceOf(record(18, 1, 0.003))).toEqual({ rows: 19, explained: null, knobs: [] })
  })
})
