// What the model oracle passes between nodes.

import { LabError } from '../core/errors'
import type { GraphNode, Shape } from '../graph/ir'

/** A tensor: row-major, [B·T, ...dims] when shape.batch, else [...dims]. */
export interface Value {
  data: Float64Array
  shape: Shape
}

/** One execution of a node. */
export interface NodeRun {
  node: GraphNode
  inputs: readonly Value[]
  B: number
  T: number
}

export interface NodeRule {
  forward(run: NodeRun): Value
  /** One gradient per input, new or dOut itself; null for inputs that have none (token ids). */
  backward(run: NodeRun, output: Value, dOut: Float64Array): (Float64Array | null)[]
}

/** Product of lengths. */
export function volume(dims: readonly number[]): number {
  return dims.reduce((n, d) => n * d, 1)
}

/** Lengths including the leading B·T of an activation. */
export function fullShape(shape: Shape, { B, T }: { B: number; T: number }): number[] {
  return shape.batch ? [B * T, ...shape.dims] : [...shape.dims]
}

/** Reads a numeric attribute. */
export function numberAttr(node: GraphNode, name: string): number {
  const value = node.attrs[name]
  if (typeof value === 'number') return value
  throw new LabError('program.graph', `${node.op} needs the number "${name}".`, { hint: `Give ${node.op} a ${name}.` })
}

/** Rows and channels of a tensor seen as [rows, C], C the last dim. */
export function rowsOf({ data, shape }: Value): { rows: number; C: number } {
  const C = shape.dims[shape.dims.length - 1]
  return { rows: data.length / C, C }
}
