// The logits of a batch are often the largest tensor of a model, and live for three products only. This pass computes
// them a run of rows at a time: logits, loss, gradient in place, and both gradient products, then the next run in the
// same memory.

import { opTensors, type Tape, type TapeOp, type TapeTensor, type TensorId } from '../tape'
import { cutOf, pieceOf, viewOf, type Cut } from './cut'

/**
 * Logits up to this size are computed whole. A piece of 32 MiB is still 1024 rows of a vocabulary of 8192: enough to
 * fill a large GPU, and few enough pieces that adding up the weight's gradient once for each costs little.
 */
export const HEAD_BYTES = 32 * 2 ** 20

/**
 * Cuts everything that touches the logits into runs of rows that need at most `limitBytes` for each tensor of logits.
 * The gradient of the head's weight is summed over the runs in order, so its rounding differs from the whole product's;
 * all else has the same bits. The tape comes back as it is when its logits are small enough, or when something looks at
 * all rows of them at once.
 */
export function chunkHead(tape: Tape, limitBytes = HEAD_BYTES): Tape {
  const seed = logitsOf(tape)
  const rows = tape.B * tape.T
  if (seed < 0 || tape.tensors[seed].size * 4 <= limitBytes) return tape
  const wide = wideTensors(tape, seed)
  const group = groupOf(tape, wide)
  if (!group || [...group.values()].some((cut) => cut.rows !== rows || !coversAll(cut, wide, tape))) return tape
  const perRow = tape.tensors[seed].size / rows
  const step = Math.max(...[...group.values()].map((cut) => cut.step))
  const most = Math.max(1, Math.floor(limitBytes / 4 / perRow / step)) * step
  const pieces = Math.ceil(rows / most)
  const run = Math.ceil(rows / pieces / step) * step
  if (run >= rows) return tape

  const tensors: TapeTensor[] = [...tape.tensors]
  const buffers = new Map<TensorId, TensorId>()
  for (const id of wide) {
    tensors.push({ ...tensors[id], shape: [run, perRow], size: run * perRow })
    buffers.set(id, tensors.length - 1)
  }
  const loop: TapeOp[] = []
  for (let at = 0; at < rows; at += run) {
    const count = Math.min(run, rows - at)
    const stand = (id: TensorId) => {
      const buffer = buffers.get(id)
      return buffer === undefined ? null : viewOf(tensors, buffer, 0, count * perRow)
    }
    for (const cut of group.values()) loop.push(pieceOf(tensors, cut, at, count, stand))
  }
  const first = tape.ops.findIndex((op) => group.has(op))
  const rest = tape.ops.slice(first).filter((op) => !group.has(op))
  return { ...tape, tensors, ops: [...tape.ops.slice(0, first), ...loop, ...rest] }
}

/** Where the logits begin: what the loss reads, or what becomes the result. */
export function logitsOf(tape: Tape): TensorId {
  const loss = tape.ops.find((op) => op.kind === 'crossEntropy')
  if (loss) return loss.logits
  const last = tape.ops.find((op) => opTensors(op).writes.includes(tape.io.logits))
  if (last?.kind !== 'elementwise') return -1
  const size = tape.tensors[tape.io.logits].size
  return last.inputs.find((id) => tape.tensors[id].size === size && tape.tensors[id].role === 'activation') ?? -1
}

/** The logits and what elementwise ops make of them on the way to the loss: activations that are as large. */
export function wideTensors(tape: Tape, seed: TensorId): Set<TensorId> {
  const wide = new Set([seed])
  const { size } = tape.tensors[seed]
  for (const id of wide)
    for (const op of tape.ops) {
      const elementwise = op.kind === 'elementwise' ? [...op.inputs, op.output] : []
      const fused = op.kind === 'matmul' && op.epilogue ? [...op.epilogue.inputs, op.epilogue.pre ?? -1, op.output] : []
      const joined = elementwise.length > 0 ? elementwise : fused
      if (!joined.includes(id)) continue
      for (const other of joined) if (other >= 0 && tape.tensors[other].size === size && tape.tensors[other].role === 'activation') wide.add(other)
    }
  return wide
}

/** The ops that touch a wide tensor with their cuts, or null if they cannot all run where the first of them stands. */
function groupOf(tape: Tape, wide: ReadonlySet<TensorId>): Map<TapeOp, Cut> | null {
  const group = new Map<TapeOp, Cut>()
  /** what the ops passed over so far, from the first of the group on, read and write */
  const passedReads = new Set<TensorId>()
  const passedWrites = new Set<TensorId>()
  for (const op of tape.ops) {
    const { reads, writes, updates } = opTensors(op)
    if (![...reads, ...writes, ...updates].some((id) => wide.has(id))) {
      if (group.size === 0) continue
      for (const id of reads) passedReads.add(id)
      for (const id of [...writes, ...updates]) passedWrites.add(id)
      continue
    }
    const cut = cutOf(op)
    const late = [...writes, ...updates].some((id) => passedReads.has(id) || passedWrites.has(id)) || reads.some((id) => passedWrites.has(id))
    if (!cut || late) return null
    group.set(op, cut)
  }
  return group
}

function coversAll(cut: Cut, wide: ReadonlySet<TensorId>, tape: Tape): boolean {
  const perRow = (id: TensorId) => tape.tensors[id].size / cut.rows
  const { reads, writes, updates } = opTensors(cut.piece(0, cut.rows))
  return [...reads, ...writes, ...updates].every((id) => !wide.has(id) || cut.parts.get(id) === perRow(id))
}
