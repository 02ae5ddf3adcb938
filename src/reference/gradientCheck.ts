// Central differences: the one judge of every backward pass in this folder.

import type { Rng } from '../core/rng'

/**
 * Numeric gradient of a scalar function.
 * dX[i] ≈ (f(x + h·e_i) − f(x − h·e_i)) / 2h
 * @param f scalar function that reads x's current contents
 * @param x point; changed while running, restored before returning
 * @param h step; 1e-5 balances truncation (h²) against rounding (1e-16/h) in float64
 * @returns dX of x's length, new
 */
export function finiteDifference(f: () => number, x: Float64Array, h = 1e-5): Float64Array {
  const dX = new Float64Array(x.length)
  for (let i = 0; i < x.length; i++) {
    const kept = x[i]
    x[i] = kept + h
    const above = f()
    x[i] = kept - h
    const below = f()
    x[i] = kept
    dX[i] = (above - below) / (2 * h)
  }
  return dX
}

/**
 * Worst relative disagreement of two gradients.
 * max_i |a_i − n_i| / max(|a_i|, |n_i|, 0.1·max_j |n_j|)
 * The last term keeps elements that are nearly zero from being judged by their rounding noise.
 * @returns 0 if both are all zero, Infinity if lengths differ or anything is not finite
 */
export function worstRelativeError(analytic: Float64Array, numeric: Float64Array): number {
  if (analytic.length !== numeric.length) return Infinity
  let largest = 0
  for (const value of numeric) largest = Math.max(largest, Math.abs(value))
  let worst = 0
  for (let i = 0; i < numeric.length; i++) {
    const difference = Math.abs(analytic[i] - numeric[i])
    if (difference === 0) continue
    const scale = Math.max(Math.abs(analytic[i]), Math.abs(numeric[i]), 0.1 * largest)
    const error = difference / scale
    if (!(error <= worst)) worst = Number.isFinite(error) ? error : Infinity
  }
  return worst
}

/** Σ_i weights_i·values_i: turns a tensor into the scalar whose gradient is `weights`. */
function weightedSum(values: Float64Array, weights: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] * weights[i]
  return sum
}

/** `count` standard normal numbers. */
export function normalArray(rng: Rng, count: number): Float64Array {
  return Float64Array.from({ length: count }, () => rng.normal())
}

/**
 * Worst relative error of a backward pass, over one of the op's inputs.
 * Probes f(x) = Σ dOut·forward(), so the gradient must equal backward(dOut).
 * @param x the input to move; `forward` must read it
 */
export function gradientError(
  forward: () => Float64Array,
  dOut: Float64Array,
  x: Float64Array,
  analytic: Float64Array,
): number {
  return worstRelativeError(analytic, finiteDifference(() => weightedSum(forward(), dOut), x))
}
