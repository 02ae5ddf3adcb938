import { describe, expect, test } from 'vitest'
import { Rng } from '../core/rng'
import { estimateNoise, normalQuantile, studentQuantile } from './noise'

describe('estimateNoise', () => {
  test('two repeats by hand: s = |a − b|/√2, corrected by 1/√(2/π)', () => {
    const noise = estimateNoise([[2.0, 2.02]])
    expect(noise?.freedom).toBe(1)
    expect(noise?.pooledBpb).toBeCloseTo(0.02 / Math.SQRT2, 12)
    expect(noise?.sigmaBpb).toBeCloseTo((0.02 / Math.SQRT2) * Math.sqrt(Math.PI / 2), 12)
  })

  test('pools groups about their own means', () => {
    const noise = estimateNoise([[1, 3], [10, 10, 13], [7]])
    // squares: 2 + 6; freedom 1 + 2
    expect(noise?.freedom).toBe(3)
    expect(noise?.pooledBpb).toBeCloseTo(Math.sqrt(8 / 3), 12)
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
        plain += noise!.pooledBpb / trials
      }
      expect(corrected).toBeCloseTo(0.01, 3)
      expect(Math.abs(corrected - 0.01)).toBeLessThan(0.0002)
      expect(plain).toBeLessThan(0.0096)
    }
  })
})

describe('quantiles', () => {
  test('normal, against tables', () => {
    expect(normalQuantile(0.15)).toBeCloseTo(1.0364, 2)
    expect(normalQuantile(0.05)).toBeCloseTo(1.6449, 2)
    expect(normalQuantile(0.01)).toBeCloseTo(2.3263, 2)
  })

  test('Student, against tables', () => {
    const table: [number, number, number][] = [
      [0.05, 1, 6.3138], [0.05, 2, 2.92], [0.05, 3, 2.3534], [0.05, 5, 2.015], [0.05, 30, 1.6973],
      [0.01, 1, 31.8205], [0.01, 2, 6.9646], [0.01, 3, 4.5407], [0.01, 10, 2.7638],
      [0.025, 4, 2.7764],
    ] // prettier-ignore
    for (const [tail, freedom, value] of table) {
      expect(Math.abs(studentQuantile(tail, freedom) / value - 1), `t(${tail}, ${freedom})`).toBeLessThan(0.01)
    }
  })
})
