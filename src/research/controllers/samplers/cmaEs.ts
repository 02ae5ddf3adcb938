// CMA-ES (Hansen 2016, "The CMA Evolution Strategy: A Tutorial", arXiv 1604.00772) for a lab in which others propose
// too. State is rebuilt from the told points each time: every λ of them, in order, make one generation, whoever drew
// them. A point from elsewhere may lie far out, so its step is shortened to what the distribution could have drawn
// (Hansen 2011, "Injecting External Solutions Into CMA-ES", arXiv 1110.4181), and so are steps of σ.
// Whole numbers and powers of two keep a chance to move when σ is below their spacing (after Hamano et al. 2022,
// "CMA-ES with Margin", simplified: the margin widens the draw, not the mean). Choices have no distances, so each is
// drawn from a distribution of its own that learns with the same weights.

import type { Rng } from '../../../core/rng'
import { dot, eigenSymmetric, identity, type Matrix } from './linear'
import { masked, ranked, snap, type Dimension, type Point, type Space, type Told } from './space'

export interface CmaEsOptions {
  /** first mean, and the options that choices start from */
  start: Point
  sigma: number
  /** points a generation; null: 4 + ⌊3 ln n⌋ */
  lambda?: number | null
}

export interface CmaEsState {
  generation: number
  /** dimensions that are numbers, in order: what mean and covariance are about */
  numeric: number[]
  mean: number[]
  sigma: number
  covariance: Matrix
  /** by dimension: probability of each option; empty for numbers */
  choices: number[][]
  lambda: number
  pathSigma: number[]
  pathC: number[]
}

/** Probability with which a number of few places leaves the place that σ has come to rest on. */
const MARGIN_Z = 1.4
const LEAST_SIGMA = 0.01
const MOST_SIGMA = 0.5

/** The state before anything is told. */
export function startCmaEs({ dimensions }: Space, { start, sigma, lambda }: CmaEsOptions): CmaEsState {
  const numeric = dimensions.flatMap(({ options }, d) => (options === null ? [d] : []))
  const n = numeric.length
  const choiceCount = dimensions.length - n
  return {
    generation: 0,
    numeric,
    mean: numeric.map((d) => (Number.isNaN(start[d]) ? 0.5 : start[d])),
    sigma,
    covariance: identity(n),
    // about one choice in a point differs from where it started
    choices: dimensions.map(({ options }, d) => (options === null ? [] : towards(options, start[d], 1 / (choiceCount + 1)))),
    lambda: lambda ?? 4 + Math.floor(3 * Math.log(Math.max(1, n))),
    pathSigma: numeric.map(() => 0),
    pathC: numeric.map(() => 0),
  }
}

/** The state after `told`, in order; points that do not fill a generation wait for the rest of it. */
export function rebuildCmaEs(space: Space, told: readonly Told[], options: CmaEsOptions): CmaEsState {
  let state = startCmaEs(space, options)
  for (let at = 0; at + state.lambda <= told.length; at += state.lambda) {
    state = generationOf(state, told.slice(at, at + state.lambda))
  }
  return state
}

/**
 * One generation. A failure takes its place in the ranking, last and with weight zero: no value is invented for it, and
 * the mean is drawn towards what worked, never pushed by how far out the failure lay. All failed: half the step.
 */
function generationOf(state: CmaEsState, told: readonly Told[]): CmaEsState {
  const { numeric, mean, sigma, lambda, generation } = state
  const n = numeric.length
  const worked = ranked(told).filter(({ value }) => value !== null).slice(0, Math.floor(lambda / 2))
  if (worked.length === 0) return { ...state, generation: generation + 1, sigma: Math.max(LEAST_SIGMA, sigma / 2) }
  const raw = worked.map((_, i) => Math.log((lambda + 1) / 2) - Math.log(i + 1))
  const total = raw.reduce((sum, weight) => sum + weight, 0)
  const weights = raw.map((weight) => weight / total)
  const muEff = 1 / dot(weights, weights)
  const choices = state.choices.map((shares, d) => learnChoice(shares, worked.map(({ point }) => point[d]), weights, muEff))
  if (n === 0) return { ...state, generation: generation + 1, choices }

  const { values, vectors } = eigenSymmetric(state.covariance)
  const scales = values.map((value) => Math.sqrt(Math.max(value, 1e-14)))
  const whiten = (y: readonly number[]) => {
    const inner = scales.map((scale, k) => numeric.reduce((sum, _, i) => sum + vectors[i][k] * y[i], 0) / scale)
    return numeric.map((_, i) => dot(vectors[i], inner))
  }
  const furthest = Math.sqrt(n) + (2 * n) / (n + 2)
  const steps = worked.map(({ point }) => {
    const y = numeric.map((d, i) => (Number.isNaN(point[d]) ? 0 : (point[d] - mean[i]) / sigma))
    const length = Math.sqrt(dot(whiten(y), whiten(y)))
    return length > furthest ? y.map((value) => (value * furthest) / length) : y
  })
  const step = numeric.map((_, i) => dot(weights, steps.map((y) => y[i])))

  const cSigma = (muEff + 2) / (n + muEff + 5)
  const dSigma = 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (n + 1)) - 1) + cSigma
  const cC = (4 + muEff / n) / (n + 4 + (2 * muEff) / n)
  const c1 = 2 / ((n + 1.3) ** 2 + muEff)
  const cMu = Math.min(1 - c1, (2 * (muEff - 2 + 1 / muEff)) / ((n + 2) ** 2 + muEff))
  const expected = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n))

  const white = whiten(step)
  const pathSigma = state.pathSigma.map((p, i) => (1 - cSigma) * p + Math.sqrt(cSigma * (2 - cSigma) * muEff) * white[i])
  const length = Math.sqrt(dot(pathSigma, pathSigma))
  const bias = Math.sqrt(1 - (1 - cSigma) ** (2 * (generation + 1)))
  const isLong = length / bias >= (1.4 + 2 / (n + 1)) * expected
  const pathC = state.pathC.map((p, i) => (1 - cC) * p + (isLong ? 0 : Math.sqrt(cC * (2 - cC) * muEff) * step[i]))
  const kept = 1 - c1 - cMu + (isLong ? c1 * cC * (2 - cC) : 0)
  const covariance = state.covariance.map((row, i) =>
    row.map((value, j) => {
      const rankMu = steps.reduce((sum, y, k) => sum + weights[k] * y[i] * y[j], 0)
      return kept * value + c1 * pathC[i] * pathC[j] + cMu * rankMu
    }),
  )
  const growth = Math.exp(Math.min(1, (cSigma / dSigma) * (length / expected - 1)))
  return {
    ...state,
    generation: generation + 1,
    mean: mean.map((value, i) => Math.min(1, Math.max(0, value + sigma * step[i]))),
    sigma: Math.min(MOST_SIGMA, Math.max(LEAST_SIGMA, sigma * growth)),
    covariance,
    choices,
    pathSigma,
    pathC,
  }
}

/** A point from the distribution; one that falls outside is drawn again, and brought to the border at last. */
export function askCmaEs(space: Space, state: CmaEsState, rng: Rng, reach = 1): Point {
  const { dimensions } = space
  const { numeric, mean, sigma, covariance } = state
  const { values, vectors } = eigenSymmetric(covariance)
  const point: Point = dimensions.map(({ options }, d) => (options === null ? 0 : pickShare(state.choices[d], rng)))
  for (let tries = 0; tries < 20; tries++) {
    const z = values.map((value) => Math.sqrt(Math.max(0, value)) * rng.normal())
    const places = numeric.map((d, i) => {
      const spread = reach * sigma
      const own = spread * Math.sqrt(covariance[i][i])
      return mean[i] + spread * dot(vectors[i], z) * Math.max(1, leastSpread(dimensions[d]) / own)
    })
    for (const [i, d] of numeric.entries()) point[d] = snap(dimensions[d], places[i])
    if (places.every((place) => place >= 0 && place <= 1)) break
  }
  return masked(space, point)
}

/** Spread at which half a place's spacing is MARGIN_Z deviations away. */
function leastSpread({ levels }: Dimension): number {
  return levels === null || levels < 2 ? 0 : 0.5 / (levels - 1) / MARGIN_Z
}

function towards(options: number, start: number, away: number): number[] {
  if (Number.isNaN(start)) return Array.from({ length: options }, () => 1 / options)
  return Array.from({ length: options }, (_, i) => (i === start ? 1 - away : away / Math.max(1, options - 1)))
}

/** Moves a choice's shares towards the options of the better half; none falls so low that it is never drawn again. */
function learnChoice(shares: readonly number[], drawn: readonly number[], weights: readonly number[], muEff: number): number[] {
  if (shares.length === 0) return []
  const rate = muEff / (muEff + shares.length + 5)
  const seen = drawn.reduce((sum, option, i) => sum + (Number.isNaN(option) ? 0 : weights[i]), 0)
  const floor = 0.1 / shares.length
  const learned = shares.map((share, option) => {
    const met = drawn.reduce((sum, at, i) => sum + (at === option ? weights[i] : 0), 0)
    return Math.max(floor, share + rate * (met - seen * share))
  })
  const total = learned.reduce((sum, share) => sum + share, 0)
  return learned.map((share) => share / total)
}

function pickShare(shares: readonly number[], rng: Rng): number {
  let left = rng.uniform()
  for (const [option, share] of shares.entries()) {
    left -= share
    if (left < 0) return option
  }
  return shares.length - 1
}
