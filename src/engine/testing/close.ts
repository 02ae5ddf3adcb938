// Comparison of what a kernel computed with what the reference says.

export interface Tolerance {
  atol: number
  rtol: number
  /** what the inputs were drawn from, to repeat a failure */
  seed: number | string
  name: string
}

/**
 * Fails unless |actual − expected| <= atol + rtol·|expected| everywhere (NaN and Inf never pass).
 * The message names the worst index, both values and the seed.
 */
export function assertClose(actual: Float32Array, expected: ArrayLike<number>, { atol, rtol, seed, name }: Tolerance): void {
  if (actual.length !== expected.length) {
    throw new Error(`${name}: ${actual.length} values, expected ${expected.length} (seed ${seed})`)
  }
  let worst = -1
  let excess = 1
  for (let i = 0; i < actual.length && excess < Infinity; i++) {
    const ratio = Math.abs(actual[i] - expected[i]) / (atol + rtol * Math.abs(expected[i]))
    // 0 / 0: both exactly alike where nothing may differ
    const exceeds = actual[i] === expected[i] ? 0 : Number.isFinite(ratio) ? ratio : Infinity
    if (!Number.isFinite(actual[i]) || exceeds > excess) {
      worst = i
      excess = Number.isFinite(actual[i]) ? exceeds : Infinity
    }
  }
  if (worst < 0) return
  const values = `got ${actual[worst]}, expected ${expected[worst]}`
  throw new Error(`${name}: worst at [${worst}] of ${actual.length}: ${values}, atol ${atol}, rtol ${rtol}, seed ${seed}`)
}
