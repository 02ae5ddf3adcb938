// Functions with known optima, over the unit cube, and the plainest of samplers to compare with.

import { Rng } from '../../../core/rng'
import { drawUniform, masked, type Dimension, type Point, type Space, type Told } from './space'

export interface Problem {
  name: string
  space: Space
  value: (point: Point) => number
  /** value of the best point */
  best: number
  start: Point
}

const numbers = (count: number): Dimension[] =>
  Array.from({ length: count }, (_, i) => ({ name: `x${i}`, options: null, levels: null }))

/** Dixon & Szegő 1978; three optima of 0.397887. */
export const BRANIN: Problem = {
  name: 'Branin',
  space: { dimensions: numbers(2) },
  value: ([u, v]) => {
    const [x, y] = [15 * u - 5, 15 * v]
    const inner = y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6
    return inner ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10
  },
  best: 0.397887,
  start: [0.5, 0.5],
}

const ALPHA = [1, 1.2, 3, 3.2]
const A = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
]
const P = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]

/** Dixon & Szegő 1978; best −3.32237. */
export const HARTMANN6: Problem = {
  name: 'Hartmann-6',
  space: { dimensions: numbers(6) },
  value: (x) =>
    -ALPHA.reduce(
      (sum, alpha, i) => sum + alpha * Math.exp(-A[i].reduce((inner, a, j) => inner + a * (x[j] - P[i][j]) ** 2, 0)),
      0,
    ),
  best: -3.32237,
  start: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
}

/** Rosenbrock 1960 in four dimensions on [−2, 2]; best 0, at the end of a bent valley. */
export const ROSENBROCK: Problem = {
  name: 'Rosenbrock',
  space: { dimensions: numbers(4) },
  value: (point) => {
    const x = point.map((u) => 4 * u - 2)
    return x.slice(1).reduce((sum, next, i) => sum + 100 * (next - x[i] ** 2) ** 2 + (1 - x[i]) ** 2, 0)
  },
  best: 0,
  start: [0.3, 0.3, 0.3, 0.3],
}

/** Numbers, whole numbers, a power of two, and a choice; the last number counts beside the third option only. Best 0. */
export const MIXED: Problem = {
  name: 'mixed',
  space: {
    dimensions: [
      ...numbers(3),
      { name: 'int', options: null, levels: 12 },
      { name: 'pow2', options: null, levels: 7 },
      { name: 'choice', options: 4, levels: null },
      { name: 'conditional', options: null, levels: null },
    ],
    mask: (point) => (point[5] === 2 ? point : point.with(6, NaN)),
  },
  value: ([a, b, c, int, pow2, choice, conditional]) => {
    const bowl = (a - 0.7) ** 2 + (b - 0.2) ** 2 + 2 * (c - 0.4) ** 2 + 2 * (int - 8 / 11) ** 2 + 2 * (pow2 - 2 / 6) ** 2
    return bowl + (choice === 2 ? 0.5 * (conditional - 0.8) ** 2 : 0.15 + 0.05 * choice)
  },
  best: 0,
  start: [0.5, 0.5, 0.5, 4 / 11, 4 / 6, 0, NaN],
}

/** Best value after `trials` of an asker that sees everything told so far; the first point is the problem's start. */
export function minimise(problem: Problem, trials: number, seed: number, ask: (told: Told[], rng: Rng) => Point): number {
  const told: Told[] = []
  for (let trial = 0; trial < trials; trial++) {
    const rng = new Rng(seed, `${problem.name}/${trial}`)
    const point = trial === 0 ? problem.start : ask(told, rng)
    told.push({ point, value: problem.value(point) })
  }
  return Math.min(...told.map(({ value }) => value ?? Infinity))
}

export function askRandom(space: Space, rng: Rng): Point {
  return masked(space, space.dimensions.map((dimension) => drawUniform(dimension, rng)))
}
