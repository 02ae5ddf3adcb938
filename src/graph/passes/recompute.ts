// Activations that backward needs are most of a training step's memory. This pass keeps only those that cross a few
// cuts of the forward pass and computes the others again, just before backward reads them.

import { opTensors, renameTensors, type Tape, type TapeOp, type TapeTensor, type TensorId } from '../tape'

/**
 * Cuts the forward pass into `segments` where little is alive and lets backward compute again what it needs from
 * inside every segment but the last. Same kernels on the same values: the results have the same bits (dropout draws
 * its mask from the node and the step). Values that are added to in place are kept, whatever segment they belong to.
 * The tape comes back as it is when it has no backward pass or no place to cut.
 */
export function recompute(tape: Tape, segments: number): Tape {
  const end = tape.ops.findIndex((op) => op.kind === 'crossEntropy' && op.gradient)
  if (end < 0 || segments < 2) return tape
  const facts = tensorFacts(tape, end)
  const cuts = chooseCuts(tape, facts, end, segments)
  if (cuts.length === 0) return tape
  const tensors: TapeTensor[] = [...tape.tensors]
  /** position in the tape → ops to run before it */
  const inserted = new Map<number, TapeOp[]>()
  const renamed = new Map<TensorId, TensorId>()
  for (const [i, to] of cuts.entries()) {
    const lost = new Set<TensorId>()
    for (const [id, fact] of facts.entries())
      if (fact.made >= (cuts[i - 1] ?? 0) && fact.made < to && fact.lastForward < to && fact.firstBackward >= 0 && !fact.fixed) lost.add(id)
    if (lost.size === 0) continue
    const again = opsFor(tape, facts, lost, cuts[i - 1] ?? 0, to)
    const fresh = new Map<TensorId, TensorId>()
    for (const id of new Set(again.flatMap(written))) {
      tensors.push({ ...tensors[id] })
      fresh.set(id, tensors.length - 1)
      // what a later segment reads was kept: the second making of it is read by nobody
      if (facts[id].lastForward < to) renamed.set(id, tensors.length - 1)
    }
    const before = Math.min(...[...lost].map((id) => facts[id].firstBackward))
    const copies = again.map((op) => {
      const outputs = new Set(written(op))
      return renameTensors(op, (id) => (outputs.has(id) ? fresh : renamed).get(id) ?? id)
    })
    inserted.set(before, [...(inserted.get(before) ?? []), ...copies])
  }
  const later = (op: TapeOp) => renameTensors(op, (id) => renamed.get(id) ?? id)
  const ops = tape.ops.flatMap((op, at) => [...(inserted.get(at) ?? []), at > end ? later(op) : op])
  return { ...tape, tensors, ops }
}

/** Where a tensor is made and read; -1 for never. */
interface Facts {
  made: number
  /** the last forward op that writes or reads it */
  lastForward: number
  firstBackward: number
  /** must be kept: an input, a parameter, a result, or a value added to in place */
  fixed: boolean
}

function tensorFacts(tape: Tape, end: number): Facts[] {
  const facts: Facts[] = tape.tensors.map(({ role, view }) => {
    return { made: -1, lastForward: -1, firstBackward: -1, fixed: role !== 'activation' || view !== undefined }
  })
  for (const [at, op] of tape.ops.entries()) {
    const { reads, updates } = opTensors(op)
    for (const id of [...reads, ...written(op)]) {
      const fact = facts[id]
      if (at <= end) fact.lastForward = at
      else if (fact.firstBackward < 0) fact.firstBackward = at
    }
    for (const id of written(op)) if (facts[id].made < 0) facts[id].made = at
    // a copy into part of a tensor is no addition: it may be done again into another one
    if (!(op.kind === 'copy' && !op.accumulate)) for (const id of updates) facts[id].fixed = true
  }
  return facts
}

function written(op: TapeOp): TensorId[] {
  const { writes, updates } = opTensors(op)
  return [...writes, ...updates]
}

/**
 * Positions before which a segment ends: spread evenly over the bytes that backward needs, each moved to the position
 * nearby that the fewest bytes cross.
 */
function chooseCuts(tape: Tape, facts: readonly Facts[], end: number, segments: number): number[] {
  const crossing = new Float64Array(end + 2)
  const kept = new Float64Array(end + 2)
  for (const [id, { made, lastForward, firstBackward, fixed }] of facts.entries()) {
    if (made < 0 || made > end || fixed) continue
    const { size } = tape.tensors[id]
    for (let p = made + 1; p <= lastForward; p++) crossing[p] += size
    if (firstBackward >= 0) for (let p = made + 1; p <= end; p++) kept[p] += size
  }
  const total = kept[end]
  const slack = total / (2 * segments)
  const cuts: number[] = []
  for (let i = 1; i < segments; i++) {
    const wanted = (i * total) / segments
    let best = -1
    for (let p = 1; p <= end; p++) {
      if (Math.abs(kept[p] - wanted) > slack) continue
      const nearer = best >= 0 && crossing[p] === crossing[best] && Math.abs(kept[p] - wanted) < Math.abs(kept[best] - wanted)
      if (best < 0 || crossing[p] < crossing[best] || nearer) best = p
    }
    if (best > (cuts.at(-1) ?? 0)) cuts.push(best)
  }
  return cuts
}

/** The ops of [begin, to) that make `lost` again, from what is kept and what else they need of the segment, in order. */
function opsFor(tape: Tape, facts: readonly Facts[], lost: ReadonlySet<TensorId>, begin: number, to: number): TapeOp[] {
  const wanted = new Set(lost)
  const again: TapeOp[] = []
  for (let at = to - 1; at >= begin; at--) {
    const op = tape.ops[at]
    const outputs = written(op)
    if (!outputs.some((id) => wanted.has(id))) continue
    again.unshift(op)
    // an op with several results makes them all again; the others die at once
    for (const id of outputs) wanted.add(id)
    // what a later segment reads is kept, and so is all that comes from before this one
    for (const id of opTensors(op).reads) if (!facts[id].fixed && facts[id].made >= begin && facts[id].lastForward < to) wanted.add(id)
  }
  return again
}
