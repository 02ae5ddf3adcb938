// Elementwise work on what a matrix product makes is done while the product still holds it: bias, residual, activation,
// the slope of an activation. Saves a dispatch and a trip through memory each.

import type { Epilogue, TapeOp, TapeTensor } from '../tape'
import { rewritten, Uses } from './uses'

type Matmul = Extract<TapeOp, { kind: 'matmul' }>
type Elementwise = Extract<TapeOp, { kind: 'elementwise' }>

/** Storage buffers that WebGPU guarantees a shader. */
const MAX_BUFFERS = 8
/** The steps are repeated for every vec4 of a register tile: long chains would make slow shaders to compile. */
const MAX_STEPS = 12

/**
 * Moves an elementwise op into the product whose output it reads, when everything else it reads is there by then and
 * nothing changes in between. The product's plain output stays (`pre`) where others read it.
 */
export function fuseEpilogues(tensors: readonly TapeTensor[], ops: readonly TapeOp[]): TapeOp[] {
  const uses = new Uses(tensors, ops)
  const changes = new Map<number, TapeOp | null>()
  for (const [at, op] of ops.entries()) {
    if (op.kind !== 'elementwise' || op.steps.length > MAX_STEPS) continue
    // the latest product: the other inputs have the best chance to be there
    const products = op.inputs.map((id) => uses.writers(id).at(-1) ?? -1).sort((a, b) => b - a)
    for (const made of products) {
      const product = ops[made]
      if (product?.kind !== 'matmul' || made > at || changes.has(made)) continue
      const fused = fuse(tensors, uses, product, made, op, at)
      if (!fused) continue
      changes.set(made, fused)
      changes.set(at, null)
      break
    }
  }
  return rewritten(ops, changes)
}

function fuse(tensors: readonly TapeTensor[], uses: Uses, product: Matmul, made: number, op: Elementwise, at: number): Matmul | null {
  const { output, M, N } = product
  const slot = op.inputs.indexOf(output)
  if (product.accumulate || product.epilogue || slot < 0 || tensors[output].size !== M * N || uses.writers(output)[0] !== made) return null
  if (uses.writtenBetween(output, made, at)) return null
  const shapes = op.inputShapes.map((shape) => asMatrix(shape, op.shape, M, N))
  // another slot may hold the product as well, but only whole
  const whole = op.inputs.every((id, i) => id !== output || isFull(shapes[i], M, N))
  if (!whole || !isFull(asMatrix(op.shape, op.shape, M, N), M, N)) return null
  const others = op.inputs.flatMap((id, i) => (id === output ? [] : [{ id, shape: shapes[i] }]))
  if (others.some(({ id, shape }) => shape === null || uses.writers(id).some((writer) => writer >= made && writer < at))) return null
  if (others.some(({ id }) => id === op.output)) return null
  const touched = [...uses.readers(op.output), ...uses.writers(op.output)]
  if (touched.some((other) => other > made && other < at)) return null
  const kept = uses.readers(output).length > 1 || !uses.own(output)
  const buffers = 3 + (product.scale === undefined ? 0 : 1) + others.length + (kept ? 1 : 0)
  if (buffers > MAX_BUFFERS) return null
  const argument = (a: number) => (a < 0 ? a : op.inputs[a] === output ? 0 : 1 + op.inputs.slice(0, a).filter((id) => id !== output).length)
  const epilogue: Epilogue = {
    inputs: others.map(({ id }) => id),
    inputShapes: others.map(({ shape }) => shape!),
    steps: op.steps.map((step) => ({ ...step, args: step.args.map(argument) })),
    pre: kept ? output : null,
  }
  return { ...product, output: op.output, accumulate: op.accumulate, epilogue }
}

function isFull(shape: readonly number[] | null, M: number, N: number): boolean {
  return shape !== null && shape[0] === M && shape[1] === N
}

/** An input's shape over `shape`, seen as [M or 1, N or 1]; null when it is broadcast some other way. */
function asMatrix(input: readonly number[], shape: readonly number[], M: number, N: number): [number, number] | null {
  const product = (dims: readonly number[]) => dims.reduce((n, d) => n * d, 1)
  if (product(shape) !== M * N) return null
  if (product(input) === M * N) return [M, N]
  if (product(input) === 1) return [1, 1]
  let axis = shape.length
  while (axis > 0 && product(shape.slice(axis)) < N) axis--
  if (product(shape.slice(axis)) !== N) return null
  const [rows, cols] = [product(input.slice(0, axis)), product(input.slice(axis))]
  return (rows === M || rows === 1) && (cols === N || cols === 1) ? [rows, cols] : null
}
