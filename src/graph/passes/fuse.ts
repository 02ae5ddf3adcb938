// Every pass that makes the same arithmetic cheaper, in the order in which they help each other.

import { fuseElementwise } from '../fusion'
import type { TapeOp, TapeTensor } from '../tape'
import { fuseEpilogues } from './epilogues'
import { foldNorms } from './normIntoLinear'
import { fuseQkNorm } from './qkNorm'
import { accumulateSums } from './sums'

/**
 * `products` moves norms and elementwise work into the matrix products beside them. `between` leaves products plain:
 * where a product's kernel takes long to compile and a dispatch costs little, one text for every product is worth more.
 */
export type Fusion = 'products' | 'between'

/**
 * Rewrites a tape's ops for fewer dispatches and less memory traffic; the values of what is left stay the same but for
 * the rounding of norms.
 * @param tensors may grow
 */
export function fuse(tensors: TapeTensor[], ops: readonly TapeOp[], fusion: Fusion): TapeOp[] {
  const roped = fuseQkNorm(tensors, ops)
  if (fusion === 'between') return fuseElementwise(tensors, accumulateSums(tensors, roped))
  return fuseEpilogues(tensors, fuseElementwise(tensors, accumulateSums(tensors, foldNorms(tensors, roped))))
}
