// Densities from points: a mixture of one kernel a point and a uniform prior.

import type { Rng } from '../../../core/rng'
import { drawUniform, normalCdf, snap, type Dimension, type Point } from './space'

export interface Parzen {
  points: readonly Point[]
  /** standard deviation of the kernels of numbers */
  width: number
  /** weight of the uniform prior, in points */
  prior: number
}

/** Log density at `point` over the dimensions `over` alone: a mixture of products keeps its form when some are left out. */
export function logDensity(parzen: Parzen, dimensions: readonly Dimension[], over: readonly number[], point: Point): number {
  const { points, prior } = parzen
  let sum = prior * over.reduce((product, d) => product * uniform(dimensions[d]), 1)
  for (const centre of points) {
    let product = 1
    for (const d of over) product *= kernel(parzen, dimensions[d], centre[d], point[d])
    sum += product
  }
  return Math.log(sum / (points.length + prior))
}

/** New coordinates for the dimensions `over`, all from one kernel; a centre that says nothing of one leaves it to the prior. */
export function draw(parzen: Parzen, dimensions: readonly Dimension[], over: readonly number[], rng: Rng): number[] {
  const { points, prior, width } = parzen
  const chosen = Math.floor(rng.uniform() * (points.length + prior))
  const centre = points.at(chosen < points.length ? chosen : points.length)
  return over.map((d) => {
    const dimension = dimensions[d]
    const at = centre?.[d]
    if (at === undefined || Number.isNaN(at)) return drawUniform(dimension, rng)
    if (dimension.options !== null) return rng.uniform() < stay(parzen, dimension.options) ? at : rng.int(dimension.options)
    for (let tries = 0; tries < 20; tries++) {
      const place = at + width * rng.normal()
      if (place >= 0 && place <= 1) return snap(dimension, place)
    }
    return at
  })
}

function uniform({ options, levels }: Dimension): number {
  return 1 / (options ?? levels ?? 1)
}

/** Share of a choice's kernel that stays at its centre; the rest is spread over all options (Aitchison & Aitken 1976). */
function stay({ points }: Parzen, options: number): number {
  return 1 / (1 + options / (points.length + 1))
}

function kernel(parzen: Parzen, dimension: Dimension, centre: number, x: number): number {
  if (Number.isNaN(centre) || Number.isNaN(x)) return uniform(dimension)
  const { options, levels } = dimension
  if (options !== null) {
    const kept = stay(parzen, options)
    return (centre === x ? kept : 0) + (1 - kept) / options
  }
  const { width } = parzen
  const inside = normalCdf((1 - centre) / width) - normalCdf(-centre / width)
  const z = (x - centre) / width
  if (levels === null) return Math.exp(-0.5 * z * z) / (width * Math.sqrt(2 * Math.PI) * inside)
  // of a number with few places: the mass between the middles to both sides
  const half = 0.5 / Math.max(1, levels - 1)
  const low = Math.max(0, x - half)
  const high = Math.min(1, x + half)
  return Math.max(1e-12, (normalCdf((high - centre) / width) - normalCdf((low - centre) / width)) / inside)
}
