import { describe, expect, test } from 'vitest'
import { Rng } from '../../core/rng'
import { pairedTest, signedRank, signTest } from './paired'

describe('paired tests', () => {
  test('five wins of five: 1/32 one-sided, 1/16 two-sided', () => {
    expect(signedRank([-1, -2, -3, -4, -5])).toEqual({ pTwoSided: 0.0625, pALower: 0.03125, pBLower: 1 })
    expect(signTest([-1, -2, -3, -4, -5])).toBe(0.0625)
  })

  test('a sample whose exact p is in print', () => {
    // Darwin's maize in Fisher, The Design of Experiments: differences in eighths of an inch, T⁻ = 24, p = 0.04126
    const darwin = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    expect(signedRank(darwin).pTwoSided).toBeCloseTo(0.04126, 5)
    expect(signTest(darwin)).toBeCloseTo(0.007385, 6)
    // one of a few: ranks 1 of 10 against, (1 + 1) / 16 one-sided
    expect(signedRank([-4, -3, -2, 1]).pALower).toBe(0.125)
  })

  test('ties and zeros, against all ways of giving signs', () => {
    const rng = new Rng(5, 'ties')
    for (let round = 0; round < 20; round++) {
      const differences = Array.from({ length: 7 }, () => rng.int(7) - 3)
      const kept = differences.filter((d) => d !== 0)
      const sizes = kept.map(Math.abs)
      const ranks = sizes.map((a) => sizes.filter((b) => b < a).length + (sizes.filter((b) => b === a).length + 1) / 2)
      const sum = (isPositive: (i: number) => boolean) => ranks.reduce((total, rank, i) => total + (isPositive(i) ? rank : 0), 0)
      const seen = sum((i) => kept[i] > 0)
      let below = 0
      for (let signs = 0; signs < 2 ** kept.length; signs++) below += Number(sum((i) => ((signs >> i) & 1) === 1) <= seen)
      expect(signedRank(differences).pALower).toBeCloseTo(below / 2 ** kept.length, 12)
    }
  })

  test('under the null hypothesis p is not too small too often', () => {
    const rng = new Rng(1, 'null')
    let small = 0
    for (let i = 0; i < 2000; i++) small += Number(signedRank(Array.from({ length: 8 }, () => rng.normal())).pTwoSided! <= 0.05)
    expect(small / 2000).toBeGreaterThan(0.02)
    expect(small / 2000).toBeLessThan(0.05)
  })

  test('wins, the mean difference and its interval; too little says nothing', () => {
    const found = pairedTest([[1, 1.1], [1.2, 1.1], [1, 1.2], [0.9, 1]]) // prettier-ignore
    expect(found).toMatchObject({ pairs: 4, winsA: 3, winsB: 1 })
    expect(found.meanDifference).toBeCloseTo(-0.075, 12)
    expect(found.low).toBeLessThan(-0.1)
    expect(found.high).toBeGreaterThan(-0.05)
    expect(pairedTest([[1, 1]])).toMatchObject({ meanDifference: null, low: null, pTwoSided: null, pSign: null })
    expect(pairedTest([])).toMatchObject({ pairs: 0, pTwoSided: null })
  })
})
