// A small random forest for regression, and what its out-of-bag rows say of each feature.
// Source: Breiman 2001, Random Forests, Machine Learning 45(1).

import { Rng } from '../../core/rng'

/** One row: numbers are split by order, anything else by equality. */
export type Features = readonly (number | string | boolean)[]

interface Split {
  feature: number
  at: number | string | boolean
  low: Node
  high: Node
}
type Node = Split | number

const TREES = 60
const LEAF = 3
/** values of a feature at which a node may split, drawn at random: with many rows, all of them would take long */
const PLACES = 8

export interface Forest {
  /** share of the variance of rows left out of a tree that it predicts; at or below 0 it knows nothing */
  explained: number
  /** for each feature, by how much of the variance the error on left-out rows grows when its values are shuffled */
  importance: number[]
}

/**
 * Grows a forest of bootstrapped trees, a third of the features tried at each split, and judges it by the rows that
 * each tree has not seen. The same rows give the same forest.
 */
export function growForest(rows: readonly Features[], values: readonly number[]): Forest {
  const rng = new Rng(rows.length, 'forest')
  const count = rows[0]?.length ?? 0
  const mean = meanOf(values)
  const variance = meanOf(values.map((value) => (value - mean) ** 2))
  const sums = values.map(() => 0)
  const votes = values.map(() => 0)
  const growth = Array.from({ length: count }, () => 0)
  let judged = 0
  for (let t = 0; t < TREES; t++) {
    const drawn = values.map(() => rng.int(values.length))
    const seen = new Set(drawn)
    const left = values.map((_, i) => i).filter((i) => !seen.has(i))
    const tree = grow(drawn, rows, values, rng)
    const errors = left.map((i) => {
      const guess = predict(tree, rows[i])
      sums[i] += guess
      votes[i]++
      return (guess - values[i]) ** 2
    })
    judged += left.length
    const shuffled = [...left]
    for (let f = 0; f < count; f++) {
      rng.shuffle(shuffled)
      for (const [k, i] of left.entries()) {
        const row = rows[i].with(f, rows[shuffled[k]][f])
        growth[f] += (predict(tree, row) - values[i]) ** 2 - errors[k]
      }
    }
  }
  if (variance === 0 || judged === 0) return { explained: 0, importance: growth.map(() => 0) }
  const known = values.flatMap((value, i) => (votes[i] === 0 ? [] : [(sums[i] / votes[i] - value) ** 2]))
  return { explained: 1 - meanOf(known) / variance, importance: growth.map((sum) => sum / judged / variance) }
}

function grow(drawn: readonly number[], rows: readonly Features[], scores: readonly number[], rng: Rng): Node {
  const own = drawn.map((i) => scores[i])
  if (drawn.length < 2 * LEAF) return meanOf(own)
  const count = rows[0].length
  const features = rng.shuffle(Array.from({ length: count }, (_, f) => f)).slice(0, Math.max(1, Math.ceil(count / 3)))
  let best: { feature: number; at: Features[number]; loss: number } | null = null
  for (const feature of features) {
    const values = [...new Set(drawn.map((i) => rows[i][feature]))]
    for (const at of rng.shuffle(values).slice(0, PLACES)) {
      const loss = lossOf(drawn, (i) => isLow(rows[i][feature], at), scores)
      if (loss !== null && (best === null || loss < best.loss)) best = { feature, at, loss }
    }
  }
  if (best === null || best.loss >= squares(own) - 1e-15) return meanOf(own)
  const { feature, at } = best
  const low = drawn.filter((i) => isLow(rows[i][feature], at))
  const high = drawn.filter((i) => !isLow(rows[i][feature], at))
  return { feature, at, low: grow(low, rows, scores, rng), high: grow(high, rows, scores, rng) }
}

/** Squared error about the means of both sides; null where one has too few. */
function lossOf(drawn: readonly number[], low: (i: number) => boolean, values: readonly number[]): number | null {
  let [n, sum, square, nLow, sumLow, squareLow] = [0, 0, 0, 0, 0, 0]
  for (const i of drawn) {
    const value = values[i]
    n++
    sum += value
    square += value * value
    if (!low(i)) continue
    nLow++
    sumLow += value
    squareLow += value * value
  }
  const nHigh = n - nLow
  if (nLow < LEAF || nHigh < LEAF) return null
  return squareLow - sumLow ** 2 / nLow + (square - squareLow) - (sum - sumLow) ** 2 / nHigh
}

function predict(tree: Node, row: Features): number {
  let node = tree
  while (typeof node !== 'number') node = isLow(row[node.feature], node.at) ? node.low : node.high
  return node
}

function isLow(value: Features[number], at: Features[number]): boolean {
  return typeof value === 'number' && typeof at === 'number' ? value <= at : value === at
}

function squares(values: readonly number[]): number {
  const mean = meanOf(values)
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}
