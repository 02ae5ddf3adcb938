// A graphics driver takes a dispatch that runs for a second for a hang and resets the device. Ops whose work could take
// that long are cut into pieces of their rows.

import { opTensors, type Tape, type TapeOp, type TapeTensor } from '../tape'
import { cutOf, pieceOf } from './cut'

/** What one dispatch may hold. */
export interface DispatchLimits {
  flops: number
  /** f32 values read or written */
  floats: number
}

/**
 * Cuts every op that holds more than the limits into equal pieces that hold less, where it can be cut at all: products
 * and row-wise ops by rows, attention by the rows of the batch. Sums over rows are added up in order, which rounds
 * differently; all else has the same bits.
 */
export function splitLong(tape: Tape, limits: DispatchLimits): Tape {
  const tensors: TapeTensor[] = [...tape.tensors]
  const ops = tape.ops.flatMap((op) => {
    const pieces = Math.ceil(Math.max(flopsOf(op) / limits.flops, floatsOf(op, tensors) / limits.floats))
    const cut = pieces > 1 ? cutOf(op) : null
    if (!cut) return [op]
    const run = Math.ceil(cut.rows / pieces / cut.step) * cut.step
    if (run >= cut.rows) return [op]
    const parts: TapeOp[] = []
    for (let at = 0; at < cut.rows; at += run) parts.push(pieceOf(tensors, cut, at, Math.min(run, cut.rows - at)))
    return parts
  })
  return ops.length === tape.ops.length ? tape : { ...tape, tensors, ops }
}

/** Of the op's longest kernel, as if each ran as fast as a matrix product: attention is about half as fast. */
function flopsOf(op: TapeOp): number {
  switch (op.kind) {
    case 'matmul':
      return 2 * op.M * op.N * op.K
    case 'attention':
    case 'attentionGrad': {
      const { B, T, H, D, window } = op.shape
      const seen = window > 0 ? Math.min(window + 1, T) : T
      const pairs = B * H * (T * seen - (seen * (seen - 1)) / 2)
      return 2 * pairs * D * (op.kind === 'attention' ? 4 : 8)
    }
    case 'conv':
    case 'convInputGrad':
    case 'convWeightGrad':
      return 4 * op.B * op.T * op.C * op.K
    default:
      return 0
  }
}

function floatsOf(op: TapeOp, tensors: readonly TapeTensor[]): number {
  const { reads, writes, updates } = opTensors(op)
  return [...reads, ...writes, ...updates, ...updates].reduce((n, id) => n + tensors[id].size, 0)
}
