// The optimiser step as calls over the arena, as src/engine/optimizers.ts has it for WGSL.

import type { ProgramSpec } from '../../../graph/program'
import type { ArenaLayout, MuonStackLayout } from '../../arena'
import { POLAR_EXPRESS } from '../../optimizers'
import { call, NONE, type WasmLowering } from './call'
import { matmul } from './matmul'

const CHUNK = 4096
const BLOCK = 64

/** `arena` bindings (params, grads, m, v, ema) begin at `offset` floats; `rename`: binding name → buffer of the plan. */
export interface WasmUpdateStep {
  lowering: WasmLowering
  offset: number
  rename: Record<string, string>
}

export interface WasmUpdatePlan {
  steps: WasmUpdateStep[]
  /** bytes of temporary memory by name, alive during the whole update */
  temporaries: Record<string, number>
  constants: Record<string, Float32Array>
}

export interface MuonStack {
  count: number
  rows: number
  cols: number
  /** floats from one matrix to the next, a multiple of 64, the padding zero */
  stride: number
  /** the group's row of hyper */
  hyperRow: number
}

/** gradNorm f32 [1] = √(Σ grads²), in a fixed order. */
export function gradNorm(count: number): WasmLowering {
  const parts = Math.ceil(count / CHUNK)
  return {
    calls: [call('squares', parts, ['grads', 'partial'], [count]), call('gradNorm', 1, ['partial', 'gradNorm'], [parts])],
    temporaries: { partial: 4 * parts },
  }
}

/** One step of every adamw, lion and sgd block, and all averages. Bindings as updateElementwise of kernels/update.ts. */
export function updateElementwise({ count, clip, ema }: { count: number; clip: boolean; ema: boolean }): WasmLowering {
  const pointers = ['params', 'grads', 'm', 'v', 'groupOf', 'hyper', clip ? 'gradNorm' : NONE, ema ? 'ema' : NONE]
  return { calls: [call('update', count / BLOCK, pointers, [])] }
}

/** Momentum, its look-ahead and normalisation. Bindings as muonMomentum of kernels/muon.ts. */
export function muonMomentum({ count, stride, hyperRow, clip }: MuonStack & { clip: boolean }): WasmLowering {
  const units = count * Math.ceil(stride / CHUNK)
  const pointers = ['grads', 'm', 'hyper', 'x', 'partial', clip ? 'gradNorm' : NONE]
  return {
    calls: [
      call('muonMomentum', units, pointers, [stride, hyperRow]),
      call('muonNormalize', units, ['partial', 'x'], [stride]),
    ],
    temporaries: { partial: 4 * units },
  }
}

/** NorMuon's rescaling, cautious decay and the step. Bindings as muonApply of kernels/muon.ts. */
export function muonApply(stack: MuonStack & { secondStride?: number }): WasmLowering {
  const { count, rows, cols, stride, hyperRow, secondStride = stride } = stack
  const lines = Math.max(rows, cols)
  const shape = [rows, cols, stride, secondStride, hyperRow]
  return {
    calls: [
      call('muonSecond', count * Math.ceil(lines / 64), ['x', 'second', 'hyper', 'vMean'], shape),
      call('muonRatio', count, ['vMean', 'second', 'ratio'], [lines, Math.min(rows, cols), secondStride]),
      call('muonApply', count * rows, ['x', 'second', 'ratio', 'hyper', 'params'], shape, [Math.sqrt(Math.max(1, rows / cols))]),
    ],
    temporaries: { vMean: 4 * count * lines, ratio: 4 * count },
  }
}

/** The calls of one optimiser step, in order. */
export function planWasmUpdate(program: ProgramSpec, arena: ArenaLayout): WasmUpdatePlan {
  const clip = program.training.clip > 0
  const plan: WasmUpdatePlan = { steps: [], temporaries: {}, constants: {} }
  if (clip) {
    plan.steps.push({ lowering: gradNorm(arena.total), offset: 0, rename: {} })
    plan.temporaries.gradNorm = 16
  }
  for (const [index, stack] of arena.stacks.entries()) muonSteps(plan, stack, index, clip)
  // last, because it also averages the weights that Muon has just moved
  const lowering = updateElementwise({ count: arena.total, clip, ema: program.training.ema > 0 })
  plan.steps.push({ lowering, offset: 0, rename: {} })
  return plan
}

function muonSteps(plan: WasmUpdatePlan, stack: MuonStackLayout, index: number, clip: boolean): void {
  const { count, rows, cols, stride, offset, group } = stack
  const own = { count, rows, cols, stride, hyperRow: group }
  const small = Math.min(rows, cols)
  const square = Math.ceil((small * small) / 4) * 4
  const names = { x: `muon${index}/x0`, y: `muon${index}/x1`, gram: `muon${index}/gram`, mix: `muon${index}/mix` }
  Object.assign(plan.temporaries, {
    [names.x]: 4 * count * stride, [names.y]: 4 * count * stride,
    [names.gram]: 4 * count * square, [names.mix]: 4 * count * square,
  }) // prettier-ignore
  const push = (lowering: WasmLowering, rename: Record<string, string>) => plan.steps.push({ lowering, offset, rename })
  push(muonMomentum({ ...own, clip }), { x: names.x })
  let [from, to] = [names.x, names.y]
  const wide = rows <= cols
  for (const [round, [a, b, c]] of POLAR_EXPRESS.entries()) {
    plan.constants[`polar${round}/mix`] = Float32Array.of(c, b)
    plan.constants[`polar${round}/step`] = Float32Array.of(1, a)
    // A = XXᵀ (or XᵀX when X is tall, so that A is the small square); mix = bA + cA²; both symmetric
    const gram = { orient: wide ? ('NT' as const) : ('TN' as const), M: small, N: small, K: Math.max(rows, cols) }
    push(matmul({ ...gram, symmetric: true, batch: { count, a: stride, b: stride, c: square } }), { a: from, b: from, c: names.gram })
    const squares = { count, a: square, b: square, c: square }
    push(matmul({ orient: 'NT', M: small, N: small, K: small, mix: true, symmetric: true, batch: squares }), {
      a: names.gram, b: names.gram, c: names.mix, d: names.gram, mixture: `polar${round}/mix`,
    }) // prettier-ignore
    // X ← aX + mix·X, or X·mix
    const batch = wide ? { count, a: square, b: stride, c: stride } : { count, a: stride, b: square, c: stride }
    push(matmul({ orient: 'NN', M: rows, N: cols, K: small, mix: true, batch }), {
      ...(wide ? { a: names.mix, b: from } : { a: from, b: names.mix }), c: to, d: from, mixture: `polar${round}/step`,
    }) // prettier-ignore
    ;[from, to] = [to, from]
  }
  push(muonApply(own), { x: from, second: 'v' })
}
