// attention: causal attention with a window and grouped key and value heads, forward and backward; no T×T matrix.
// Math:     s_ij = scale·q_i·k_j (or cap·tanh(scale·q_i·k_j / cap)), i−window <= j <= i;  p = softmax_j(s);  out = p·v
//           delta_i = dOut_i·out_i;  g_ij = p_ij·(dOut_i·v_j − delta_i)·∂s_ij/∂(q_i·k_j)
//           dQ_i = Σ_j g_ij·k_j;  dK_j = Σ_i g_ij·q_i;  dV_j = Σ_i p_ij·dOut_i, summed over the heads of a group
// Shapes:   q, out, dOut, dQ [B,T,H,D]; k, v, dK, dV [B,T,KV,D]; lse [B,H,T]
// Units:    (b, head, strip of four queries); for dK and dV (b, key head, strip of four keys)
// Scratch:  operands of one head as panels, and a strip of four rows of scores (backward: two)
// Writes:   out, lse, dQ, dK, dV overwritten. Accumulates: nothing.
// Check:    src/reference/attention.ts; atol 2e-5, rtol 1e-4 on unit inputs
// Source:   Dao et al. 2022, arXiv:2205.14135: probabilities again from lse instead of kept

import { dot } from './rows'
import { combine, strip } from './strips'
import { COLS, packColumns, packRows, panelBytes, ROWS } from './tile'
import { exp, larger, log, maxOf, sumOf, tanh } from './vector'

const NONE: f32 = -3e38

/** s = scale·dot, capped; in place over columns [from, to), a multiple of four of them. */
@inline
function score(dot: v128, scale: f32, cap: f32): v128 {
  const s = f32x4.mul(dot, f32x4.splat(scale))
  return cap > 0 ? f32x4.mul(tanh(f32x4.div(s, f32x4.splat(cap))), f32x4.splat(cap)) : s
}

function put(row: usize, from: i32, to: i32, value: f32): void {
  for (let j = from; j < to; j++) store<f32>(row + (<usize>j << 2), value)
}

/** p·(dP − delta)·∂s/∂dot */
@inline
function gradient(p: v128, s: v128, dP: v128, delta: v128, scale: f32, cap: f32): v128 {
  const g = f32x4.mul(f32x4.mul(p, f32x4.sub(dP, delta)), f32x4.splat(scale))
  if (cap <= 0) return g
  const t = f32x4.div(s, f32x4.splat(cap))
  return f32x4.mul(g, f32x4.sub(f32x4.splat(1), f32x4.mul(t, t)))
}

// Inlined: a call for each row costs four percent of the kernel.

/** One row of scores in columns [from, padded) to probabilities of [lo, hi); returns the logarithm of what they were divided by. */
@inline
function probabilities(row: usize, from: i32, lo: i32, hi: i32, padded: i32, scale: f32, cap: f32): f32 {
  if (cap > 0) {
    for (let j = from; j < padded; j += 4) {
      const place = row + (<usize>j << 2)
      v128.store(place, score(v128.load(place), scale, cap))
    }
  }
  // uncapped scores stay dots: scale enters with the exponential; a negative scale turns the order round
  const factor: f32 = cap > 0 ? 1 : scale
  put(row, from, lo, factor < 0 ? -NONE : NONE)
  put(row, hi, padded, factor < 0 ? -NONE : NONE)
  let top = f32x4.splat(NONE)
  for (let j = from; j < padded; j += 4) {
    top = larger(top, f32x4.mul(v128.load(row + (<usize>j << 2)), f32x4.splat(factor)))
  }
  const highest = maxOf(top)
  let sum = f32x4.splat(0)
  for (let j = from; j < padded; j += 4) {
    const place = row + (<usize>j << 2)
    const p = exp(f32x4.sub(f32x4.mul(v128.load(place), f32x4.splat(factor)), f32x4.splat(highest)))
    v128.store(place, p)
    sum = f32x4.add(sum, p)
  }
  const total = sumOf(sum)
  const inverse = f32x4.splat(1 / total)
  for (let j = from; j < padded; j += 4) {
    const place = row + (<usize>j << 2)
    v128.store(place, f32x4.mul(v128.load(place), inverse))
  }
  return f32x4.extract_lane(log(f32x4.splat(total)), 0) + highest
}

/** One row of dots to gradients of the dots: columns [from, padded), 0 outside [lo, hi). `dP` holds dOut_i·v_j. */
@inline
function slopes(row: usize, dP: usize, from: i32, lo: i32, hi: i32, padded: i32, lse: f32, delta: f32, scale: f32, cap: f32): void {
  const l = f32x4.splat(lse)
  const d = f32x4.splat(delta)
  for (let j = from; j < padded; j += 4) {
    const place = <usize>j << 2
    const s = score(v128.load(row + place), scale, cap)
    v128.store(row + place, gradient(exp(f32x4.sub(s, l)), s, v128.load(dP + place), d, scale, cap))
  }
  put(row, from, lo, 0)
  put(row, hi, padded, 0)
}

/** What forward and dQ have in common: strips of queries. `backward` is a constant where this is called: one of the two is compiled. */
@inline
function queries(
  backward: bool, begin: i32, end: i32, q: usize, k: usize, v: usize, out: usize, lse: usize, dOut: usize, dQ: usize, scratch: usize,
  T: i32, H: i32, KV: i32, D: i32, window: i32, scale: f32, cap: f32,
): void {
  const strips = (T + ROWS - 1) / ROWS
  const qRow = <usize>(H * D) << 2
  const kRow = <usize>(KV * D) << 2
  const ld = <usize>((T + COLS - 1) & ~7) << 2
  const weights = scratch + 128
  const products = weights + ld * ROWS
  const keys = backward ? products + ld * ROWS : products
  const values = keys + panelBytes(D, T)
  const keyColumns = values + panelBytes(D, T)
  let packed = -1
  for (let unit = begin; unit < end; unit++) {
    const head = unit / strips
    const b = head / H
    const h = head % H
    if (head != packed) {
      const at = (<usize>b * <usize>T * <usize>KV + <usize>(h / (H / KV))) * <usize>D << 2
      packRows(k + at, kRow, D, T, keys)
      if (backward) {
        packRows(v + at, kRow, D, T, values)
        packColumns(k + at, kRow, T, D, keyColumns)
      } else packColumns(v + at, kRow, T, D, values)
      packed = head
    }
    const first = (unit % strips) * ROWS
    const rows = min(ROWS, T - first)
    const from = max(0, window > 0 ? first - window : 0) & ~7
    const to = first + rows
    const padded = (to + 7) & ~7
    const at = ((<usize>b * <usize>T + <usize>first) * <usize>H + <usize>h) * <usize>D << 2
    strip(q + at, qRow, rows, keys, D, from, padded, weights, ld)
    if (backward) strip(dOut + at, qRow, rows, values, D, from, padded, products, ld)
    for (let r = 0; r < rows; r++) {
      const i = first + r
      const lo = max(from, window > 0 ? i - window : 0)
      const skip = <usize>r * ld
      const l = lse + ((<usize>head * <usize>T + <usize>i) << 2)
      if (backward) {
        const place = at + <usize>r * qRow
        slopes(weights + skip, products + skip, from, lo, i + 1, padded, load<f32>(l), dot(dOut + place, out + place, D), scale, cap)
      } else store<f32>(l, probabilities(weights + skip, from, lo, i + 1, padded, scale, cap))
    }
    if (backward) combine(weights, ld, rows, from, to, keyColumns, T, D, dQ + at, qRow, scratch, false)
    else combine(weights, ld, rows, from, to, values, T, D, out + at, qRow, scratch, false)
  }
}

export function attention(
  begin: i32, end: i32, q: usize, k: usize, v: usize, out: usize, lse: usize, scratch: usize,
  T: i32, H: i32, KV: i32, D: i32, window: i32, scale: f32, cap: f32,
): void {
  queries(false, begin, end, q, k, v, out, lse, 0, 0, scratch, T, H, KV, D, window, scale, cap)
}

export function attentionGradQ(
  begin: i32, end: i32, q: usize, k: usize, v: usize, out: usize, lse: usize, dOut: usize, dQ: usize, scratch: usize,
  T: i32, H: i32, KV: i32, D: i32, window: i32, scale: f32, cap: f32,
): void {
  queries(true, begin, end, q, k, v, out, lse, dOut, dQ, scratch, T, H, KV, D, window, scale, cap)
}

export function attentionGradKV(
  begin: i32, end: i32, q: usize, k: usize, v: usize, out: usize, lse: usize, dOut: usize, dK: usize, dV: usize, scratch: usize,
  T: i32, H: i32, KV: i32, D: i32, window: i32, scale: f32, cap: f32,
): void {
  const strips = (T + ROWS - 1) / ROWS
  const group = H / KV
  const qRow = <usize>(H * D) << 2
  const kRow = <usize>(KV * D) << 2
  const ld = <usize>((T + COLS - 1) & ~7) << 2
  const weights = scratch + 128
  const products = weights + ld * ROWS
  const deltas = products + ld * ROWS
  const queries = deltas + ld
  const gradients = queries + panelBytes(D, T)
  const queryColumns = gradients + panelBytes(D, T)
  const gradientColumns = queryColumns + panelBytes(T, D)
  let unit = begin
  while (unit < end) {
    // all strips of the range that belong to one key head
    const keyHead = unit / strips
    const stop = min(end, (keyHead + 1) * strips)
    const b = keyHead / KV
    for (let member = 0; member < group; member++) {
      const h = (keyHead % KV) * group + member
      const queryAt = (<usize>b * <usize>T * <usize>H + <usize>h) * <usize>D << 2
      packRows(q + queryAt, qRow, D, T, queries)
      packRows(dOut + queryAt, qRow, D, T, gradients)
      packColumns(q + queryAt, qRow, T, D, queryColumns)
      packColumns(dOut + queryAt, qRow, T, D, gradientColumns)
      const lses = lse + ((<usize>b * <usize>H + <usize>h) * <usize>T << 2)
      for (let i = 0; i < T; i++) {
        const place = queryAt + <usize>i * qRow
        store<f32>(deltas + (<usize>i << 2), dot(dOut + place, out + place, D))
      }
      for (let u = unit; u < stop; u++) {
        const first = (u % strips) * ROWS
        const rows = min(ROWS, T - first)
        const from = first & ~7
        const to = window > 0 ? min(T, first + rows + window) : T
        const padded = (to + 7) & ~7
        const at = ((<usize>b * <usize>T + <usize>first) * <usize>KV + <usize>(keyHead % KV)) * <usize>D << 2
        strip(k + at, kRow, rows, queries, D, from, padded, weights, ld)
        strip(v + at, kRow, rows, gradients, D, from, padded, products, ld)
        for (let r = 0; r < rows; r++) {
          const j = first + r
          const row = weights + <usize>r * ld
          const other = products + <usize>r * ld
          for (let i = from; i < padded; i += 4) {
            const place = <usize>i << 2
            const s = score(v128.load(row + place), scale, cap)
            const p = exp(f32x4.sub(s, v128.load(lses + place)))
            const dP = v128.load(other + place)
            v128.store(row + place, p)
            v128.store(other + place, gradient(p, s, dP, v128.load(deltas + place), scale, cap))
          }
          const seen = window > 0 ? min(T, j + window + 1) : T
          put(row, from, j, 0)
          put(other, from, j, 0)
          put(row, seen, padded, 0)
          put(other, seen, padded, 0)
        }
        combine(weights, ld, rows, from, to, gradientColumns, T, D, dV + at, kRow, scratch, member > 0)
        combine(products, ld, rows, from, to, queryColumns, T, D, dK + at, kRow, scratch, member > 0)
      }
    }
    unit = stop
  }
}
