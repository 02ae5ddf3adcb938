import { describe, expect, test } from 'vitest'
import { Rng } from '../core/rng'
import { DRAWS, estimateNoise, luckOf, quantileOf, shareBelow } from './noise'

describe('estimateNoise', () => {
  test('two repeats by hand: s = |a − b|/√2, corrected by 1/√(2/π)', () => {
    const noise = estimateNoise([[2.0, 2.02]])
    expect(noise?.freedom).toBe(1)
    expect(noise?.residuals.map(Math.abs)).toEqual([expect.closeTo(0.02 / Math.SQRT2, 12), expect.closeTo(0.02 / Math.SQRT2, 12)])
    expect(noise?.sigmaBpb).toBeCloseTo((0.02 / Math.SQRT2) * Math.sqrt(Math.PI / 2), 12)
  })

  test('pools groups about their own means', () => {
    const noise = estimateNoise([[1, 3], [10, 10, 13], [7]])
    // squares: 2 + 6; freedom 1 + 2
    expect(noise?.freedom).toBe(3)
    const meanSquare = noise!.residuals.reduce((sum, e) => sum + e * e, 0) / noise!.residuals.length
    expect(meanSquare).toBeCloseTo(8 / 3, 12)
  })

  test('says nothing without repeats', () => {
    expect(estimateNoise([])).toBeNull()
    expect(estimateNoise([[2.1], [2.2]])).toBeNull()
  })

  test('the corrected estimate is unbiased where the plain one is low', () => {
    for (const n of [2, 3, 5]) {
      const rng = new Rng(n, 'noise')
      let corrected = 0
      let plain = 0
      const trials = 20_000
      for (let i = 0; i < trials; i++) {
        const noise = estimateNoise([Array.from({ length: n }, () => 2 + 0.01 * rng.normal())])
        corrected += noise!.sigmaBpb / trials
        plain += Math.abs(noise!.residuals.length === 0 ? 0 : Math.hypot(...noise!.residuals) / Math.sqrt(n)) / trials
      }
      expect(corrected).toBeCloseTo(0.01, 3)
      expect(Math.abs(corrected - 0.01)).toBeLessThan(0.0002)
      expect(plain).toBeLessThan(0.0096)
    }
  })
})

describe('luck', () => {
  const noise = estimateNoise([[2.0, 2.013, 1.991]])!

  test('is the same for the same noise, ascending, and as wide to both sides', () => {
    const luck = luckOf(noise, 2)
    expect([...luck.subarray(0, 9)]).toEqual([...luckOf(noise, 2).subarray(0, 9)])
    expect(luck.length).toBe(DRAWS)
    expect(luck.every((gain, i) => i === 0 || gain >= luck[i - 1])).toBe(true)
    // the same residuals on both sides give no difference: as many draws lie above that as below
    const above = 1 - shareBelow(luck, 1e-12)
    expect(above).toBeCloseTo(shareBelow(luck, -1e-12), 1)
    expect(shareBelow(luck, 0)).toBeCloseTo(shareBelow(luck, -1e-12), 12)
    expect(shareBelow(luck, -1)).toBeLessThan(0.01)
    expect(shareBelow(luck, 1)).toBeGreaterThan(0.99)
  })

  test('quantile and share are each other’s inverse', () => {
    const luck = luckOf(noise, 3)
    for (const share of [0.2, 0.95, 0.97, 0.99]) expect(shareBelow(luck, quantileOf(luck, share))).toBeCloseTo(share, 3)
  })

  test('with many repeats it comes to the normal distribution of a mean of k differences', () => {
    const rng = new Rng(2, 'many')
    const many = estimateNoise(Array.from({ length: 60 }, () => Array.from({ length: 4 }, () => 2 + 0.01 * rng.normal())))!
    for (const k of [1, 3]) {
      const luck = luckOf(many, k)
      const error = (Math.SQRT2 * many.sigmaBpb) / Math.sqrt(k)
      for (const [share, z] of [[0.9, 1.282], [0.975, 1.96], [0.99, 2.326]]) {
        expect(quantileOf(luck, share) / (z * error), `${share} of ${k}`).toBeGreaterThan(0.93)
        expect(quantileOf(luck, share) / (z * error), `${share} of ${k}`).toBeLessThan(1.07)
      }
    }
  })

  test('with few it is far wider than the repeats themselves, as Student’s t is: t(2 degrees, 5 %) = 2.92', () => {
    const samples = Array.from({ length: 300 }, (_, i) => {
      const rng = new Rng(i, 'few')
      const few = estimateNoise([Array.from({ length: 3 }, () => rng.normal())])!
      const s = few.sigmaBpb * 0.8862 // uncorrected
      return quantileOf(luckOf(few, 3, 2000), 0.95) / (s * Math.sqrt(2 / 3))
    })
    const typical = samples.sort((a, b) => a - b)[150]
    expect(typical).toBeGreaterThan(2.5)
    expect(typical).toBeLessThan(3.3)
  })

  test('drift is not averaged out by more seeds', () => {
    const still = { ...noise, residuals: [0, 0], driftBpb: 0.02 }
    for (const k of [1, 3]) expect(quantileOf(luckOf(still, k), 0.975)).toBeCloseTo(0.0392, 3)
    expect(estimateNoise([[2, 2.02]], [0.03, -0.04])!.driftBpb).toBeCloseTo(Math.sqrt(0.00125), 12)
  })
})
