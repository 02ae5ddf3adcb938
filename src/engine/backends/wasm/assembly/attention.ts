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

import { COLS, packColumns, packRows, panelBytes, ROWS, tile } from './tile'
import { exp, larger, log, madd, maxOf, sumOf, tanh } from './vector'

const NONE: f32 = -3e38

/** rows·op(panels): `rows` ≤ 4 rows from `p`, `row` bytes apart; whole panels of columns [from, to) of C at `c`. */
function strip(p: usize, row: usize, rows: i32, panels: usize, K: i32, from: i32, to: i32, c: usize, ldc: usize): void {
  const p1 = p + row * <usize>min(1, rows - 1)
  const p2 = p + row * <usize>min(2, rows - 1)
  const p3 = p + row * <usize>min(3, rows - 1)
  for (let col = from; col < to; col += COLS) {
    tile(p, p1, p2, p3, 4, panels + <usize>(col / COLS) * (<usize>K << 5), K, c + (<usize>col << 2), ldc)
  }
}

/** A tile of which only `rows` × `cols` values are wanted; added to what is there if asked for. */
function narrow(
  p0: usize, p1: usize, p2: usize, p3: usize, panel: usize, K: i32, c: usize, ldc: usize,
  rows: i32, cols: i32, spare: usize, add: bool,
): void {
  if (rows == ROWS && cols == COLS && !add) {
    tile(p0, p1, p2, p3, 4, panel, K, c, ldc)
    return
  }
  tile(p0, p1, p2, p3, 4, panel, K, spare, 32)
  for (let i = 0; i < rows; i++) {
    if (cols == COLS) {
      let u = v128.load(spare)
      let v = v128.load(spare, 16)
      if (add) {
        u = f32x4.add(u, v128.load(c))
        v = f32x4.add(v, v128.load(c, 16))
      }
      v128.store(c, u)
      v128.store(c, v, 16)
    } else {
      for (let j: usize = 0; j < <usize>cols << 2; j += 4) {
        const v = load<f32>(spare + j)
        store<f32>(c + j, add ? load<f32>(c + j) + v : v)
      }
    }
    spare += 32
    c += ldc
  }
}

/** weights [rows, from…to) times panels of the columns of V, `first` being the row where both begin. */
function combine(
  weights: usize, ld: usize, rows: i32, from: i32, to: i32, panels: usize, T: i32, D: i32,
  c: usize, ldc: usize, spare: usize, add: bool,
): void {
  const p = weights + (<usize>from << 2)
  const p1 = p + ld * <usize>min(1, rows - 1)
  const p2 = p + ld * <usize>min(2, rows - 1)
  const p3 = p + ld * <usize>min(3, rows - 1)
  for (let col = 0; col < D; col += COLS) {
    const panel = panels + <usize>(col / COLS) * (<usize>T << 5) + (<usize>from << 5)
    narrow(p, p1, p2, p3, panel, to - from, c + (<usize>col << 2), ldc, rows, min(COLS, D - col), spare, add)
  }
}

/** s = scale·dot, capped; in place over columns [from, to), a multiple of four of them. */
@inline
function score(dot: v128, scale: f32, cap: f32): v128 {
  const s = f32x4.mul(dot, f32x4.splat(scale))
  return cap > 0 ? f32x4.mul(tanh(f32x4.div(s, f32x4.splat(cap))), f32x4.splat(cap)) : s
}

function put(row: usize, from: i32, to: i32, value: f32): void {
  for (let j = from; j < to; j++) store<f32>(row + (<usize>j << 2), value)
}

export function attention(
  begin: i32, end: i32, q: usize, k: usize, v: usize, out: usize, lse: usize, scratch: usize,
  T: i32, H: i32, KV: i32, D: i32, window: i32, scale: f32, cap: f32,
): void {
  const strips = (T + ROWS - 1) / ROWS
  const qRow = <usize>(H * D) << 2
  const kRow = <usize>(KV * D) << 2
  const ld = <usize>((T + COLS - 1) & ~7) << 2
  const weights = scratch + 128
  const keys = weights + ld * ROWS
  const values = keys + panelBytes(D, T)
  let packed = -1
  for (let unit = begin; unit < end; unit++) {
    const head = unit / strips
    const b = head / H
    const h = head % H
    if (head != packed) {
      const at = (<usize>b * <usize>T * <usize>KV + <usize>(h / (H / KV))) * <usize>D << 2
      packRows(k + at, kRow, D, T, keys)
      packColumns(v + at, kRow, T, D, values)
      packed = head
    }
    const first = (unit % strips) * ROWS
    const rows = min(ROWS, T - first)
    const from = max(0, window > 0 ? first - window : 0) & ~7
    const to = first + rows
    const padded = (to + 7) & ~7
    const at = ((<usize>b * <usize>T + <usize>first) * <usize>H + <usize>h) * <usize>D << 2
    strip(q + at, qRow, rows, keys, D, from, padded, weights, ld)
    for (let r = 0; r < rows; r++) {
      const i = first + r
      const row = weights + <usize>r * ld
      const lo = max(from, window > 0 ? i - window : 0)
      if (cap > 0) {
        for (let j = from; j < padded; j += 4) {
          const place = row + (<usize>j << 2)
          v128.store(place, score(v128.load(place), scale, cap))
        }
      }
      // uncapped scores stay dots: scale enters with the exponential; a negative scale turns the order round
      const factor: f32 = cap > 0 ? 1 : scale
      put(row, from, lo, factor < 0 ? -NONE : NONE)
      put(row, i + 1, padded, factor < 0 ? -NONE : NONE)
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
      const l = f32x4.extract_lane(log(f32x4.splat(total)), 0) + highest
      store<f32>(lse + ((<usize>head * <usize>T + <usize>i) << 2), l)
    }
    combine(weights, ld, rows, from, to, values, T, D, out + at, qRow, scratch, false)
  }
}

/** dOut_i·out_i of one row. */
function dotOf(a: usize, b: usize, D: i32): f32 {
  let sum = f32x4.splat(0)
  let i = 0
  for (; i + 4 <= D; i += 4) sum = madd(v128.load(a + (<usize>i << 2)), v128.load(b + (<usize>i << 2)), sum)
  let total = sumOf(sum)
  for (; i < D; i++) total += load<f32>(a + (<usize>i << 2)) * load<f32>(b + (<usize>i << 2))
  return total
}

export function attentionGradQ(
  begin: i32, end: i32, q: usize, k: usize, v: usize, out: usize, lse: usize, dOut: usize, dQ: usize, scratch: usize,
  T: i32, H: i32, KV: i32, D: i32, window: i32, scale: f32, cap: f32,
): void {
  const strips = (T + ROWS - 1) / ROWS
  const qRow = <usize>(H * D) << 2
  const kRow = <usize>(KV * D) << 2
  const ld = <usize>((T + COLS - 1) & ~7) << 2
  const weights = scratch + 128
  const slopes = weights + ld * ROWS
  const keys = slopes + ld * ROWS
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
      packRows(v + at, kRow, D, T, values)
      packColumns(k + at, kRow, T, D, keyColumns)
      packed = head
    }
    const first = (unit % strips) * ROWS
    const rows = min(ROWS, T - first)
    const from = max(0, window > 0 ? first - window : 0) & ~7
    const to = first + rows
    const padded = (to + 7) & ~7
    const at = ((<usize>b * <usize>T + <usize>first) * <usize>H + <usize>h) * <usize>D << 2
    strip(q + at, qRow, rows, keys, D, from, padded, weights, ld)
    strip(dOut + at, qRow, rows, values, D, from, padded, slopes, ld)
    for (let r = 0; r < rows; r++) {
      const i = first + r
      const row = weights + <usize>r * ld
      const other = slopes + <usize>r * ld
      const delta = f32x4.splat(dotOf(dOut + at + <usize>r * qRow, out + at + <usize>r * qRow, D))
      const l = f32x4.splat(load<f32>(lse + ((<usize>head * <usize>T + <usize>i) << 2)))
      for (let j = from; j < padded; j += 4) {
        const place = row + (<usize>j << 2)
        const s = score(v128.load(place), scale, cap)
        const p = exp(f32x4.sub(s, l))
        v128.store(place, gradient(p, s, v128.load(other + (<usize>j << 2)), delta, scale, cap))
      }
      put(row, from, max(from, window > 0 ? i - window : 0), 0)
      put(row, i + 1, padded, 0)
    }
    combine(weights, ld, rows, from, to, keyColumns, T, D, dQ + at, qRow, scratch, false)
  }
}

/** p·(dP − delta)·∂s/∂dot */
@inline
function gradient(p: v128, s: v128, dP: v128, delta: v128, scale: f32, cap: f32): v128 {
  const g = f32x4.mul(f32x4.mul(p, f32x4.sub(dP, delta)), f32x4.splat(scale))
  if (cap <= 0) return g
  const t = f32x4.div(s, f32x4.splat(cap))
  return f32x4.mul(g, f32x4.sub(f32x4.splat(1), f32x4.mul(t, t)))
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
  const slopes = weights + ld * ROWS
  const deltas = slopes + ld * ROWS
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
        store<f32>(deltas + (<usize>i << 2), dotOf(dOut + place, out + place, D))
      }
      for (let u = unit; u < stop; u++) {
        const first = (u % strips) * ROWS
        const rows = min(ROWS, T - first)
        const from = first & ~7
        const to = window > 0 ? min(T, first + rows + window) : T
        const padded = (to + 7) & ~7
        const at = ((<usize>b * <usize>T + <usize>first) * <usize>KV + <usize>(keyHead % KV)) * <usize>D << 2
        strip(k + at, kRow, rows, queries, D, from, padded, weights, ld)
        strip(v + at, kRow, rows, gradients, D, from, padded, slopes, ld)
        for (let r = 0; r < rows; r++) {
          const j = first + r
          const row = weights + <usize>r * ld
          const other = slopes + <usize>r * ld
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
        combine(slopes, ld, rows, from, to, queryColumns, T, D, dK + at, kRow, scratch, member > 0)
      }
    }
    unit = stop
  }
}
