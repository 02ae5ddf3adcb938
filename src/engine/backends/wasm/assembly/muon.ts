// muon: what Muon does around the matrix products of Polar Express, for a stack of equal matrices.
// Math:     muonMomentum: m = μ·m + (1−μ)·g; x = (1−μ)·g + μ·m; partial = Σ x² of the chunk; g scaled by the clip first
//           muonNormalize: x /= 1.02·√(Σ partial) + 1e-6
//           muonSecond: vMean = mean over the shorter axis of x²; second = β2·second + (1−β2)·vMean
//           muonRatio: √(Σ vMean·n) / max(√(Σ vMean·n·step²), 1e-10), step = 1/√max(second, 1e-10), n values a line
//           muonApply: u = x·ratio·step; w −= lr·factor·(u + decay·w·[u·w >= 0])
// Shapes:   grads, m, x, params f32 [count,stride] holding [rows,cols]; second f32 [count,secondStride]; partial
//           f32 [count,chunks]; vMean f32 [count,lines], lines = max(rows,cols), a row each where rows >= cols; ratio [count]
// Units:    muonMomentum, muonNormalize: (matrix, chunk of 4096); muonSecond: (matrix, 64 lines); muonRatio: matrix;
//           muonApply: (matrix, row)
// Writes:   m, x of muonNormalize, second, params in place; the others overwritten
// Check:    src/reference/optimizers.ts; atol 1e-6, rtol 1e-5
// Source:   Jordan et al. 2024; Amsel et al. 2025, arXiv:2505.16932; NorMuon, arXiv:2510.05491

import { dot } from './rows'
import { BETA2, DECAY, LR, MOMENTUM, shrinkOf, squaresOf } from './update'
import { madd } from './vector'

const CHUNK: i32 = 4096
const LINES: i32 = 64

export function muonMomentum(
  begin: i32, end: i32, grads: usize, m: usize, hyper: usize, x: usize, partial: usize, norm: usize, stride: i32, hyperRow: i32,
): void {
  const chunks = (stride + CHUNK - 1) / CHUNK
  const row = hyper + (<usize>hyperRow << 6)
  const mu = v128.load_splat<f32>(row, MOMENTUM)
  const rest = f32x4.sub(f32x4.splat(1), mu)
  const shrink = f32x4.splat(shrinkOf(row, norm))
  for (let unit = begin; unit < end; unit++) {
    const first = (unit % chunks) * CHUNK
    const n = min(CHUNK, stride - first)
    const at = <usize>((unit / chunks) * stride + first) << 2
    for (let i = at; i < at + (<usize>n << 2); i += 16) {
      const g = f32x4.mul(rest, f32x4.mul(v128.load(grads + i), shrink))
      const m1 = madd(mu, v128.load(m + i), g)
      v128.store(m + i, m1)
      v128.store(x + i, madd(mu, m1, g))
    }
    store<f32>(partial + (<usize>unit << 2), squaresOf(x + at, n))
  }
}

export function muonNormalize(begin: i32, end: i32, partial: usize, x: usize, stride: i32): void {
  const chunks = (stride + CHUNK - 1) / CHUNK
  for (let unit = begin; unit < end; unit++) {
    const matrix = unit / chunks
    let total: f32 = 0
    for (let p = 0; p < chunks; p++) total += load<f32>(partial + (<usize>(matrix * chunks + p) << 2))
    const scale = f32x4.splat(1 / (<f32>1.02 * sqrt<f32>(total) + <f32>1e-6))
    const first = (unit % chunks) * CHUNK
    const at = <usize>(matrix * stride + first) << 2
    for (let i = at; i < at + (<usize>min(CHUNK, stride - first) << 2); i += 16) {
      v128.store(x + i, f32x4.mul(v128.load(x + i), scale))
    }
  }
}

export function muonSecond(
  begin: i32, end: i32, x: usize, second: usize, hyper: usize, vMean: usize,
  rows: i32, cols: i32, stride: i32, secondStride: i32, hyperRow: i32,
): void {
  const lines = max(rows, cols)
  const groups = (lines + LINES - 1) / LINES
  const beta2 = load<f32>(hyper + (<usize>hyperRow << 6), BETA2)
  for (let unit = begin; unit < end; unit++) {
    const matrix = unit / groups
    const first = (unit % groups) * LINES
    const last = min(first + LINES, lines)
    const base = x + (<usize>(matrix * stride) << 2)
    const means = vMean + (<usize>(matrix * lines) << 2)
    if (rows >= cols) {
      for (let l = first; l < last; l++) {
        const row = base + (<usize>(l * cols) << 2)
        store<f32>(means + (<usize>l << 2), dot(row, row, cols) / <f32>cols)
      }
    } else {
      for (let l = first; l < last; l++) store<f32>(means + (<usize>l << 2), 0)
      for (let r = 0; r < rows; r++) {
        const row = base + (<usize>(r * cols) << 2)
        for (let l = first; l < last; l++) {
          const at = means + (<usize>l << 2)
          const value = load<f32>(row + (<usize>l << 2))
          store<f32>(at, load<f32>(at) + value * value)
        }
      }
      for (let l = first; l < last; l++) store<f32>(means + (<usize>l << 2), load<f32>(means + (<usize>l << 2)) / <f32>rows)
    }
    for (let l = first; l < last; l++) {
      const at = second + (<usize>(matrix * secondStride + l) << 2)
      store<f32>(at, beta2 * load<f32>(at) + (1 - beta2) * load<f32>(means + (<usize>l << 2)))
    }
  }
}

@inline
function held(value: f32): f32 {
  return max(value, <f32>1e-10)
}

export function muonRatio(
  begin: i32, end: i32, vMean: usize, second: usize, ratio: usize, lines: i32, averaged: i32, secondStride: i32,
): void {
  for (let matrix = begin; matrix < end; matrix++) {
    let plain: f64 = 0
    let scaled: f64 = 0
    for (let l = 0; l < lines; l++) {
      const squares = load<f32>(vMean + (<usize>(matrix * lines + l) << 2)) * <f32>averaged
      plain += squares
      scaled += squares / held(load<f32>(second + (<usize>(matrix * secondStride + l) << 2)))
    }
    store<f32>(ratio + (<usize>matrix << 2), <f32>sqrt<f64>(plain) / held(<f32>sqrt<f64>(scaled)))
  }
}

export function muonApply(
  begin: i32, end: i32, x: usize, second: usize, ratio: usize, hyper: usize, params: usize,
  rows: i32, cols: i32, stride: i32, secondStride: i32, hyperRow: i32, factor: f32,
): void {
  const row = hyper + (<usize>hyperRow << 6)
  const lr = load<f32>(row, LR) * factor
  const decay = load<f32>(row, DECAY)
  for (let unit = begin; unit < end; unit++) {
    const matrix = unit / rows
    const r = unit % rows
    const norm = load<f32>(ratio + (<usize>matrix << 2))
    const seconds = second + (<usize>(matrix * secondStride) << 2)
    const base = <usize>(matrix * stride + r * cols) << 2
    const own = f32x4.splat(norm / sqrt<f32>(held(load<f32>(seconds + (<usize>r << 2)))))
    const whole = cols & ~3
    for (let c = 0; c < whole; c += 4) {
      const at = base + (<usize>c << 2)
      const step = rows >= cols ? own : stepOf(v128.load(seconds + (<usize>c << 2)), norm)
      v128.store(params + at, moved(v128.load(x + at), v128.load(params + at), step, lr, decay))
    }
    for (let c = whole; c < cols; c++) {
      const at = base + (<usize>c << 2)
      const step = rows >= cols ? own : stepOf(v128.load_splat<f32>(seconds + (<usize>c << 2)), norm)
      const w = moved(v128.load_splat<f32>(x + at), v128.load_splat<f32>(params + at), step, lr, decay)
      store<f32>(params + at, f32x4.extract_lane(w, 0))
    }
  }
}

@inline
function stepOf(second: v128, norm: f32): v128 {
  return f32x4.div(f32x4.splat(norm), f32x4.sqrt(f32x4.pmax(second, f32x4.splat(1e-10))))
}

/** w − lr·(u + decay·w·[u·w >= 0]), u = x·step */
@inline
function moved(x: v128, w: v128, step: v128, lr: f32, decay: f32): v128 {
  const u = f32x4.mul(x, step)
  const agrees = f32x4.ge(f32x4.mul(u, w), f32x4.splat(0))
  const change = f32x4.add(u, v128.and(f32x4.mul(w, f32x4.splat(decay)), agrees))
  return f32x4.sub(w, f32x4.mul(change, f32x4.splat(lr)))
}
