// Moving data without arithmetic. A reshape costs nothing (a view); the others are strided copies.

import { describeShape, intAttr, intsAttr, product, type OpDef, type ShapedNode } from '../opDef'
import type { TapeBuilder } from '../tapeBuilder'

/** Row-major strides. */
function strides(shape: readonly number[]): number[] {
  const out = Array<number>(shape.length).fill(1)
  for (let i = shape.length - 2; i >= 0; i--) out[i] = out[i + 1] * shape[i + 1]
  return out
}

function axisAttr(node: ShapedNode): number {
  const rank = node.inputs[0].dims.length
  const axis = intAttr(node, 'axis', -rank, rank - 1)
  return axis < 0 ? axis + rank : axis
}

/** Axis counted over dims → axis of the concrete tensor. */
function concreteAxis(attr: number, rank: number, batch: boolean): number {
  return (attr < 0 ? attr + rank : attr) + (batch ? 1 : 0)
}

export const reshape: OpDef = {
  shape(node) {
    const dims = intsAttr(node, 'dims')
    if (dims.some((d) => d < 1)) node.fail(`dims must be positive, got [${dims.join(', ')}]`)
    const input = node.inputs[0]
    if (product(dims) !== product(input.dims))
      node.fail(`cannot reshape ${describeShape(input)} to dims [${dims.join(', ')}]: ${product(input.dims)} is not ${product(dims)} elements`)
    return { batch: input.batch, dims }
  },
  forward(_tape, { inputs }) {
    return inputs[0]
  },
  backward(tape, { node }, dOut) {
    tape.contribute(node.inputs[0], dOut)
  },
}

export const transpose: OpDef = {
  shape(node) {
    const perm = intsAttr(node, 'perm')
    const { batch, dims } = node.inputs[0]
    if ([...perm].sort((a, b) => a - b).join() !== dims.map((_, i) => i).join())
      node.fail(`perm must reorder the ${dims.length} dims of ${describeShape(node.inputs[0])}, got [${perm.join(', ')}]`)
    return { batch, dims: perm.map((p) => dims[p]) }
  },
  forward(tape, { node, inputs, inputShapes, shape }) {
    const perm = concretePerm(node.attrs.perm as number[], shape.batch)
    return permute(tape, inputs[0], tape.concrete(inputShapes[0]), perm)
  },
  backward(tape, { node, shape }, dOut) {
    const perm = concretePerm(node.attrs.perm as number[], shape.batch)
    const inverse = perm.map((_, i) => perm.indexOf(i))
    tape.contribute(node.inputs[0], permute(tape, dOut, tape.concrete(shape), inverse))
  },
}

function concretePerm(perm: number[], batch: boolean): number[] {
  return batch ? [0, ...perm.map((p) => p + 1)] : perm
}

function permute(tape: TapeBuilder, x: number, shape: number[], perm: number[]): number {
  const from = strides(shape)
  const dims = perm.map((p) => shape[p])
  const output = tape.tensor(dims, 'transpose')
  const inStrides = perm.map((p) => from[p])
  tape.emit({ kind: 'copy', x, output, dims, inStrides, inOffset: 0, outStrides: strides(dims), outOffset: 0, accumulate: false })
  return output
}

export const slice: OpDef = {
  shape(node) {
    const axis = axisAttr(node)
    const { batch, dims } = node.inputs[0]
    const start = intAttr(node, 'start', 0, dims[axis] - 1)
    const end = intAttr(node, 'end', start + 1, dims[axis])
    return { batch, dims: dims.map((d, i) => (i === axis ? end - start : d)) }
  },
  forward(tape, { node, inputs, inputShapes, shape }) {
    const output = tape.tensor(tape.concrete(shape), 'slice')
    const window = sliceWindow(tape, node.attrs, inputShapes[0])
    const dims = tape.concrete(shape)
    tape.emit({ kind: 'copy', x: inputs[0], output, dims, inStrides: window.strides, inOffset: window.offset, outStrides: strides(dims), outOffset: 0, accumulate: false }) // prettier-ignore
    return output
  },
  backward(tape, { node, inputShapes, shape }, dOut) {
    const output = tape.tensor(tape.concrete(inputShapes[0]), 'dSlice')
    const window = sliceWindow(tape, node.attrs, inputShapes[0])
    const dims = tape.concrete(shape)
    tape.emit({ kind: 'fill', output, value: 0 })
    tape.emit({ kind: 'copy', x: dOut, output, dims, inStrides: strides(dims), inOffset: 0, outStrides: window.strides, outOffset: window.offset, accumulate: false }) // prettier-ignore
    tape.contribute(node.inputs[0], output)
  },
}

function sliceWindow(tape: TapeBuilder, attrs: Record<string, unknown>, input: { batch: boolean; dims: readonly number[] }) {
  const full = strides(tape.concrete(input))
  const axis = concreteAxis(attrs.axis as number, input.dims.length, input.batch)
  return { strides: full, offset: (attrs.start as number) * full[axis] }
}

export const concat: OpDef = {
  shape(node) {
    const axis = axisAttr(node)
    const [first, ...rest] = node.inputs
    let total = first.dims[axis]
    for (const other of rest) {
      const fits = other.batch === first.batch && other.dims.length === first.dims.length
      if (!fits || other.dims.some((d, i) => i !== axis && d !== first.dims[i]))
        node.fail(`cannot join ${describeShape(first)} and ${describeShape(other)} along axis ${axis}`)
      total += other.dims[axis]
    }
    return { batch: first.batch, dims: first.dims.map((d, i) => (i === axis ? total : d)) }
  },
  forward(tape, { node, inputs, inputShapes, shape }) {
    const output = tape.tensor(tape.concrete(shape), 'concat')
    const outStrides = strides(tape.concrete(shape))
    const axis = concreteAxis(node.attrs.axis as number, shape.dims.length, shape.batch)
    let at = 0
    for (const [i, x] of inputs.entries()) {
      const dims = tape.concrete(inputShapes[i])
      tape.emit({ kind: 'copy', x, output, dims, inStrides: strides(dims), inOffset: 0, outStrides, outOffset: at * outStrides[axis], accumulate: false }) // prettier-ignore
      at += dims[axis]
    }
    return output
  },
  backward(tape, { node, inputShapes, shape }, dOut) {
    const inStrides = strides(tape.concrete(shape))
    const axis = concreteAxis(node.attrs.axis as number, shape.dims.length, shape.batch)
    let at = 0
    for (const [i, input] of node.inputs.entries()) {
      const dims = tape.concrete(inputShapes[i])
      const inOffset = at * inStrides[axis]
      at += dims[axis]
      if (!tape.needs(input)) continue
      const into = tape.destination(input, dims, 'dConcat')
      tape.emit({ kind: 'copy', x: dOut, output: into.tensor, dims, inStrides, inOffset, outStrides: strides(dims), outOffset: 0, accumulate: into.accumulate }) // prettier-ignore
    }
  },
}
