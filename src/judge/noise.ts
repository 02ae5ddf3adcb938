// How much the score moves when nothing but the seed changes. Measured on this machine, with this budget,
// before anything is compared; every program that is later run on several seeds sharpens the estimate.

import { Rng } from '../core/rng'

/** What repeats of unchanged programs say about the spread of one score. */
export interface Noise {
  /** standard deviation of one score across seeds, bits per byte, corrected for the small sample */
  sigmaBpb: number
  /** degrees of freedom behind it: repeats minus one, summed over programs */
  freedom: number
  /** every repeated score less the mean of its program, scaled so that their mean square is the pooled variance */
  residuals: readonly number[]
  /** root mean square of what the same program and seed scored otherwise later on; 0 where nothing was measured again */
  driftBpb: number
}

/** Resamples of a bootstrap. */
export const DRAWS = 20_000
/** degrees of freedom up to which χ² is drawn as a sum of squares */
const FEW = 30

/**
 * Pools the spread of repeated scores: s² = Σ_g Σ_i (x_gi − x̄_g)² / ν, ν = Σ_g (n_g − 1), one group per program.
 * Small samples: E[s] = c4·σ < σ, so `sigmaBpb` = s / c4(ν) with c4(ν) = √(2/ν)·Γ((ν+1)/2)/Γ(ν/2) — 25 % more at
 * ν = 1, 13 % at ν = 2.
 * @param groups scores in bits per byte; groups of fewer than two say nothing and are passed over
 * @param drifts what programs scored later less what they had scored on the same seed
 * @returns null when no group has two scores
 */
export function estimateNoise(groups: readonly (readonly number[])[], drifts: readonly number[] = []): Noise | null {
  let squares = 0
  let freedom = 0
  const centred: number[] = []
  for (const scores of groups) {
    if (scores.length < 2) continue
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
    for (const score of scores) {
      squares += (score - mean) ** 2
      centred.push((score - mean) * Math.sqrt(scores.length / (scores.length - 1)))
    }
    freedom += scores.length - 1
  }
  if (freedom === 0) return null
  const pooled = Math.sqrt(squares / freedom)
  const spread = rootMeanSquare(centred)
  const residuals = spread === 0 ? centred : centred.map((e) => (e * pooled) / spread)
  return { sigmaBpb: pooled / c4(freedom), freedom, residuals, driftBpb: rootMeanSquare(drifts) }
}

/**
 * What the mean gain over k paired seeds would be, again and again, if nothing had changed: a bootstrap of the
 * residuals. Each draw is the mean of k differences of two residuals, stretched by √(ν/χ²_ν) for the doubt about σ
 * itself (three repeats do not tell the tail of the noise), plus the drift, which k seeds do not average out.
 * Two scores on one seed are drawn as if the seed had nothing in common: that errs on the strict side.
 * The same noise gives the same draws.
 * @returns bits per byte, ascending
 */
export function luckOf({ residuals, freedom, driftBpb }: Noise, k: number, draws = DRAWS): Float64Array {
  const rng = new Rng(k, 'bootstrap')
  const gains = new Float64Array(draws)
  for (let i = 0; i < draws; i++) {
    let sum = 0
    for (let pair = 0; pair < k; pair++) sum += rng.pick(residuals) - rng.pick(residuals)
    gains[i] = sum / k / Math.sqrt(chiSquaredOver(rng, freedom))
    if (driftBpb > 0) gains[i] += driftBpb * rng.normal()
  }
  return gains.sort()
}

/** The share of draws below a gain: how likely the gain is no luck. */
export function shareBelow(sorted: Float64Array, gain: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] < gain) low = middle + 1
    else high = middle
  }
  return low / sorted.length
}

/** The least gain of which `shareBelow` says at least `share`, as near as the draws tell. */
export function quantileOf(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length))]
}

/** χ²_ν / ν; for many degrees of freedom by Wilson and Hilferty's cube. */
function chiSquaredOver(rng: Rng, freedom: number): number {
  if (freedom > FEW) {
    const u = 2 / (9 * freedom)
    return (1 - u + rng.normal() * Math.sqrt(u)) ** 3
  }
  let sum = 0
  for (let i = 0; i < freedom; i++) sum += rng.normal() ** 2
  return sum / freedom
}

function rootMeanSquare(values: readonly number[]): number {
  return values.length === 0 ? 0 : Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
}

/** Expected s/σ for ν degrees of freedom, built up by c4(ν)·c4(ν+1) = √(ν/(ν+1)) from c4(1) = √(2/π). */
function c4(freedom: number): number {
  let value = Math.sqrt(2 / Math.PI)
  for (let v = 1; v < freedom; v++) value = Math.sqrt(v / (v + 1)) / value
  return value
}
