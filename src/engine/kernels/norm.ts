// Kernels of the two parameter-free normalisations over the last dimension.

import type { Capabilities, Lowering } from '../kernel'
import { rowKernel, rowLayout, vectorVars } from './launch'
import layernormBackward from '../../../shaders/layernorm_backward.wgsl?raw'
import layernormForward from '../../../shaders/layernorm_forward.wgsl?raw'
import rmsnormBackward from '../../../shaders/rmsnorm_backward.wgsl?raw'
import rmsnormForward from '../../../shaders/rmsnorm_forward.wgsl?raw'

export interface NormShape {
  rows: number
  /** length of the normalised last dimension */
  C: number
  /** added under the root */
  eps: number
}

/**
 * Divides each row by its root mean square: y = x / √(mean(x²) + eps).
 * Bindings: x [rows,C], y [rows,C] overwritten.
 * Source: Zhang & Sennrich 2019, arXiv:1910.07467
 */
export function rmsNormForward(shape: NormShape, caps: Capabilities): Lowering {
  return lower('rmsnorm_forward', rmsnormForward, ['x', 'y!'], 'f32', shape, caps)
}

/**
 * Gradient of rmsNormForward: dX = r·(dOut − x·r²·mean(dOut·x)).
 * Bindings: dOut [rows,C], x [rows,C] the forward's input, dX [rows,C] overwritten.
 */
export function rmsNormBackward(shape: NormShape, caps: Capabilities): Lowering {
  return lower('rmsnorm_backward', rmsnormBackward, ['dOut', 'x', 'dX!'], 'vec2f', shape, caps)
}

/**
 * Brings each row to mean 0 and variance 1: y = (x − mean) / √(var + eps).
 * Bindings: x [rows,C], y [rows,C] overwritten.
 * Source: Ba et al. 2016, arXiv:1607.06450
 */
export function layerNormForward(shape: NormShape, caps: Capabilities): Lowering {
  return lower('layernorm_forward', layernormForward, ['x', 'y!'], 'vec2f', shape, caps)
}

/**
 * Gradient of layerNormForward: dX = r·(dOut − mean(dOut) − n·mean(dOut·n)), n the normalised row.
 * Bindings: dOut [rows,C], x [rows,C] the forward's input, dX [rows,C] overwritten.
 */
export function layerNormBackward(shape: NormShape, caps: Capabilities): Lowering {
  return lower('layernorm_backward', layernormBackward, ['dOut', 'x', 'dX!'], 'vec4f', shape, caps)
}

function lower(
  name: string,
  source: string,
  bindings: string[],
  SUM: string,
  { rows, C, eps }: NormShape,
  caps: Capabilities,
): Lowering {
  const vector = vectorVars(C)
  const layout = rowLayout(rows, vector.UNITS, caps)
  const kernel = rowKernel(name, source, bindings, layout, { ...vector, SUM, ROWS: rows, C, EPS: eps })
  return { kernels: [kernel] }
}
