// The optimiser step as kernels over the arena: Polar Express between Muon's own kernels, then one pass for
// every elementwise rule.

import type { ProgramSpec } from '../graph/program'
import type { ArenaLayout, MuonStackLayout } from './arena'
import { lowering as wasmLowering } from './backends/wasm/call'
import * as wasmMatmul from './backends/wasm/matmul'
import * as wasm from './backends/wasm/update'
import type { Capabilities, Constant, Lowering } from './kernel'
import { matmul, type MatmulShape } from './kernels/matmul'
import { muonApply, muonMomentum, type MuonStack } from './kernels/muon'
import { BLOCK, gradNormOver, updateElementwise, type UpdateShape } from './kernels/update'

/**
 * Coefficients (a, b, c) of the five quintic steps X ← aX + bAX + cA²X with A = XXᵀ.
 * Source: Polar Express, Amsel et al. 2025, arXiv:2505.16932, as used by nanochat.
 */
const POLAR_EXPRESS: readonly (readonly [number, number, number])[] = [
  [8.156554524902461, -22.48329292557795, 15.878769915207462],
  [4.042929935166739, -2.808917465908714, 0.5000178451051316],
  [3.8916678022926607, -2.772484153217685, 0.5060648178503393],
  [3.285753657755655, -2.3681294933425376, 0.46449024233003106],
  [2.3465413258596377, -1.7097828382687081, 0.42323551169305323],
]

/**
 * One lowering and what its bindings mean. `arena` bindings (params, grads, m, v, ema) are bound at
 * [offset, offset+size) floats; `rename` maps other binding names to named buffers of the update.
 */
export interface UpdateStep {
  lowering: Lowering
  range: { offset: number; size: number }
  /** binding name → buffer name; a name absent here is its own */
  rename: Record<string, string>
  /** the pieces of temporary buffers that this step binds, in bytes; a name absent here is bound whole */
  pieces?: Record<string, { offset: number; bytes: number }>
}

export interface UpdatePlan {
  steps: UpdateStep[]
  /** bytes of temporary buffers, by name: they live from the first step that names them to the last */
  temporaries: Record<string, number>
  /** contents of small constant buffers, by name */
  constants: Record<string, Constant>
}

/** What an update is made of, on either backend; bindings are the same. */
interface UpdateKernels {
  muonMomentum(shape: MuonStack & { clip: boolean }): Lowering
  matmul(shape: MatmulShape): Lowering
  muonApply(shape: MuonStack): Lowering
  updateElementwise(shape: UpdateShape): Lowering
}

function kernelsFor(caps: Capabilities): UpdateKernels {
  if (caps.backend === 'wasm')
    return {
      muonMomentum: (shape) => wasmLowering(wasm.muonMomentum(shape)),
      matmul: ({ orient, M, N, K, batch, mix, symmetric }) => wasmLowering(wasmMatmul.matmul({ orient, M, N, K, batch, mix, symmetric })),
      muonApply: (shape) => wasmLowering(wasm.muonApply(shape)),
      updateElementwise: (shape) => wasmLowering(wasm.updateElementwise(shape)),
    }
  return {
    muonMomentum: (shape) => muonMomentum(shape, caps),
    matmul: (shape) => matmul(shape, caps),
    muonApply: (shape) => muonApply(shape, caps),
    updateElementwise: (shape) => updateElementwise(shape, caps),
  }
}

/** The kernels of one optimiser step, in order. */
export function planUpdate(program: ProgramSpec, arena: ArenaLayout, caps: Capabilities): UpdatePlan {
  const clip = program.training.clip > 0
  const ranges = arenaRanges(arena.total, caps)
  const kernels = kernelsFor(caps)
  const plan: UpdatePlan = { steps: [], temporaries: {}, constants: {} }
  if (clip) normSteps(plan, ranges, caps)
  for (const [index, stack] of arena.stacks.entries()) muonSteps(plan, stack, index, clip, kernels)
  // last, because it also averages the weights that Muon has just moved
  for (const range of ranges) {
    const lowering = kernels.updateElementwise({ count: range.size, clip, ema: program.training.ema > 0 })
    plan.steps.push({ lowering, range, rename: {} })
  }
  return plan
}

/** Ranges start at multiples of this many floats, so that their part of groupOf can be bound: 256 bytes of it. */
const RANGE_ALIGN = BLOCK * 64

/** The arena in as few equal ranges as bindings allow: one, unless it is large. */
function arenaRanges(total: number, caps: Capabilities): { offset: number; size: number }[] {
  const count = Math.ceil(total / (caps.maxBindingBytes / 4))
  const size = Math.ceil(total / count / RANGE_ALIGN) * RANGE_ALIGN
  return Array.from({ length: Math.ceil(total / size) }, (_, i) => ({ offset: i * size, size: Math.min(size, total - i * size) }))
}

/** The norm of all gradients: sums of squares of each range, then their root. */
function normSteps(plan: UpdatePlan, ranges: { offset: number; size: number }[], caps: Capabilities): void {
  plan.temporaries.gradNorm = 16
  if (caps.backend === 'wasm') {
    // the parts of one memory lie side by side
    const whole = { offset: 0, size: ranges.reduce((floats, { size }) => floats + size, 0) }
    plan.steps.push({ lowering: wasmLowering(wasm.gradNorm(whole.size)), range: whole, rename: {} })
    return
  }
  const { partials, final, bytes } = gradNormOver(ranges.map(({ size }) => size), caps) // prettier-ignore
  plan.temporaries.normPartial = bytes
  for (const [i, { kernel, piece }] of partials.entries())
    plan.steps.push({ lowering: { kernels: [kernel] }, range: ranges[i], rename: { partial: 'normPartial' }, pieces: { normPartial: piece } })
  plan.steps.push({ lowering: { kernels: [final] }, range: ranges[0], rename: { partial: 'normPartial' } })
}

function muonSteps(plan: UpdatePlan, stack: MuonStackLayout, index: number, clip: boolean, kernels: UpdateKernels): void {
  const { count, rows, cols, stride, offset, group } = stack
  const range = { offset, size: count * stride }
  const kernelStack = { count, rows, cols, stride, hyperRow: group }
  const small = Math.min(rows, cols)
  const square = Math.ceil((small * small) / 4) * 4
  const names = { x: `muon${index}/x0`, y: `muon${index}/x1`, gram: `muon${index}/gram`, mix: `muon${index}/mix` }
  plan.temporaries[names.x] = range.size * 4
  plan.temporaries[names.y] = range.size * 4
  plan.temporaries[names.gram] = count * square * 4
  plan.temporaries[names.mix] = count * square * 4
  const push = (lowering: Lowering, rename: Record<string, string>) => plan.steps.push({ lowering, range, rename })
  push(kernels.muonMomentum({ ...kernelStack, clip }), { x: names.x })
  let [from, to] = [names.x, names.y]
  const wide = rows <= cols
  for (const [round, [a, b, c]] of POLAR_EXPRESS.entries()) {
    plan.constants[`polar${round}/mix`] = Float32Array.of(c, b)
    plan.constants[`polar${round}/step`] = Float32Array.of(1, a)
    // A = XXᵀ (or XᵀX when X is tall, so that A is the small square)
    const gram = { count, a: stride, b: stride, c: square }
    const K = wide ? cols : rows
    push(kernels.matmul({ orient: wide ? 'NT' : 'TN', M: small, N: small, K, batch: gram, symmetric: true }), { a: from, b: from, c: names.gram })
    // mix = bA + cA²; A is symmetric, so A·A = A·Aᵀ, the faster orientation
    const squareBatch = { count, a: square, b: square, c: square }
    push(kernels.matmul({ orient: 'NT', M: small, N: small, K: small, mix: true, batch: squareBatch, symmetric: true }), {
      a: names.gram,
      b: names.gram,
      c: names.mix,
      d: names.gram,
      mixture: `polar${round}/mix`,
    })
    // X ← aX + mix·X (or X·mix, mix being symmetric too)
    const next = wide
      ? kernels.matmul({ orient: 'NN', M: rows, N: cols, K: rows, mix: true, batch: { count, a: square, b: stride, c: stride } })
      : kernels.matmul({ orient: 'NT', M: rows, N: cols, K: cols, mix: true, batch: { count, a: stride, b: square, c: stride } })
    const sides = wide ? { a: names.mix, b: from } : { a: from, b: names.mix }
    push(next, { ...sides, c: to, d: from, mixture: `polar${round}/step` })
    ;[from, to] = [to, from]
  }
  push(kernels.muonApply(kernelStack), { x: from, second: 'v' })
}
