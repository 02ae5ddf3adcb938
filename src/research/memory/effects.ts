// What each kind of move does to the score, with its uncertainty: Bayesian linear regression over the record.
//
//   Δ_i = Σ_m x_im β_m + ε_i,  x_im = 1 where attempt i made move m,  β ~ N(0, τ²),  ε_i ~ N(0, e_i² + s²)
//
// e_i is the standard error of the measured change, s² what is left over that noise does not explain (an effect is not
// the same from everywhere). The prior of width τ keeps a move that was tried once from being believed at once.

import type { Attempt } from './attempts'
import { moveName } from './attempts'

export interface Effect {
  /** 'MATRIX_LR up' */
  move: string
  knob: string
  tries: number
  kept: number
  /** posterior mean and standard deviation of the change of val_bpb; negative is better */
  meanBpb: number
  sdBpb: number
}

/** Moves of more knobs than this say too little about any one of them. */
const MOST_MOVES = 4
/** Kinds of move that are told apart at most, the most tried first: an inverse grows with their cube. */
const MOST_KINDS = 100

/** Effects of every move that was measured, the most tried first. */
export function effectsOf(attempts: readonly Attempt[]): Effect[] {
  const used = attempts.filter(({ deltaBpb, moves }) => deltaBpb !== null && moves.length > 0 && moves.length <= MOST_MOVES)
  const tries = new Map<string, number>()
  for (const name of used.flatMap((attempt) => attempt.moves.map(moveName))) tries.set(name, (tries.get(name) ?? 0) + 1)
  const moves = [...tries.keys()].sort((a, b) => tries.get(b)! - tries.get(a)!).slice(0, MOST_KINDS)
  if (moves.length === 0) return []
  const x = used.map((attempt) => attempt.moves.map((move) => moves.indexOf(moveName(move))).filter((m) => m >= 0))
  const y = used.map(({ deltaBpb }) => deltaBpb!)
  const noise = used.map(({ errorBpb }) => (errorBpb ?? 0) ** 2)
  const prior = Math.max(meanOf(y.map((delta) => delta * delta)), 4 * meanOf(noise), 1e-12)
  // twice: first as if noise explained nothing, then with what it leaves over
  let spread = prior / 4
  let fitted = fit(x, y, noise, moves.length, prior, spread)
  for (let round = 0; round < 2; round++) {
    const free = Math.max(1, y.length - fitted.determined)
    const left = fitted.residuals.reduce((sum, residual, i) => sum + residual * residual - noise[i], 0) / free
    spread = Math.max(left, prior / 100)
    fitted = fit(x, y, noise, moves.length, prior, spread)
  }
  return moves.map((move, m) => {
    const of = used.filter((_, i) => x[i].includes(m))
    const knob = of[0].moves.find((its) => moveName(its) === move)!.name
    const kept = of.filter(({ row }) => row.status === 'keep').length
    return { move, knob, tries: of.length, kept, meanBpb: fitted.mean[m], sdBpb: Math.sqrt(fitted.variance[m]) }
  })
}

interface Fit {
  mean: number[]
  variance: number[]
  residuals: number[]
  /** parameters that the data rather than the prior determine */
  determined: number
}

/** Posterior of β: precision A = XᵀWX + I/τ², mean A⁻¹XᵀWy, W = diag(1 / (noise + spread)). */
function fit(x: readonly number[][], y: readonly number[], noise: readonly number[], p: number, prior: number, spread: number): Fit {
  const a = Array.from({ length: p }, (_, i) => Array.from({ length: p }, (_, j) => (i === j ? 1 / prior : 0)))
  const b = Array.from({ length: p }, () => 0)
  for (const [i, ones] of x.entries()) {
    const weight = 1 / (noise[i] + spread)
    for (const m of ones) {
      b[m] += weight * y[i]
      for (const other of ones) a[m][other] += weight
    }
  }
  const inverse = invert(a)
  const mean = inverse.map((line) => line.reduce((sum, value, j) => sum + value * b[j], 0))
  const variance = inverse.map((line, i) => line[i])
  const residuals = y.map((value, i) => value - x[i].reduce((sum, m) => sum + mean[m], 0))
  const determined = variance.reduce((sum, value) => sum + 1 - value / prior, 0)
  return { mean, variance, residuals, determined }
}

/** Inverse of a symmetric positive definite matrix, by Gauss–Jordan without pivoting; the argument is overwritten. */
function invert(a: number[][]): number[][] {
  const n = a.length
  const inverse = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => Number(i === j)))
  for (let k = 0; k < n; k++) {
    const pivot = a[k][k]
    for (let j = 0; j < n; j++) {
      a[k][j] /= pivot
      inverse[k][j] /= pivot
    }
    for (let i = 0; i < n; i++) {
      const factor = a[i][k]
      if (i === k || factor === 0) continue
      for (let j = 0; j < n; j++) {
        a[i][j] -= factor * a[k][j]
        inverse[i][j] -= factor * inverse[k][j]
      }
    }
  }
  return inverse
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
