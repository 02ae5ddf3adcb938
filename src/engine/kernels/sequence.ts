// Ops that look along T: shift and depthwise causal convolution.

import convForwardSource from '../../../shaders/conv_forward.wgsl?raw'
import convInputSource from '../../../shaders/conv_backward_input.wgsl?raw'
import convWeightSource from '../../../shaders/conv_backward_weight.wgsl?raw'
import convWeightSumSource from '../../../shaders/conv_backward_weight_sum.wgsl?raw'
import shiftSource from '../../../shaders/shift_apply.wgsl?raw'
import type { Capabilities, Lowering } from '../kernel'
import { stridedKernel } from './launch'

export interface SequenceShape {
  B: number
  T: number
  C: number
}

export interface ConvShape extends SequenceShape {
  /** taps a channel */
  K: number
}

/** Tokens summed by one thread of the first stage of convWeightGrad. */
const SLICE = 64

/**
 * Moves every sequence along T, filling with zeros.
 * y[b,t] = x[b,t−by]; a negative `by` is the gradient of the positive one
 * Bindings: x [B,T,C], y [B,T,C] overwritten.
 */
export function shift({ B, T, C, by }: SequenceShape & { by: number }, caps: Capabilities): Lowering {
  const W = C % 4 === 0 ? 4 : 1
  const NV = C / W
  const vars = { T, NV, VEC: W === 4 ? 'vec4f' : 'f32', by: Math.max(-T, Math.min(T, by)) }
  return { kernels: [stridedKernel('shift_apply', shiftSource, ['x', 'y!'], B * T * NV, vars, caps)] }
}

/**
 * Depthwise causal convolution.
 * y[b,t,c] = Σ_k w[c,k]·x[b,t−k,c]
 * Bindings: x [B,T,C], w [C,K], y [B,T,C] overwritten.
 */
export function convForward(shape: ConvShape, caps: Capabilities): Lowering {
  const count = shape.B * shape.T * shape.C
  const flops = 2 * count * shape.K
  const kernel = stridedKernel('conv_forward', convForwardSource, ['x', 'w', 'y!'], count, { ...shape }, caps)
  return { kernels: [{ ...kernel, flops }] }
}

/**
 * Gradient of convForward by its input.
 * dX[b,t,c] = Σ_k w[c,k]·dOut[b,t+k,c]
 * Bindings: dOut [B,T,C], w [C,K], dX [B,T,C] overwritten.
 */
export function convInputGrad(shape: ConvShape, caps: Capabilities): Lowering {
  const count = shape.B * shape.T * shape.C
  const flops = 2 * count * shape.K
  const kernel = stridedKernel('conv_backward_input', convInputSource, ['dOut', 'w', 'dX!'], count, { ...shape }, caps)
  return { kernels: [{ ...kernel, flops }] }
}

/**
 * Gradient of convForward by its taps, in two stages with a fixed order of sums.
 * dW[c,k] = Σ_{b,t} dOut[b,t,c]·x[b,t−k,c]
 * Bindings: dOut [B,T,C], x [B,T,C], dW [C,K] overwritten, or added to with `accumulate`.
 */
export function convWeightGrad(shape: ConvShape & { accumulate: boolean }, caps: Capabilities): Lowering {
  const { B, T, C, K, accumulate } = shape
  const S = Math.ceil((B * T) / SLICE)
  const partials = S * K * C
  const vars = { B, T, C, K, S, SLICE, ACCUMULATE: accumulate }
  const flops = 2 * B * T * C * K
  const slices = stridedKernel('conv_backward_weight', convWeightSource, ['dOut', 'x', 'partial!'], partials, vars, caps)
  const sum = stridedKernel('conv_backward_weight_sum', convWeightSumSource, ['partial', 'dW!'], C * K, vars, caps)
  return {
    kernels: [{ ...slices, flops }, sum],
    scratch: { partial: partials * 4 },
  }
}
