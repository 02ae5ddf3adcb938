// Kernels that sum along the middle axis of [outer,reduce,inner]: bias gradients, gradients of broadcast
// parameters, sums over the last dimension, losses.

import { grid, type Capabilities, type Kernel, type Lowering } from '../kernel'
import { flatLayout, powerOfTwo, rowKernel, type Layout } from './launch'
import source from '../../../shaders/reduce_sum.wgsl?raw'

export interface ReduceShape {
  outer: number
  /** length of the summed axis */
  reduce: number
  inner: number
  scale: number
  /** add to y instead of overwriting it */
  accumulate: boolean
}

/** The shape in loads: vec4 along i, or along r (`across`) when there is no i, or single floats. */
interface View {
  outer: number
  length: number
  inner: number
  V: string
  across: boolean
}

/**
 * y[o,i] (+)= scale · Σ_r x[o,r,i], in a fixed order.
 * Few long sums are cut into stretches (scratch `partial`) that a second kernel adds up.
 * Bindings: x [outer,reduce,inner], y [outer,inner].
 */
export function reduceSum(shape: ReduceShape, caps: Capabilities): Lowering {
  const { outer, inner } = shape
  const splits = splitsFor(viewOf(shape), caps)
  if (splits === 1) return { kernels: [sumKernel(shape, 1, ['x', 'y!'], caps)] }
  const first = sumKernel({ ...shape, scale: 1, accumulate: false }, splits, ['x', 'partial!'], caps)
  const second = sumKernel({ ...shape, reduce: splits }, 1, ['partial', 'y!'], caps)
  return { kernels: [first, second], scratch: { partial: 4 * outer * splits * inner } }
}

function viewOf({ outer, reduce, inner }: ReduceShape): View {
  if (inner % 4 === 0) return { outer, length: reduce, inner: inner / 4, V: 'vec4f', across: false }
  if (inner === 1 && reduce % 4 === 0) return { outer, length: reduce / 4, inner, V: 'vec4f', across: true }
  return { outer, length: reduce, inner, V: 'f32', across: false }
}

/** Enough stretches to occupy the adapter, none too short to be worth it, and few enough to add up again. */
function splitsFor({ outer, length, inner }: View, caps: Capabilities): number {
  const lanes = caps.software ? 1 : lanesFor(length, inner)
  const occupied = (caps.software ? 256 : 32768) / (outer * inner * lanes)
  const worthwhile = length / (caps.software ? 32 : 8 * lanes)
  return Math.max(1, Math.min(256, Math.ceil(occupied), Math.floor(worthwhile)))
}

/** GPU lanes per sum: eight across many columns, as many as there are loads along few. */
function lanesFor(length: number, inner: number): number {
  return Math.min(powerOfTwo(length), inner >= 16 ? 8 : length >= 1024 ? 256 : 64)
}

function sumKernel(shape: ReduceShape, splits: number, bindings: string[], caps: Capabilities): Kernel {
  const { outer, length, inner, V, across } = viewOf(shape)
  const stretch = Math.ceil(length / splits)
  const sums = outer * splits * inner
  const columns = inner >= 16 ? 32 : 1
  const layout = caps.software ? flatLayout(sums, caps) : laneLayout(sums, lanesFor(stretch, inner), columns, caps)
  const { lanes, workgroup } = layout
  return rowKernel('reduce_sum', source, bindings, layout, {
    V,
    VEC: V === 'vec4f' ? 4 : 1,
    Y: across ? 'f32' : V,
    ACROSS: across,
    OUTER: outer,
    LENGTH: length,
    INNER: inner,
    SPLITS: splits,
    STRETCH: stretch,
    OUTS: workgroup / lanes,
    UNROLL: lanes > 1 ? 1 : 4,
    LANE_STEP: lanes > 1 ? columns : 1,
    OUT_STEP: columns > 1 ? 1 : lanes,
    SCALE: shape.scale,
    ACCUMULATE: shape.accumulate,
  })
}

function laneLayout(sums: number, lanes: number, columns: number, caps: Capabilities): Layout {
  const workgroup = Math.max(64, lanes * columns)
  return { lanes, workgroup, workgroups: grid(Math.ceil((sums * lanes) / workgroup), caps) }
}
