// Tree-structured Parzen estimator: Bergstra, Bardenet, Bengio & Kégl 2011, with the joint kernels of Falkner, Klein &
// Hutter 2018 (BOHB). Where there are many dimensions and few trials, a candidate moves only some of them away from
// the best point known (Regis & Shoemaker 2013, DYCORS); densities are then compared over the moved ones alone.

import type { Rng } from '../../../core/rng'
import { draw, logDensity, type Parzen } from './parzen'
import { drawUniform, masked, ranked, type Point, type Space, type Told } from './space'

export interface TpeOptions {
  /** where a candidate starts from when it moves only some dimensions */
  start: Point
  /** dimensions that a candidate moves, on average; null moves all of them */
  moves: number | null
  /** trials before the densities are asked */
  warmUp: number
  candidates: number
  /** factor on the kernels' width: above 1 looks further away */
  reach: number
  /** dimensions that must stay where `start` has them */
  fixed?: ReadonlySet<number>
}

export const TPE_DEFAULTS = { moves: null, warmUp: 10, candidates: 24, reach: 1 } as const

/** Best `⌈√n / 2⌉ + 1` are "good": few enough to point somewhere, enough not to follow one lucky trial. */
function goodCount(scored: number): number {
  return Math.min(scored, Math.ceil(Math.sqrt(scored) / 2) + 1)
}

/**
 * The next point to try. Failures count among the bad ones: they need no value, so none is invented for them.
 * @returns the point, masked, with its coordinates snapped
 */
export function askTpe(space: Space, told: readonly Told[], rng: Rng, options: TpeOptions): Point {
  const { dimensions } = space
  const movable = dimensions.map((_, d) => d).filter((d) => !options.fixed?.has(d))
  const scored = told.filter(({ value }) => value !== null)
  const order = ranked(told)
  const count = goodCount(scored.length)
  const isWarm = scored.length >= options.warmUp
  const good = parzen(isWarm ? order.slice(0, count) : [], told.length, movable.length, options.reach)
  const bad = parzen(isWarm ? order.slice(count) : [], told.length, movable.length, 1)
  let best: Point | null = null
  let bestScore = -Infinity
  for (let i = 0; i < (isWarm ? options.candidates : 1); i++) {
    const over = chooseMoved(movable, options.moves, rng)
    const point = [...options.start]
    const drawn = isWarm ? draw(good, dimensions, over, rng) : over.map((d) => drawUniform(dimensions[d], rng))
    for (const [at, d] of over.entries()) point[d] = drawn[at]
    const taken = masked(space, point)
    const ratio = (at: Point) => logDensity(good, dimensions, over, at) - logDensity(bad, dimensions, over, at)
    const score = ratio(taken) - (options.moves === null ? 0 : ratio(options.start))
    if (score > bestScore) {
      best = taken
      bestScore = score
    }
  }
  return best ?? masked(space, [...options.start])
}

function parzen(points: readonly Told[], trials: number, dimensions: number, reach: number): Parzen {
  // Scott's rule over the unit interval with the magnitude of Optuna's multivariate estimator, counted over all trials,
  // so that both densities sharpen while the good ones stay few
  const width = 0.2 * Math.max(1, trials) ** (-1 / (dimensions + 4))
  return { points: points.map(({ point }) => point), width: reach * width, prior: 1 }
}

function chooseMoved(movable: readonly number[], moves: number | null, rng: Rng): number[] {
  if (moves === null || moves >= movable.length) return [...movable]
  const chance = moves / movable.length
  const chosen = movable.filter(() => rng.uniform() < chance)
  return chosen.length > 0 ? chosen : [rng.pick(movable)]
}
