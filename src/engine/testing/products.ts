// Matrix products for tests of both backends' kernels: awkward sizes, operands laid out as asked, and the oracle's result.

import type { Rng } from '../../core/rng'
import { linearForward } from '../../reference/linear'

/** Vectors with tails on every side, whole tiles, odd sides: M, N, K. */
export const SIZES: readonly [M: number, N: number, K: number][] = [
  [1, 1, 1], [3, 5, 7], [4, 4, 4], [4, 8, 4], [17, 12, 8], [16, 260, 20], [65, 33, 31], [68, 132, 36], [128, 96, 64],
] // prettier-ignore

/**
 * Normal operands and their product in float64.
 * @param scale of A
 * @returns a: op(A) [M,K] and b: op(B) [K,N] as the orientation has them in memory; expected [M,N]
 */
export function operands(orient: 'NN' | 'NT' | 'TN', M: number, N: number, K: number, rng: Rng, scale = 1) {
  const a = Float32Array.from({ length: M * K }, () => scale * rng.normal())
  const bT = Float32Array.from({ length: N * K }, () => rng.normal())
  const flip = (x: Float32Array, rows: number, cols: number) =>
    Float32Array.from({ length: rows * cols }, (_, i) => x[(i % rows) * cols + Math.floor(i / rows)])
  const expected = linearForward(Float64Array.from(a), Float64Array.from(bT), null, { M, K, N })
  return { a: orient === 'TN' ? flip(a, M, K) : a, b: orient === 'NT' ? bT : flip(bT, N, K), expected }
}

/** Sums of K products in another order than the oracle's: the error grows with √K. */
export function tolerance(K: number, scale = 1): { atol: number; rtol: number } {
  return { atol: 1e-5 * Math.sqrt(K) * scale, rtol: 1e-4 }
}
