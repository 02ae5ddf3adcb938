// Kernels of Muon around the matrix products of Polar Express, for a stack of equal matrices at once.

import type { Capabilities, Lowering } from '../kernel'
import { flatLayout, rowKernel, rowLayout } from './launch'
import { HYPER } from './update'
import applySource from '../../../shaders/muon_apply.wgsl?raw'
import momentumSource from '../../../shaders/muon_momentum.wgsl?raw'
import normalizeSource from '../../../shaders/muon_normalize.wgsl?raw'
import rescaleSource from '../../../shaders/muon_rescale.wgsl?raw'
import secondSource from '../../../shaders/muon_second.wgsl?raw'

export interface MuonStack {
  /** matrices, one after another */
  count: number
  rows: number
  cols: number
  /** floats from one matrix to the next: rows·cols rounded up to a multiple of 64, the padding zero */
  stride: number
  /** the group's row of hyper */
  hyperRow: number
}

/**
 * Momentum, Nesterov's look-ahead and normalisation: m = μ·m + (1−μ)·g; u = (1−μ)·g + μ·m;
 * x = u / (1.02·‖u‖_F + 1e-6) per matrix; with `clip`, g is first scaled by min(1, clip / gradNorm).
 * Bindings: grads, m (in place), x (overwritten), each f32 [count,stride]; hyper; gradNorm f32 [1] with `clip`;
 * scratch `partial`.
 */
export function muonMomentum(stack: MuonStack & { clip: boolean }, caps: Capabilities): Lowering {
  const { count, stride, hyperRow, clip } = stack
  const loads = stride / 4
  // vec4 loads per part: about a thousand invocations on a software adapter, one workgroup a part on a GPU
  const wanted = caps.software ? Math.max(16, Math.ceil((count * loads) / 1024)) : 1024
  const parts = Math.ceil(loads / wanted)
  const part = Math.ceil(loads / parts)
  const layout = rowLayout(count * parts, part, caps)
  const vars = {
    MATRICES: count, STRIDE: stride, PARTS: parts, PART: part, CLIP: clip, HYPER_ROW: hyperRow,
    MOMENTUM_AT: HYPER.momentum, CLIP_LIMIT_AT: HYPER.clip,
  } // prettier-ignore
  const bindings = ['grads', 'm!', 'hyper', 'x!', 'partial!']
  if (clip) bindings.push('gradNorm')
  return {
    kernels: [
      rowKernel('muon_momentum', momentumSource, bindings, layout, vars),
      rowKernel('muon_normalize', normalizeSource, ['partial', 'x!'], layout, vars),
    ],
    scratch: { partial: 4 * count * parts },
  }
}

/**
 * NorMuon's rescaling, cautious decay and the step, from the orthogonalised x:
 * vMean = mean of x² over the shorter axis; second = β2·second + (1−β2)·vMean; u = x/√max(second, 1e-10), brought
 * back to x's Frobenius norm; w −= lr·√max(1, rows/cols)·(u + weightDecay·w·[u·w ≥ 0]).
 * Bindings: x f32 [count,stride]; params f32 [count,stride] in place; second f32 [count,secondStride] in place, one
 * value per row (rows ≥ cols) or per column; hyper; scratch `vMean`, `ratio`.
 * @param stack.secondStride floats from one matrix's second moments to the next's; the stack's stride if not given
 * Source: NorMuon, arXiv:2510.05491; cautious decay, arXiv:2510.12402
 */
export function muonApply(stack: MuonStack & { secondStride?: number }, caps: Capabilities): Lowering {
  const { count, rows, cols, stride, hyperRow, secondStride = stride } = stack
  const perRow = rows >= cols
  const lines = Math.max(rows, cols)
  const averaged = Math.min(rows, cols)
  const perInvocation = caps.software ? 64 : 1
  const pieces = Math.ceil((rows * cols) / perInvocation)
  const vars = {
    MATRICES: count, ROWS: rows, COLS: cols, STRIDE: stride, SECOND_STRIDE: secondStride, LINES: lines,
    LINE_STEP: perRow ? cols : 1, AVERAGED: averaged, AVERAGED_STEP: perRow ? 1 : cols,
    PER: perInvocation, PIECES: pieces, HYPER_ROW: hyperRow, LR_SCALE: Math.sqrt(Math.max(1, rows / cols)),
    LR_AT: HYPER.lr, DECAY_AT: HYPER.weightDecay, BETA2_AT: HYPER.beta2,
  } // prettier-ignore
  // columns are read one load per line: neighbouring lines, not lanes of one line, are neighbours in memory
  const lineLayout = perRow ? rowLayout(count * lines, averaged, caps) : flatLayout(count * lines, caps)
  const pieceLayout = flatLayout(count * pieces, caps)
  const apply = ['x', 'second', 'ratio', 'hyper', 'params!']
  return {
    kernels: [
      rowKernel('muon_second', secondSource, ['x', 'second!', 'hyper', 'vMean!'], lineLayout, vars),
      rowKernel('muon_rescale', rescaleSource, ['vMean', 'second', 'ratio!'], rowLayout(count, lines, caps), {
        ...vars, SUM: 'vec2f',
      }), // prettier-ignore
      rowKernel('muon_apply', applySource, apply, pieceLayout, vars),
    ],
    scratch: { vMean: 4 * count * lines, ratio: 4 * count },
  }
}
