// The parts of an optimiser step as calls over the arena; src/engine/optimizers.ts puts them in order.

import { call, NONE, type WasmLowering } from './call'

const CHUNK = 4096
const BLOCK = 64

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
