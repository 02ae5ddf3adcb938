// How much the score moves when nothing but the seed changes. Measured on this machine, with this budget,
// before anything is compared; every program that is later run on several seeds sharpens the estimate.

/** What repeats of unchanged programs say about the spread of one score. */
export interface Noise {
  /** standard deviation of one score across seeds, bits per byte, corrected for the small sample */
  sigmaBpb: number
  /** root of the pooled variance, uncorrected: what Student's t is calibrated for */
  pooledBpb: number
  /** degrees of freedom behind it: repeats minus one, summed over programs */
  freedom: number
}

/**
 * Pools the spread of repeated scores: s² = Σ_g Σ_i (x_gi − x̄_g)² / ν, ν = Σ_g (n_g − 1), one group per program.
 * Small samples: E[s] = c4·σ < σ, so `sigmaBpb` = s / c4(ν) with c4(ν) = √(2/ν)·Γ((ν+1)/2)/Γ(ν/2) — 25 % more at
 * ν = 1, 13 % at ν = 2. A decision uses `pooledBpb` with Student's t at ν, which carries the same doubt exactly.
 * @param groups scores in bits per byte; groups of fewer than two say nothing and are passed over
 * @returns null when no group has two scores
 */
export function estimateNoise(groups: readonly (readonly number[])[]): Noise | null {
  let squares = 0
  let freedom = 0
  for (const scores of groups) {
    if (scores.length < 2) continue
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
    for (const score of scores) squares += (score - mean) ** 2
    freedom += scores.length - 1
  }
  if (freedom === 0) return null
  const pooledBpb = Math.sqrt(squares / freedom)
  return { sigmaBpb: pooledBpb / c4(freedom), pooledBpb, freedom }
}

/** Expected s/σ for ν degrees of freedom, built up by c4(ν)·c4(ν+1) = √(ν/(ν+1)) from c4(1) = √(2/π). */
function c4(freedom: number): number {
  let value = Math.sqrt(2 / Math.PI)
  for (let v = 1; v < freedom; v++) value = Math.sqrt(v / (v + 1)) / value
  return value
}

/**
 * Quantile of Student's t: the gain, in standard errors, that noise alone exceeds with probability `tail`.
 * Exact for 1 and 2 degrees of freedom; beyond, the Cornish–Fisher expansion (Abramowitz & Stegun 26.7.5),
 * within 1 % for tails of 1 % and more.
 * @param tail upper tail probability, 0 < tail < 0.5
 */
export function studentQuantile(tail: number, freedom: number): number {
  const p = 1 - tail
  if (freedom === 1) return Math.tan(Math.PI * (p - 0.5))
  if (freedom === 2) return (2 * p - 1) / Math.sqrt(2 * p * tail)
  const z = normalQuantile(tail)
  const z2 = z * z
  const g1 = (z * (z2 + 1)) / 4
  const g2 = (z * ((5 * z2 + 16) * z2 + 3)) / 96
  const g3 = (z * (((3 * z2 + 19) * z2 + 17) * z2 - 15)) / 384
  const g4 = (z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945)) / 92160
  const u = 1 / freedom
  return z + u * (g1 + u * (g2 + u * (g3 + u * g4)))
}

/** Upper quantile of the standard normal, |error| < 4.5e-4 (Abramowitz & Stegun 26.2.23). */
export function normalQuantile(tail: number): number {
  const t = Math.sqrt(-2 * Math.log(tail))
  return t - ((0.010328 * t + 0.802853) * t + 2.515517) / (((0.001308 * t + 0.189269) * t + 1.432788) * t + 1)
}
