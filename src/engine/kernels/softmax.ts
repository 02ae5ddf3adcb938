// Kernels of softmax over the last dimension.

import type { Capabilities, Lowering } from '../kernel'
import { rowKernel, rowLayout, vectorVars } from './launch'
import softmaxBackwardSource from '../../../shaders/softmax_backward.wgsl?raw'
import softmaxForwardSource from '../../../shaders/softmax_forward.wgsl?raw'

export interface SoftmaxShape {
  rows: number
  /** length of the last dimension */
  C: number
}

/**
 * Probabilities of each row: y = exp(x − max) / Σ exp(x − max).
 * Bindings: x [rows,C], y [rows,C] overwritten.
 */
export function softmaxForward(shape: SoftmaxShape, caps: Capabilities): Lowering {
  return lower('softmax_forward', softmaxForwardSource, ['x', 'y!'], shape, caps)
}

/**
 * Gradient of softmaxForward: dX = y·(dOut − Σ dOut·y).
 * Bindings: dOut [rows,C], y [rows,C] the forward's output, dX [rows,C] overwritten.
 */
export function softmaxBackward(shape: SoftmaxShape, caps: Capabilities): Lowering {
  return lower('softmax_backward', softmaxBackwardSource, ['dOut', 'y', 'dX!'], shape, caps)
}

function lower(
  name: string,
  source: string,
  bindings: string[],
  { rows, C }: SoftmaxShape,
  caps: Capabilities,
): Lowering {
  const vector = vectorVars(C)
  const layout = rowLayout(rows, vector.UNITS, caps)
  return { kernels: [rowKernel(name, source, bindings, layout, { ...vector, ROWS: rows })] }
}
