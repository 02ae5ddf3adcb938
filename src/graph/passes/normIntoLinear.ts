// RMSNorm in front of linear layers: the normalised rows need not exist. With r = 1/√(mean(x²) + eps) of each row,
// (r⊙x)·Wᵀ = r⊙(x·Wᵀ), and the weight's gradient dOutᵀ·(r⊙x) takes r inside its sum.

import type { TapeOp, TapeTensor, TensorId } from '../tape'
import { rewritten, Uses } from './uses'

/**
 * Replaces a norm that only matrix products read by the factors of its rows, and their operand by x. Columns that are
 * copied out of the norm on their way to a product are copied out of x instead. The norm's gradient reads the factors too.
 * @param tensors grows by one tensor [rows] for each norm
 */
export function foldNorms(tensors: TapeTensor[], ops: readonly TapeOp[]): TapeOp[] {
  const uses = new Uses(tensors, ops)
  const changes = new Map<number, TapeOp | null>()
  for (const [at, op] of ops.entries()) {
    if (op.kind !== 'norm' || op.norm !== 'rms' || uses.writers(op.x).some((writer) => writer > at)) continue
    const { x, rows, C, eps } = op
    const scale = tensors.length
    const readers = scaledReaders(ops, uses, { id: op.output, put: x, rows, C }, scale)
    if (!readers || [...readers.keys()].some((reader) => changes.has(reader))) continue
    tensors.push({ shape: [rows], size: rows, role: 'activation', name: 'rmsScale' })
    changes.set(at, { kind: 'rmsScale', x, output: scale, rows, C, eps })
    for (const [reader, change] of readers) changes.set(reader, change)
    for (const reader of uses.readers(x)) {
      const grad = ops[reader]
      const same = grad.kind === 'normGrad' && grad.norm === 'rms' && grad.x === x && grad.C === C && grad.eps === eps
      if (same && reader > at) changes.set(reader, { ...grad, rstd: scale })
    }
  }
  return rewritten(ops, changes)
}

/** Normalised rows `id` [rows,C] that are to be replaced by `put`, not normalised. */
interface Rows {
  id: TensorId
  put: TensorId
  rows: number
  C: number
}

/** What each reader of the rows becomes with `put` and the factors; null when one of them cannot. */
function scaledReaders(ops: readonly TapeOp[], uses: Uses, { id, put, rows, C }: Rows, scale: TensorId): Map<number, TapeOp> | null {
  const [made, ...again] = uses.writers(id)
  const readers = uses.readers(id).filter((at) => at !== made)
  if (!uses.own(id) || again.length > 0 || readers.length === 0) return null
  const changes = new Map<number, TapeOp>()
  for (const at of readers) {
    const op = ops[at]
    if (op.kind === 'matmul' && op.scale === undefined && !op.epilogue?.inputs.includes(id)) {
      const isA = op.orient === 'NT' && op.a === id && op.b !== id && op.M === rows && op.K === C
      const isB = op.orient === 'TN' && op.b === id && op.a !== id && op.K === rows && op.N === C
      if (!isA && !isB) return null
      changes.set(at, isA ? { ...op, a: put, scale } : { ...op, b: put, scale })
    } else if (op.kind === 'copy' && copiesColumns(op, rows, C)) {
      const behind = scaledReaders(ops, uses, { id: op.output, put: op.output, rows, C: op.dims[1] }, scale)
      if (!behind) return null
      changes.set(at, { ...op, x: put })
      for (const [reader, change] of behind) changes.set(reader, change)
    } else return null
  }
  return changes
}

/** Whether a copy takes a run of columns out of every row, into a tensor of its own. */
function copiesColumns(op: Extract<TapeOp, { kind: 'copy' }>, rows: number, C: number): boolean {
  const [height, width] = op.dims
  if (op.accumulate || op.dims.length !== 2 || height !== rows || op.inOffset + width > C) return false
  return op.outOffset === 0 && `${op.inStrides}` === `${[C, 1]}` && `${op.outStrides}` === `${[width, 1]}`
}
