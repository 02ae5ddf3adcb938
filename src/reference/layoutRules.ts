// Node rules of the reductions and of the ops that move elements: attributes and shapes for layout.ts.

import { LabError } from '../core/errors'
import type { GraphNode, Shape } from '../graph/ir'
import {
  concatBackward,
  concatForward,
  meanBackward,
  meanForward,
  sliceBackward,
  sliceForward,
  sumBackward,
  sumForward,
  transposeBackward,
  transposeForward,
} from './layout'
import { fullShape, numberAttr, rowsOf, type NodeRule, type NodeRun } from './value'

function listAttr(node: GraphNode, name: string): number[] {
  const value = node.attrs[name]
  if (Array.isArray(value)) return value
  throw new LabError('program.graph', `${node.op} needs the list "${name}".`, { hint: `Give ${node.op} a ${name}.` })
}

/** Axis counted over the full shape; a negative one counts from the end. */
function fullAxis(node: GraphNode, { batch, dims }: Shape): number {
  const axis = numberAttr(node, 'axis')
  return (axis < 0 ? axis + dims.length : axis) + (batch ? 1 : 0)
}

/** Permutation of the full shape; the batch axis stays first. */
function fullPerm(node: GraphNode, { batch }: Shape): number[] {
  const perm = listAttr(node, 'perm')
  return batch ? [0, ...perm.map((axis) => axis + 1)] : perm
}

/** Dims of a tensor whose length along the full axis becomes `length`. */
function resized({ batch, dims }: Shape, axis: number, length: number): Shape {
  return { batch, dims: dims.map((d, i) => (i + (batch ? 1 : 0) === axis ? length : d)) }
}

function sliceRange({ node, inputs: [x] }: NodeRun) {
  return { axis: fullAxis(node, x.shape), start: numberAttr(node, 'start'), end: numberAttr(node, 'end') }
}

function reductionRule(forward: typeof sumForward, backward: typeof sumBackward): NodeRule {
  return {
    forward: ({ inputs: [x] }) => ({
      data: forward(x.data, rowsOf(x)),
      shape: { batch: x.shape.batch, dims: [...x.shape.dims.slice(0, -1), 1] },
    }),
    backward: ({ inputs: [x] }, _output, dOut) => [backward(dOut, rowsOf(x))],
  }
}

const reshape: NodeRule = {
  forward: ({ node, inputs: [x] }) => ({
    data: x.data,
    shape: { batch: x.shape.batch, dims: listAttr(node, 'dims') },
  }),
  backward: (_run, _output, dOut) => [dOut],
}

const transpose: NodeRule = {
  forward(run) {
    const { node, inputs } = run
    const [{ data, shape }] = inputs
    const perm = fullPerm(node, shape)
    const dims = listAttr(node, 'perm').map((axis) => shape.dims[axis])
    return { data: transposeForward(data, fullShape(shape, run), perm), shape: { batch: shape.batch, dims } }
  },
  backward(run, _output, dOut) {
    const { shape } = run.inputs[0]
    return [transposeBackward(dOut, fullShape(shape, run), fullPerm(run.node, shape))]
  },
}

const slice: NodeRule = {
  forward(run) {
    const { data, shape } = run.inputs[0]
    const range = sliceRange(run)
    return {
      data: sliceForward(data, fullShape(shape, run), range),
      shape: resized(shape, range.axis, range.end - range.start),
    }
  },
  backward(run, _output, dOut) {
    return [sliceBackward(dOut, fullShape(run.inputs[0].shape, run), sliceRange(run))]
  },
}

const concat: NodeRule = {
  forward(run) {
    const { node, inputs } = run
    const { shape } = inputs[0]
    const axis = fullAxis(node, shape)
    const shapes = inputs.map((input) => fullShape(input.shape, run))
    const data = concatForward(
      inputs.map((input) => input.data),
      shapes,
      axis,
    )
    const length = shapes.reduce((n, full) => n + full[axis], 0)
    return { data, shape: resized(shape, axis, length) }
  },
  backward(run, _output, dOut) {
    const { node, inputs } = run
    const shapes = inputs.map((input) => fullShape(input.shape, run))
    return concatBackward(dOut, shapes, fullAxis(node, inputs[0].shape))
  },
}

export const layoutRules = {
  sum: reductionRule(sumForward, sumBackward),
  mean: reductionRule(meanForward, meanBackward),
  reshape,
  transpose,
  slice,
  concat,
}
