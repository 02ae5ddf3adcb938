// The space that the samplers of this folder work in: every number lies on 0 … 1, every choice is an index.
// What a place means (a learning rate, a width) is the caller's business, so they can be tried on known functions.

import type { Rng } from '../../../core/rng'

export interface Dimension {
  name: string
  /** of a choice: how many options; null for a number */
  options: number | null
  /** of a number: how many evenly spaced places there are (whole numbers, powers of two); null where all are */
  levels: number | null
}

/** One coordinate a dimension; NaN where the dimension plays no part. */
export type Point = number[]

export interface Space {
  dimensions: readonly Dimension[]
  /** The point with NaN wherever the rest of it leaves a dimension no part. Absent: all always play one. */
  mask?: (point: Point) => Point
}

/** A point that was tried and its value, lower is better; null where it failed. */
export interface Told {
  point: Point
  value: number | null
}

/** The nearest place that the dimension has. */
export function snap({ options, levels }: Dimension, place: number): number {
  if (options !== null || Number.isNaN(place)) return place
  const inside = Math.min(1, Math.max(0, place))
  return levels === null ? inside : levels < 2 ? 0 : Math.round(inside * (levels - 1)) / (levels - 1)
}

/** A coordinate drawn uniformly. */
export function drawUniform(dimension: Dimension, rng: Rng): number {
  return dimension.options === null ? snap(dimension, rng.uniform()) : rng.int(dimension.options)
}

/** The point as it takes part. */
export function masked(space: Space, point: Point): Point {
  return space.mask ? space.mask(point) : point
}

/** Best first; failures last, in the order in which they came. */
export function ranked(told: readonly Told[]): Told[] {
  return [...told].sort((a, b) => (a.value ?? Infinity) - (b.value ?? Infinity) || 0)
}

/** Standard normal distribution function; absolute error below 1.2e-7 (Abramowitz & Stegun 7.1.26, refined form). */
export function normalCdf(x: number): number {
  const z = Math.abs(x) / Math.SQRT2
  const t = 1 / (1 + 0.5 * z)
  const poly =
    -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (0.27886807 +
    t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277)))))))) // prettier-ignore
  const tail = 0.5 * t * Math.exp(-z * z + poly)
  return x >= 0 ? 1 - tail : tail
}
