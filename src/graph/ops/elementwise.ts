// Unary and binary elementwise ops. Forward is one primitive; backward multiplies by the primitive's
// derivative and sums over whatever was broadcast.

import { BINARY_OPS, UNARY_OPS, type BinaryOp, type Shape, type UnaryOp } from '../ir'
import { broadcastDims, describeShape, numberAttr, type OpDef, type TapedNode } from '../opDef'
import type { TensorId } from '../tape'
import type { TapeBuilder } from '../tapeBuilder'

const LIMIT = 1e30

function unaryConstants(op: UnaryOp, attrs: TapedNode['node']['attrs']): number[] | undefined {
  if (op === 'softcap') return [attrs.cap as number]
  if (op === 'affine') return [attrs.scale as number, attrs.offset as number]
  return undefined
}

function unary(op: UnaryOp): OpDef {
  return {
    shape(node) {
      if (op === 'softcap') numberAttr(node, 'cap', 1e-6, 1e6)
      if (op === 'affine') {
        numberAttr(node, 'scale', -LIMIT, LIMIT)
        numberAttr(node, 'offset', -LIMIT, LIMIT)
      }
      return node.inputs[0]
    },
    forward(tape, { node, inputs, shape }) {
      return tape.elementwise(op, [inputs[0]], tape.concrete(shape), { constants: unaryConstants(op, node.attrs), name: op })
    },
    backward(tape, { node, inputs, shape }, dOut) {
      const concrete = tape.concrete(shape)
      const input = node.inputs[0]
      if (op === 'affine') {
        const into = tape.destination(input, concrete, 'dAffine')
        tape.elementwise('affine', [dOut], concrete, { constants: [node.attrs.scale as number, 0], into })
        return
      }
      const slope = tape.elementwise(`${op}Slope`, [inputs[0]], concrete, {
        constants: unaryConstants(op, node.attrs),
      })
      tape.elementwise('mul', [dOut, slope], concrete, { into: tape.destination(input, concrete, `d${op}`) })
    },
  }
}

/**
 * Reduces `tensor` (of the broadcast shape) to the shape of input `position` and contributes it.
 * A run of broadcast axes is summed at once; runs are summed one after the other, right to left.
 */
function contributeReduced(tape: TapeBuilder, node: TapedNode, position: number, tensor: TensorId): void {
  const target = padded(node.inputShapes[position], node.shape, tape)
  let shape = tape.concrete(node.shape)
  let current = tensor
  const index = node.node.inputs[position]
  for (let end = shape.length; end > 0; ) {
    if (target[end - 1] === shape[end - 1]) {
      end--
      continue
    }
    let start = end - 1
    while (start > 0 && target[start - 1] !== shape[start - 1]) start--
    const outer = shape.slice(0, start).reduce((n, d) => n * d, 1)
    const reduce = shape.slice(start, end).reduce((n, d) => n * d, 1)
    const inner = shape.slice(end).reduce((n, d) => n * d, 1)
    shape = [...shape.slice(0, start), ...Array<number>(end - start).fill(1), ...shape.slice(end)]
    const last = shape.every((d, i) => d === target[i])
    const exact = tape.concrete(node.inputShapes[position])
    const into = last ? tape.destination(index, exact, 'dReduced') : { tensor: tape.tensor(shape, 'dPartial'), accumulate: false }
    tape.emit({ kind: 'reduceSum', x: current, output: into.tensor, outer, reduce, inner, scale: 1, accumulate: into.accumulate })
    if (last) return
    current = into.tensor
    end = start
  }
  tape.contribute(index, current)
}

/** An input's concrete shape with ones put in front, so that it lines up with the output's. */
function padded(input: Shape, output: Shape, tape: TapeBuilder): number[] {
  const out = tape.concrete(output)
  const own = [...input.dims]
  while (own.length < output.dims.length) own.unshift(1)
  if (output.batch) own.unshift(input.batch ? tape.rows : 1)
  return own.length === out.length ? own : out
}

function binary(op: BinaryOp): OpDef {
  return {
    shape(node) {
      const [a, b] = node.inputs
      const dims = broadcastDims(a.dims, b.dims)
      if (!dims) return node.fail(`cannot broadcast ${describeShape(a)} with ${describeShape(b)}`)
      return { batch: a.batch || b.batch, dims }
    },
    forward(tape, { inputs, inputShapes, shape }) {
      const aligned = inputShapes.map((input) => padded(input, shape, tape))
      return tape.elementwise(op, [...inputs], tape.concrete(shape), { name: op, inputShapes: aligned })
    },
    backward(tape, node, dOut) {
      const concrete = tape.concrete(node.shape)
      const [a, b] = node.inputs
      const shapes = new Map<TensorId, number[]>(node.inputs.map((t, i) => [t, padded(node.inputShapes[i], node.shape, tape)]))
      const term = (fn: string, inputs: TensorId[]) =>
        tape.elementwise(fn, inputs, concrete, { inputShapes: inputs.map((t) => shapes.get(t) ?? concrete) })
      const gradients: Record<BinaryOp, [() => TensorId, () => TensorId]> = {
        add: [() => dOut, () => dOut],
        sub: [() => dOut, () => term('neg', [dOut])],
        mul: [() => term('mul', [dOut, b]), () => term('mul', [dOut, a])],
        div: [
          () => term('div', [dOut, b]),
          () => term('neg', [term('div', [term('mul', [dOut, a]), term('square', [b])])]),
        ],
        // a tie gives the gradient to the first input
        maximum: [() => term('mul', [dOut, term('atLeast', [a, b])]), () => term('mul', [dOut, term('above', [b, a])])],
        minimum: [() => term('mul', [dOut, term('atLeast', [b, a])]), () => term('mul', [dOut, term('above', [a, b])])],
      }
      for (const position of [0, 1] as const)
        if (tape.needs(node.node.inputs[position])) contributeReduced(tape, node, position, gradients[op][position]())
    },
  }
}

export const elementwiseOps = Object.fromEntries([
  ...UNARY_OPS.map((op) => [op, unary(op)]),
  ...BINARY_OPS.map((op) => [op, binary(op)]),
]) as Record<UnaryOp | BinaryOp, OpDef>
