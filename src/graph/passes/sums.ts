// Gradients that meet at a node are added up. Where the last of them comes from an op that can add to what is there,
// it adds itself to the others in place: no tensor of its own, and no sum to compute afterwards.

import { renameTensors, type TapeOp, type TapeTensor, type TensorId } from '../tape'
import { rewritten, Uses } from './uses'

type Adding = Extract<TapeOp, { kind: 'matmul' | 'normGrad' | 'copy' }>

/**
 * Turns `s = op(…); y = t + s` into `op(…) added to t`, y being t from then on, where nothing needs s, or t as it was,
 * any more. The two terms are added as before, so the bits stay the same.
 */
export function accumulateSums(tensors: readonly TapeTensor[], ops: readonly TapeOp[]): TapeOp[] {
  let current = [...ops]
  let uses = new Uses(tensors, current)
  for (let at = 0; at < current.length; at++) {
    const next = inPlace(tensors, current, uses, at)
    if (!next) continue
    at -= current.length - next.length
    current = next
    uses = new Uses(tensors, current)
  }
  return current
}

/** The tape without the sum at `at`, or null when it has to stay. */
function inPlace(tensors: readonly TapeTensor[], ops: readonly TapeOp[], uses: Uses, at: number): TapeOp[] | null {
  const sum = ops[at]
  if (sum.kind !== 'elementwise' || sum.accumulate || sum.steps.length !== 1 || sum.steps[0].fn !== 'add') return null
  const ids = [...sum.inputs, sum.output]
  if (sum.inputs.length !== 2 || sum.inputs[0] === sum.inputs[1]) return null
  if (!ids.every((id) => uses.own(id) && tensors[id].size === tensors[sum.output].size)) return null
  const [first, second] = sum.inputs
  for (const [kept, added] of [[first, second], [second, first]]) {
    const place = placeOf(ops, uses, at, kept, added)
    if (!place) continue
    const changes = new Map<number, TapeOp | null>(uses.writers(added).map((writer) => [writer, null]))
    changes.set(at, null)
    changes.set(place.at, { ...place.op, output: kept, accumulate: true })
    return rewritten(ops, changes).map((op) => renameTensors(op, (id) => (id === sum.output ? kept : id)))
  } // prettier-ignore
  return null
}

/** The op that makes `added` and where it can add itself to `kept`, which must be complete there and read no more. */
function placeOf(ops: readonly TapeOp[], uses: Uses, at: number, kept: TensorId, added: TensorId): { op: Adding; at: number } | null {
  const writers = uses.writers(added).map((writer) => ops[writer])
  const op = writers.at(-1)
  const own = uses.writers(added).at(-1) ?? at
  // a copy counts as a reader of what it fills in part
  if (op === undefined || own > at || uses.readers(added).some((reader) => reader !== at && reader !== own)) return null
  const done = (by: number) =>
    uses.writers(kept).every((writer) => writer < by) && uses.readers(kept).every((reader) => reader < by || reader === at)
  if (op.kind === 'matmul' || op.kind === 'normGrad') {
    return writers.length === 1 && !op.accumulate && done(own) ? { op, at: own } : null
  }
  if (op.kind !== 'copy' || op.accumulate) return null
  // a copy into part of zeros adds to that part; it is small enough to wait for the other term
  const [zeros] = writers
  if (writers.length > 2 || (writers.length === 2 && (zeros.kind !== 'fill' || zeros.value !== 0))) return null
  if (done(own)) return { op, at: own }
  return done(at) && !uses.writtenBetween(op.x, own, at) ? { op, at } : null
}
