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
  /** gradients: add to dX instead of overwriting it */
  accumulate?: boolean
  /** rmsNormBackward: read each row's factor instead of working it out again */
  rstd?: boolean
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
 * The factor that rmsNormForward multiplies each row by: rstd = 1 / √(mean(x²) + eps).
 * Bindings: x [rows,C], rstd [rows] overwritten.
 */
export function rmsNormScale(shape: NormShape, caps: Capabilities): Lowering {
  return lower('rmsnorm_scale', rmsnormForward, ['x', 'rstd!'], 'f32', shape, caps, true)
}

/**
 * Gradient of rmsNormForward: dX (+)= r·(dOut − x·r²·mean(dOut·x)).
 * Bindings: dOut [rows,C], x [rows,C] the forward's input, dX [rows,C], and with `rstd` rstds [rows].
 */
export function rmsNormBackward(shape: NormShape, caps: Capabilities): Lowering {
  const bindings = ['dOut', 'x', 'dX!', ...(shape.rstd ? ['rstds'] : [])]
  return lower('rmsnorm_backward', rmsnormBackward, bindings, shape.rstd ? 'f32' : 'vec2f', shape, caps)
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
 * Gradient of layerNormForward: dX (+)= r·(dOut − mean(dOut) − n·mean(dOut·n)), n the normalised row.
 * Bindings: dOut [rows,C], x [rows,C] the forward's input, dX [rows,C].
 */
export function layerNormBackward(shape: NormShape, caps: Capabilities): Lowering {
  return lower('layernorm_backward', layernormBackward, ['dOut', 'x', 'dX!'], 'vec4f', shape, caps)
}

function lower(
  name: string,
  source: string,
  bindings: string[],
  SUM: string,
  { rows, C, eps, accumulate, rstd = false }: NormShape,
  caps: Capabilities,
  SCALE = false,
): Lowering {
  const vector = vectorVars(C)
  const layout = rowLayout(rows, vector.UNITS, caps)
  const vars = { ...vector, SUM, ROWS: rows, C, EPS: eps, RSTD: rstd, SCALE, PUT: accumulate ? '+=' : '=' }
  const kernel = rowKernel(name, source, bindings, layout, vars)
  return { kernels: [kernel] }
}
