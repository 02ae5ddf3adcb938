// What the trials so far say about a point nobody has tried: a Gaussian process (Rasmussen & Williams 2006, ch. 2)
// whose kernel is mostly a sum over dimensions, because most trials move few of them and most knobs act for themselves
// (Duvenaud, Nickisch & Rasmussen 2011), and for the rest a product over all of them.

import { cholesky, dot, solveLower, type Matrix } from './linear'
import type { Dimension, Point } from './space'

/** A point and its value with the variance that noise alone gives it. */
export interface Measured {
  point: Point
  value: number
  noise: number
}

export interface Surrogate {
  /** Change of value from one point to another: mean and standard deviation, noise not included. */
  change(from: Point, to: Point): { mean: number; sd: number }
}

/** Share of the variance that is not a sum over single dimensions. */
const JOINT = 0.3
const LENGTHS = [0.25, 0.7, 2]
const AMPLITUDES = [0.3, 1, 3]
/** the last so many trials: the cost of a fit grows with the third power */
const MOST = 120

/** The fit of highest likelihood over a small grid; null below three points, where there is nothing to fit. */
export function fitSurrogate(dimensions: readonly Dimension[], all: readonly Measured[]): Surrogate | null {
  const measured = all.slice(-MOST)
  if (measured.length < 3) return null
  const values = winsorised(measured.map(({ value }) => value))
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const centred = values.map((value) => value - mean)
  const variance = Math.max(1e-12, dot(centred, centred) / centred.length)
  let best: { evidence: number; lower: Matrix; white: number[]; length: number; amplitude: number } | null = null
  for (const length of LENGTHS) {
    const gram = measured.map((a) => measured.map((b) => kernel(dimensions, length, a.point, b.point)))
    for (const scale of AMPLITUDES) {
      const amplitude = scale * variance
      const noisy = gram.map((row, i) =>
        row.map((k, j) => amplitude * k + (i === j ? measured[i].noise + 0.01 * amplitude : 0)),
      )
      const lower = cholesky(noisy)
      if (!lower) continue
      const white = solveLower(lower, centred)
      const evidence = -0.5 * dot(white, white) - lower.reduce((sum, row, i) => sum + Math.log(row[i]), 0)
      if (!best || evidence > best.evidence) best = { evidence, lower, white, length, amplitude }
    }
  }
  if (!best) return null
  const { lower, white, length, amplitude } = best
  const k = (a: Point, b: Point) => amplitude * kernel(dimensions, length, a, b)
  return {
    change(from, to) {
      const difference = solveLower(lower, measured.map(({ point }) => k(to, point) - k(from, point)))
      const prior = k(to, to) + k(from, from) - 2 * k(to, from)
      return { mean: dot(difference, white), sd: Math.sqrt(Math.max(0, prior - dot(difference, difference))) }
    },
  }
}

/** 1 for equal points. A dimension without a part in one of them is as far as another option is. */
function kernel(dimensions: readonly Dimension[], length: number, a: Point, b: Point): number {
  let sum = 0
  let distance = 0
  for (const [d, { options }] of dimensions.entries()) {
    const [x, y] = [a[d], b[d]]
    const isSame = x === y || (Number.isNaN(x) && Number.isNaN(y))
    const isApart = !isSame && (options !== null || Number.isNaN(x) || Number.isNaN(y))
    const square = isSame ? 0 : isApart ? 2 : ((x - y) / length) ** 2
    sum += isApart ? 0 : Math.exp(-0.5 * square)
    distance += square
  }
  return ((1 - JOINT) * sum) / Math.max(1, dimensions.length) + JOINT * Math.exp(-0.5 * distance)
}

/** Values far above the middle say "bad" and no more: they are brought in to three quartile distances. */
function winsorised(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]
  const limit = at(0.5) + 3 * Math.max(at(0.75) - at(0.25), 1e-9)
  return values.map((value) => Math.min(value, limit))
}
