// A batch dealt out among replicas of a model, each with a memory of its own and its share of the rows. Their gradients
// add up to those of the whole batch, so that all of them take the same step.

import type { ProgramSpec } from '../graph/program'

export interface Shares {
  /** replicas; 1: nothing is shared */
  count: number
  /** of one micro-batch of one replica */
  rows: number
  /** micro-batches of one replica */
  micros: number
}

/**
 * Equal shares for as many replicas as divide the rows of a step, at most `most`: blocks of rows of the same
 * micro-batches as far as those can be divided, different micro-batches otherwise.
 */
export function sharesOf({ rows, accumulate }: ProgramSpec['batch'], most: number): Shares {
  let count = Math.max(1, Math.min(most, rows * accumulate))
  while ((rows * accumulate) % count !== 0) count--
  const blocks = gcd(count, rows)
  // what is left of count has no factor in common with what is left of rows, so it divides accumulate
  return { count, rows: rows / blocks, micros: accumulate / (count / blocks) }
}

/** Which micro-batch, and which of its rows, is the `micro`-th of a replica. */
export function shareOf({ rows, micros }: Shares, batchRows: number, replica: number, micro: number): { micro: number; firstRow: number } {
  const blocks = batchRows / rows
  return { micro: Math.floor(replica / blocks) * micros + micro, firstRow: (replica % blocks) * rows }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
