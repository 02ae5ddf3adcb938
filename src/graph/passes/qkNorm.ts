// A rotation of a head and its RMSNorm, in either order, are one kernel forward and one backward: a rotation leaves
// the mean square as it is, so  norm(R·x) = R·norm(x) = r·R·x.

import type { TapeOp, TapeTensor } from '../tape'
import { rewritten, Uses } from './uses'

type Rope = Extract<TapeOp, { kind: 'rope' }>
type Norm = Extract<TapeOp, { kind: 'norm' }>
type NormGrad = Extract<TapeOp, { kind: 'normGrad' }>

/** Joins each rope with the norm next to it where nothing else reads what lies between them, and their gradients too. */
export function fuseQkNorm(tensors: readonly TapeTensor[], ops: readonly TapeOp[]): TapeOp[] {
  const uses = new Uses(tensors, ops)
  const changes = new Map<number, TapeOp | null>()
  for (const [at, op] of ops.entries()) {
    if (op.kind === 'rope' && op.eps === undefined && !op.inverse) ropeThenNorm(ops, uses, changes, at, op)
    else if (isHeadNorm(op)) normThenRope(ops, uses, changes, at, op)
    if (op.kind === 'rope' && op.eps === undefined && op.inverse) gradientOfNormThenRope(ops, uses, changes, at, op)
  }
  return rewritten(ops, changes)
}

function isHeadNorm(op: TapeOp | undefined): op is Norm {
  return op?.kind === 'norm' && op.norm === 'rms'
}

function fits(rope: Rope, norm: Norm | NormGrad): boolean {
  return norm.norm === 'rms' && norm.C === rope.D && norm.rows === rope.B * rope.T * rope.H
}

/** y = norm(R·x): between them stands R·x, which the norm's gradient reads too; afterwards that reads x. */
function ropeThenNorm(ops: readonly TapeOp[], uses: Uses, changes: Map<number, TapeOp | null>, at: number, rope: Rope): void {
  const between = rope.output
  const [normAt, gradAt, ...more] = uses.readers(between)
  const norm = ops[normAt]
  if (changes.has(at) || changes.has(normAt) || !uses.own(between) || more.length > 0 || !isHeadNorm(norm) || !fits(rope, norm)) return
  if (uses.writers(rope.x).some((writer) => writer > at) || uses.writers(between).length > 1) return
  const fused: Rope = { ...rope, output: norm.output, eps: norm.eps }
  if (gradAt !== undefined) {
    const grad = ops[gradAt]
    if (grad.kind !== 'normGrad' || grad.x !== between || grad.dOut === between || grad.accumulate || !fits(rope, grad)) return
    const [inverseAt, ...others] = uses.readers(grad.output)
    const inverse = ops[inverseAt]
    if (inverse?.kind !== 'rope' || others.length > 0 || !inverse.inverse || inverse.eps !== undefined || !uses.own(grad.output)) return
    if (inverse.base !== rope.base || inverse.D !== rope.D || uses.writtenBetween(grad.dOut, gradAt, inverseAt)) return
    changes.set(gradAt, null)
    changes.set(inverseAt, { ...inverse, x: grad.dOut, forward: rope.x, eps: grad.eps })
  }
  changes.set(at, null)
  changes.set(normAt, fused)
}

/** y = R·norm(x): the gradients are a pair of their own, since only the rope reads the norm's output. */
function normThenRope(ops: readonly TapeOp[], uses: Uses, changes: Map<number, TapeOp | null>, at: number, norm: Norm): void {
  const [ropeAt, ...more] = uses.readers(norm.output)
  const rope = ops[ropeAt]
  if (changes.has(at) || changes.has(ropeAt) || more.length > 0 || rope?.kind !== 'rope' || rope.inverse || rope.eps !== undefined) return
  if (!fits(rope, norm) || !uses.own(norm.output) || uses.writtenBetween(norm.x, at, ropeAt)) return
  changes.set(at, null)
  changes.set(ropeAt, { ...rope, x: norm.x, eps: norm.eps })
}

function gradientOfNormThenRope(ops: readonly TapeOp[], uses: Uses, changes: Map<number, TapeOp | null>, at: number, inverse: Rope): void {
  const between = inverse.output
  const [gradAt, ...more] = uses.readers(between)
  const grad = ops[gradAt]
  if (changes.has(at) || changes.has(gradAt) || more.length > 0 || grad?.kind !== 'normGrad' || grad.dOut !== between || grad.accumulate) return
  if (grad.x === between || !fits(inverse, grad) || !uses.own(between) || uses.writtenBetween(inverse.x, at, gradAt)) return
  changes.set(at, null)
  changes.set(gradAt, { ...inverse, output: grad.output, forward: grad.x, eps: grad.eps })
}
