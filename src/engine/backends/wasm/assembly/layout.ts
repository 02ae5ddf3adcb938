// layout: what only moves or adds up values: strided copies, fills, sums, lookups, shifts.
// Math:     copy: y[outOffset + Σ i_d·outStrides_d] (+)= x[inOffset + Σ i_d·inStrides_d]
//           reduceSum: y[o,i] (+)= scale·Σ_r x[o,r,i];  shift: y[b,t] = x[b,t−by], zero outside
//           embedding: y[n] = table[tokens[n]];  its gradient: dTable[v] (+)= Σ_{starts[v] <= k < starts[v+1]} dOut[order[k]]
// Shapes:   x [outer,reduce,inner], y [outer,inner]; table, dTable [V,C]; order u32 [N], starts u32 [V+1]
// Units:    copy: rows of the innermost dim; fill: blocks of 1024; reduceSum: o (or blocks of eight i where outer is 1);
//           embedding: n; its gradient: v; shift: (b, t)
// Writes:   overwritten, or accumulated where `add`; copy leaves alone what its view does not cover
// Check:    src/reference/layout.ts, embedding.ts, sequence.ts; sums atol 1e-6·Σ|x|, the rest exact
// Source:   runs of 32 are summed apart, then added: Higham 1993, doi:10.1137/0914050

import { madd, sumOf } from './vector'

/** `view`: rank of the outer dims, then per outer dim length, in and out stride; then inner length and strides. */
export function copy(begin: i32, end: i32, view: usize, x: usize, y: usize, inOffset: i32, outOffset: i32, add: i32): void {
  const outer = load<i32>(view)
  const last = view + 4 + <usize>outer * 12
  const n = load<i32>(last)
  const inStride = <usize>load<i32>(last, 4) << 2
  const outStride = <usize>load<i32>(last, 8) << 2
  for (let unit = begin; unit < end; unit++) {
    let rest = unit
    let from = inOffset
    let to = outOffset
    for (let d = outer - 1; d >= 0; d--) {
      const dim = view + 4 + <usize>d * 12
      const length = load<i32>(dim)
      const index = rest % length
      rest /= length
      from += index * load<i32>(dim, 4)
      to += index * load<i32>(dim, 8)
    }
    let source = x + (<usize>from << 2)
    let target = y + (<usize>to << 2)
    let i = 0
    if (inStride == 4 && outStride == 4) {
      for (; i + 4 <= n; i += 4) {
        const v = v128.load(source)
        v128.store(target, add ? f32x4.add(v, v128.load(target)) : v)
        source += 16
        target += 16
      }
    }
    for (; i < n; i++) {
      const v = load<f32>(source)
      store<f32>(target, add ? load<f32>(target) + v : v)
      source += inStride
      target += outStride
    }
  }
}

export function fill(begin: i32, end: i32, y: usize, count: i32, value: f32): void {
  const last = y + (<usize>min(end << 10, count) << 2)
  const v = f32x4.splat(value)
  let at = y + (<usize>begin << 12)
  for (; at + 16 <= last; at += 16) v128.store(at, v)
  for (; at < last; at += 4) store<f32>(at, value)
}

/** inner = 1: one sum per unit, whole rows. */
export function reduceRows(begin: i32, end: i32, x: usize, y: usize, reduce: i32, add: i32, scale: f32): void {
  for (let o = <usize>begin; o < <usize>end; o++) {
    const row = x + o * (<usize>reduce << 2)
    let total = f32x4.splat(0)
    let i = 0
    const whole = reduce & ~3
    while (i < whole) {
      const stop = min(i + 128, whole)
      let run = f32x4.splat(0)
      for (; i < stop; i += 4) run = f32x4.add(run, v128.load(row + (<usize>i << 2)))
      total = f32x4.add(total, run)
    }
    let sum = sumOf(total)
    for (; i < reduce; i++) sum += load<f32>(row + (<usize>i << 2))
    sum *= scale
    store<f32>(y + (o << 2), add ? load<f32>(y + (o << 2)) + sum : sum)
  }
}

/** inner > 1: a unit is one o and eight neighbouring i. */
export function reduceColumns(begin: i32, end: i32, x: usize, y: usize, reduce: i32, inner: i32, add: i32, scale: f32): void {
  const pieces = (inner + 7) >> 3
  const row = <usize>inner << 2
  for (let unit = begin; unit < end; unit++) {
    const o = unit / pieces
    const first = (unit % pieces) << 3
    let from = x + ((<usize>(o * reduce) * <usize>inner + <usize>first) << 2)
    const to = y + (<usize>(o * inner + first) << 2)
    if (first + 8 <= inner) {
      let t0 = f32x4.splat(0)
      let t1 = f32x4.splat(0)
      let r = 0
      while (r < reduce) {
        const stop = min(r + 32, reduce)
        let a = f32x4.splat(0)
        let b = f32x4.splat(0)
        for (; r < stop; r++) {
          a = f32x4.add(a, v128.load(from))
          b = f32x4.add(b, v128.load(from, 16))
          from += row
        }
        t0 = f32x4.add(t0, a)
        t1 = f32x4.add(t1, b)
      }
      t0 = f32x4.mul(t0, f32x4.splat(scale))
      t1 = f32x4.mul(t1, f32x4.splat(scale))
      v128.store(to, add ? f32x4.add(t0, v128.load(to)) : t0)
      v128.store(to, add ? f32x4.add(t1, v128.load(to, 16)) : t1, 16)
    } else {
      for (let i: usize = 0; i < <usize>(inner - first) << 2; i += 4) {
        let total: f32 = 0
        let r = 0
        let at = from + i
        while (r < reduce) {
          const stop = min(r + 32, reduce)
          let run: f32 = 0
          for (; r < stop; r++) {
            run += load<f32>(at)
            at += row
          }
          total += run
        }
        total *= scale
        store<f32>(to + i, add ? load<f32>(to + i) + total : total)
      }
    }
  }
}

export function embedding(begin: i32, end: i32, table: usize, tokens: usize, y: usize, C: i32): void {
  const row = <usize>C << 2
  for (let n = <usize>begin; n < <usize>end; n++) {
    memory.copy(y + n * row, table + <usize>load<i32>(tokens + (n << 2)) * row, row)
  }
}

export function embeddingGrad(
  begin: i32, end: i32, dOut: usize, order: usize, starts: usize, dTable: usize, C: i32, add: i32,
): void {
  const row = <usize>C << 2
  for (let v = <usize>begin; v < <usize>end; v++) {
    const first = load<u32>(starts + (v << 2))
    const last = load<u32>(starts + (v << 2), 4)
    const to = dTable + v * row
    if (!add) memory.fill(to, 0, row)
    for (let k = first; k < last; k++) {
      const from = dOut + <usize>load<u32>(order + (<usize>k << 2)) * row
      addRow(from, to, C)
    }
  }
}

function addRow(from: usize, to: usize, C: i32): void {
  let i = 0
  for (; i + 4 <= C; i += 4) {
    const at = <usize>i << 2
    v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)))
  }
  for (; i < C; i++) {
    const at = <usize>i << 2
    store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at))
  }
}

export function shift(begin: i32, end: i32, x: usize, y: usize, T: i32, C: i32, by: i32): void {
  const row = <usize>C << 2
  for (let unit = begin; unit < end; unit++) {
    const source = (unit % T) - by
    const to = y + <usize>unit * row
    if (source >= 0 && source < T) memory.copy(to, x + <usize>(unit - by) * row, row)
    else memory.fill(to, 0, row)
  }
}

/** y[b,t,c] = Σ_k w[c,k]·x[b,t−k,c]; with `ahead` the gradient of the input, Σ_k w[c,k]·dOut[b,t+k,c]. Units (b, t). */
export function conv(begin: i32, end: i32, x: usize, w: usize, y: usize, T: i32, C: i32, K: i32, ahead: i32): void {
  const row = <usize>C << 2
  for (let unit = begin; unit < end; unit++) {
    const t = unit % T
    const taps = min(K, ahead ? T - t : t + 1)
    const to = y + <usize>unit * row
    for (let c = 0; c < C; c++) {
      const at = <usize>c << 2
      const weights = w + (<usize>(c * K) << 2)
      let sum: f32 = 0
      for (let k = 0; k < taps; k++) {
        sum += load<f32>(weights + (<usize>k << 2)) * load<f32>(x + <usize>(ahead ? unit + k : unit - k) * row + at)
      }
      store<f32>(to + at, sum)
    }
  }
}

/** dW[c,k] (+)= Σ_{b,t} dOut[b,t,c]·x[b,t−k,c]. Units: four channels each. Scratch: 16 bytes. */
export function convWeightGrad(
  begin: i32, end: i32, dOut: usize, x: usize, dW: usize, scratch: usize, rows: i32, T: i32, C: i32, K: i32, add: i32,
): void {
  const row = <usize>C << 2
  for (let unit = begin; unit < end; unit++) {
    const first = unit << 2
    const channels = min(4, C - first)
    for (let k = 0; k < K; k++) {
      let total = f32x4.splat(0)
      let n = 0
      while (n < rows) {
        const stop = min(n + 64, rows)
        let run = f32x4.splat(0)
        for (; n < stop; n++) {
          if (n % T < k) continue
          const a = v128.load(dOut + <usize>n * row + (<usize>first << 2))
          run = madd(a, v128.load(x + <usize>(n - k) * row + (<usize>first << 2)), run)
        }
        total = f32x4.add(total, run)
      }
      v128.store(scratch, total)
      for (let c = 0; c < channels; c++) {
        const at = dW + (<usize>((first + c) * K + k) << 2)
        const v = load<f32>(scratch + (<usize>c << 2))
        store<f32>(at, add ? load<f32>(at) + v : v)
      }
    }
  }
}

function scramble(value: u32): u32 {
  let h = value ^ (value >> 16)
  h *= 0x7feb352d
  h ^= h >> 15
  h *= 0x846ca68b
  return h ^ (h >> 16)
}

/** Inverted dropout, bit for bit the mask of shaders/dropout_forward.wgsl. Units: blocks of 1024. */
export function dropout(begin: i32, end: i32, x: usize, state: usize, y: usize, count: i32, node: i32, threshold: i32, keep: f32): void {
  let key = scramble(load<u32>(state) + 0x9e3779b9)
  key = scramble(key ^ load<u32>(state, 4))
  key = scramble(key ^ load<u32>(state, 8))
  key = scramble(key ^ <u32>node)
  const last = min(end << 10, count)
  const least = i32x4.splat(threshold)
  const scale = f32x4.splat(keep)
  for (let i = begin << 10; i < last; i += 4) {
    const at = <usize>i << 2
    const element = i32x4.add(i32x4.splat(i), i32x4(0, 1, 2, 3))
    const draw = scrambled(i32x4.add(scrambled(element), i32x4.splat(key)))
    const v = v128.and(f32x4.mul(v128.load(x + at), scale), i32x4.ge_u(draw, least))
    if (i + 4 <= last) {
      v128.store(y + at, v)
    } else {
      store<f32>(y + at, f32x4.extract_lane(v, 0))
      if (i + 1 < last) store<f32>(y + at, f32x4.extract_lane(v, 1), 4)
      if (i + 2 < last) store<f32>(y + at, f32x4.extract_lane(v, 2), 8)
    }
  }
}

/** scramble of four at once */
@inline
function scrambled(value: v128): v128 {
  let h = v128.xor(value, i32x4.shr_u(value, 16))
  h = i32x4.mul(h, i32x4.splat(0x7feb352d))
  h = v128.xor(h, i32x4.shr_u(h, 15))
  h = i32x4.mul(h, i32x4.splat(0x846ca68b))
  return v128.xor(h, i32x4.shr_u(h, 16))
}
