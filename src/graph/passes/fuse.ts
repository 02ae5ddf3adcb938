// Every pass that makes the same arithmetic cheaper, in the order in which they help each other.

import { fuseElementwise } from '../fusion'
import type { TapeOp, TapeTensor } from '../tape'
import { fuseEpilogues } from './epilogues'
import { foldNorms } from './normIntoLinear'
import { fuseQkNorm } from './qkNorm'
import { accumulateSums } from './sums'

/**
 * Rewrites a tape's ops for fewer dispatches and less memory traffic; the values of what is left stay the same but for
 * the rounding of norms.
 * @param tensors may grow
 */
export function fuse(tensors: TapeTensor[], ops: readonly TapeOp[]): TapeOp[] {
  const normed = foldNorms(tensors, fuseQkNorm(tensors, ops))
  return fuseEpilogues(tensors, fuseElementwise(tensors, accumulateSums(tensors, normed)))
}
