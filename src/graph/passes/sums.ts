// Gradients that meet at a node are added up. Where the last of them comes from an op that can add to what is there,
// it adds itself to the others in place: no tensor of its own, and no sum to compute afterwards.

import { renameTensors, type TapeOp, type TapeTensor, type TensorId } from '../tape'
import { rewritten, Uses } from './uses'

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
  const [one, other] = [placeOf(ops, uses, at, first, second), placeOf(ops, uses, at, second, first)]
  // a part copied into zeros needs no zeros when it is the one that is added
  const place = other?.op.kind === 'copy' ? other : (one ?? other)
  if (!place) return null
  const { kept, added } = place
  const changes = new Map<number, TapeOp | TapeOp[] | null>(uses.writers(added).map((writer) => [writer, null]))
  changes.set(at, null)
  const adding: TapeOp = { ...place.op, output: kept, accumulate: true }
  changes.set(place.at, place.after ? [ops[place.at], adding] : adding)
  return rewritten(ops, changes).map((op) => renameTensors(op, (id) => (id === sum.output ? kept : id)))
}

/** The op that makes the term `added`, and where it is to add itself to `kept`: in the place of the op at `at`, or after it. */
interface Place {
  op: Extract<TapeOp, { kind: 'matmul' | 'normGrad' | 'copy' }>
  at: number
  after: boolean
  kept: TensorId
  added: TensorId
}

/** Where `added` can go into `kept`, which must be complete there and be read no more; null when it cannot. */
function placeOf(ops: readonly TapeOp[], uses: Uses, at: number, kept: TensorId, added: TensorId): Place | null {
  const writers = uses.writers(added).map((writer) => ops[writer])
  const op = writers.at(-1)
  const own = uses.writers(added).at(-1) ?? at
  // a copy counts as a reader of what it fills in part
  if (op === undefined || own > at || uses.readers(added).some((reader) => reader !== at && reader !== own)) return null
  const complete = Math.max(-1, ...uses.writers(kept), ...uses.readers(kept).filter((reader) => reader !== at))
  const whole = writers.length === 1
  if (op.kind === 'matmul' || op.kind === 'normGrad')
    return whole && !op.accumulate && complete < own ? { op, at: own, after: false, kept, added } : null
  if (op.kind !== 'copy' || op.accumulate) return null
  // a copy into part of zeros adds to that part; it is small enough to wait for the other term
  const [zeros] = writers
  if (!whole && (writers.length > 2 || zeros.kind !== 'fill' || zeros.value !== 0)) return null
  if (complete < own) return { op, at: own, after: false, kept, added }
  return complete < at && !uses.writtenBetween(op.x, own, complete + 1) ? { op, at: complete, after: true, kept, added } : null
}
