// Which of two is lower, from pairs that share a seed: exact tests, because pairs are few.

import { Rng } from '../../core/rng'

/** a − b over pairs; negative is better for a. */
export interface PairedTest {
  pairs: number
  winsA: number
  winsB: number
  /** mean of a − b, and the middle 95 % of its bootstrap; null below two pairs */
  meanDifference: number | null
  low: number | null
  high: number | null
  /** signed-rank test: that they differ, that a is lower, that b is lower; null without a pair that differs */
  pTwoSided: number | null
  pALower: number | null
  pBLower: number | null
  /** sign test, two-sided */
  pSign: number | null
}

const DRAWS = 10_000

/** Every test at once. @param pairs scores of a and b on the same seed, lower is better */
export function pairedTest(pairs: readonly (readonly [a: number, b: number])[]): PairedTest {
  const differences = pairs.map(([a, b]) => a - b)
  const isEnough = pairs.length >= 2
  const [low, high] = isEnough ? bootstrapMean(differences) : [null, null]
  return {
    pairs: pairs.length,
    winsA: differences.filter((difference) => difference < 0).length,
    winsB: differences.filter((difference) => difference > 0).length,
    meanDifference: isEnough ? meanOf(differences) : null,
    low,
    high,
    ...signedRank(differences),
    pSign: signTest(differences),
  }
}

/**
 * Wilcoxon's signed-rank test, exact: T⁺, the sum of the ranks of positive differences, against all 2ⁿ ways of giving
 * signs to the ranks. Differences of zero are left out and ties share their mean rank; the distribution is that of the
 * ranks at hand, so it stays exact.
 * @returns two-sided p (twice the smaller side, at most 1) and both one-sided; null where nothing differs
 * Source: Wilcoxon 1945, Biometrics Bulletin 1(6); checked against published tables and SciPy's exact method.
 */
export function signedRank(differences: readonly number[]): Pick<PairedTest, 'pTwoSided' | 'pALower' | 'pBLower'> {
  const nonzero = differences.filter((difference) => difference !== 0)
  if (nonzero.length === 0) return { pTwoSided: null, pALower: null, pBLower: null }
  const ranks = doubledRanks(nonzero.map(Math.abs))
  const positive = ranks.reduce((sum, rank, i) => sum + (nonzero[i] > 0 ? rank : 0), 0)
  // chances[s]: that the positive ranks, doubled to be whole, sum to s
  let chances = [1]
  for (const rank of ranks) {
    const next = Array.from({ length: chances.length + rank }, () => 0)
    for (const [sum, chance] of chances.entries()) {
      next[sum] += chance / 2
      next[sum + rank] += chance / 2
    }
    chances = next
  }
  const total = (from: number, to: number) => Math.min(1, chances.slice(from, to).reduce((sum, chance) => sum + chance, 0))
  const pALower = total(0, positive + 1)
  const pBLower = total(positive, chances.length)
  return { pTwoSided: Math.min(1, 2 * Math.min(pALower, pBLower)), pALower, pBLower }
}

/** Twice the rank of each value among all, ties at their mean. */
function doubledRanks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length
    const equal = values.filter((other) => other === value).length
    return 2 * below + equal + 1
  })
}

/** Two-sided sign test: wins against a fair coin; pairs without a difference are left out. Null where nothing differs. */
export function signTest(differences: readonly number[]): number | null {
  const wins = differences.filter((difference) => difference < 0).length
  const n = wins + differences.filter((difference) => difference > 0).length
  if (n === 0) return null
  const least = Math.min(wins, n - wins)
  let chance = 0.5 ** n
  let tail = chance
  for (let k = 1; k <= least; k++) {
    chance *= (n - k + 1) / k
    tail += chance
  }
  return Math.min(1, 2 * tail)
}

/** The middle 95 % of the means of resamples; with few pairs it is narrower than it should be. Always the same draws. */
function bootstrapMean(values: readonly number[]): [low: number, high: number] {
  const rng = new Rng(values.length, 'duel')
  const means = new Float64Array(DRAWS)
  for (let i = 0; i < DRAWS; i++) {
    let sum = 0
    for (let k = 0; k < values.length; k++) sum += rng.pick(values)
    means[i] = sum / values.length
  }
  means.sort()
  return [means[Math.round(0.025 * (DRAWS - 1))], means[Math.round(0.975 * (DRAWS - 1))]]
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
