// What the graph must know of an op: how its shape follows from its inputs, which tape ops compute it,
// and which compute its gradient. The three stand together so that they cannot drift apart.

import type { GraphNode, Shape } from './ir'
import type { TapeBuilder } from './tapeBuilder'
import type { TensorId } from './tape'

/** A node whose shape is known. `fail` throws program.graph naming the line of train.js and the op. */
export interface ShapedNode {
  node: GraphNode
  inputs: readonly Shape[]
  fail(message: string): never
}

/** A node whose forward ops are on the tape. */
export interface TapedNode {
  index: number
  node: GraphNode
  shape: Shape
  inputShapes: readonly Shape[]
  /** tensor of each input */
  inputs: readonly TensorId[]
  output: TensorId
  /** what forward kept for backward (attention's log-sum-exp) */
  saved: TensorId[]
}

export interface OpDef {
  shape(node: ShapedNode): Shape
  /** Emits the ops and returns the output tensor (which may be an input's own: a view). */
  forward(tape: TapeBuilder, node: Omit<TapedNode, 'output'>): TensorId
  /** Emits the gradient ops: contributes to each input that needs one. */
  backward(tape: TapeBuilder, node: TapedNode, dOut: TensorId): void
}

/** Right-aligned (NumPy) broadcast of two dims lists; null when they do not match. */
export function broadcastDims(a: readonly number[], b: readonly number[]): number[] | null {
  const length = Math.max(a.length, b.length)
  const out: number[] = []
  for (let i = 0; i < length; i++) {
    const x = a[a.length - length + i] ?? 1
    const y = b[b.length - length + i] ?? 1
    if (x !== y && x !== 1 && y !== 1) return null
    out.push(x === 1 ? y : x)
  }
  return out
}

export function describeShape(shape: Shape): string {
  return `[${[...(shape.batch ? ['B', 'T'] : []), ...shape.dims].join(', ')}]`
}

/** Reads a required integer attribute. */
export function intAttr(node: ShapedNode, name: string, min: number, max: number): number {
  const value = node.node.attrs[name]
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    node.fail(`${name} must be an integer from ${min} to ${max}, got ${JSON.stringify(value)}`)
  return value as number
}

/** Reads a required finite number attribute in [min, max]. */
export function numberAttr(node: ShapedNode, name: string, min: number, max: number): number {
  const value = node.node.attrs[name]
  if (typeof value !== 'number' || !Number.isFinite(value) || value < min || value > max)
    node.fail(`${name} must be a number from ${min} to ${max}, got ${JSON.stringify(value)}`)
  return value as number
}

export function intsAttr(node: ShapedNode, name: string): number[] {
  const value = node.node.attrs[name]
  if (!Array.isArray(value) || !value.every((v) => Number.isInteger(v))) node.fail(`${name} must be a list of integers`)
  return value as number[]
}

export function product(dims: readonly number[]): number {
  return dims.reduce((n, d) => n * d, 1)
}
