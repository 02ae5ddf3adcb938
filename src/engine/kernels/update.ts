// Kernels of the optimiser rules that look at one element at a time, over the whole parameter arena at once.

import type { Capabilities, Lowering } from '../kernel'
import { flatLayout, powerOfTwo, rowKernel, rowLayout } from './launch'
import finalSource from '../../../shaders/grad_norm_final.wgsl?raw'
import partialSource from '../../../shaders/grad_norm_partial.wgsl?raw'
import updateSource from '../../../shaders/update_elementwise.wgsl?raw'

/** Floats per row of `hyper`. */
export const HYPER_STRIDE = 16

/**
 * Columns of `hyper`, f32 [groups,16], rewritten by the CPU every step. lr and weightDecay carry the schedule,
 * momentum the ramp; bias1 = 1 − β1^step and bias2 = 1 − β2^step; clip and emaDecay are the same in every row.
 */
export const HYPER = {
  rule: 0,
  lr: 1,
  beta1: 2,
  beta2: 3,
  eps: 4,
  weightDecay: 5,
  momentum: 6,
  bias1: 7,
  bias2: 8,
  clip: 9,
  emaDecay: 10,
} as const

/** Values of HYPER.rule. Blocks of a muon group get only their average here; see muon.ts for the rest. */
export const RULE_CODE = { adamw: 0, lion: 1, sgd: 2, muon: 3 } as const

/** The arena is divided into blocks of this many floats; a block belongs to one group. */
export const BLOCK = 64

/** In groupOf: leave the block alone, its average too. */
export const SKIP_BLOCK = 0xffffffff

export interface UpdateShape {
  /** floats of the arena, a multiple of 64 */
  count: number
  /** scale gradients by min(1, clip / gradNorm) */
  clip: boolean
  /** keep averaged weights: ema = d·ema + (1 − d)·w; run it after muonApply so that it sees the new weights */
  ema: boolean
}

/**
 * One optimiser step of every adamw, lion and sgd block; formulas in src/graph/program.ts.
 * Bindings: params, grads, m, v (f32 [count]; all but grads in place), groupOf u32 [count/64], hyper
 * f32 [groups,16] (HYPER), then gradNorm f32 [1] with `clip`, then ema f32 [count] in place with `ema`.
 */
export function updateElementwise({ count, clip, ema }: UpdateShape, caps: Capabilities): Lowering {
  const perInvocation = caps.software ? BLOCK / 4 : 1
  const layout = flatLayout(count / 4 / perInvocation, caps)
  const bindings = ['params!', 'grads', 'm!', 'v!', 'groupOf', 'hyper']
  const CLIP_AT = bindings.length
  if (clip) bindings.push('gradNorm')
  const EMA_AT = bindings.length
  if (ema) bindings.push('ema!')
  const vars = { COUNT: count, PER: perInvocation, CLIP: clip, EMA: ema, CLIP_AT, EMA_AT }
  return { kernels: [rowKernel('update_elementwise', updateSource, bindings, layout, vars)] }
}

/**
 * Euclidean norm of all gradients: √(Σ g²), in a fixed order.
 * Bindings: grads f32 [count] with count a multiple of 4, gradNorm f32 [1] overwritten; scratch `partial`.
 */
export function gradNorm({ count }: { count: number }, caps: Capabilities): Lowering {
  const { partials, final, bytes } = gradNormOver([count], caps)
  return { kernels: [partials[0].kernel, final], scratch: { partial: bytes } }
}

/**
 * The norm of gradients that are bound in several ranges: one kernel for each range, which writes its `piece` of
 * `partial` (in bytes), and one that reads the whole of it.
 * @param counts floats of each range, multiples of 4
 */
export function gradNormOver(counts: readonly number[], caps: Capabilities) {
  let parts = 0
  const partials = counts.map((count) => {
    const loads = count / 4
    // whole 256 bytes, so that the pieces can be bound; a part of no load is 0
    const rows = Math.min(caps.software ? 256 : 1024, 64 * Math.ceil(loads / 4096))
    const units = Math.ceil(loads / rows)
    const vars = { COUNT: count, ROWS: rows, UNITS: units }
    const kernel = rowKernel('grad_norm_partial', partialSource, ['grads', 'partial!'], rowLayout(rows, units, caps), vars)
    const piece = { offset: 4 * parts, bytes: 4 * rows }
    parts += rows
    return { kernel, piece }
  })
  const lanes = caps.software ? 1 : Math.min(256, powerOfTwo(parts))
  const layout = { lanes, workgroup: lanes, workgroups: [1, 1, 1] as [number, number, number] }
  const final = rowKernel('grad_norm_final', finalSource, ['partial', 'gradNorm!'], layout, { PARTS: parts })
  return { partials, final, bytes: 4 * parts }
}
