// layout: what only moves or adds up values: strided copies, fills, sums, lookups.
// Math:     copy: y[outOffset + Σ i_d·outStrides_d] (+)= x[inOffset + Σ i_d·inStrides_d]
//           reduceSum: y[o,i] (+)= scale·Σ_r x[o,r,i]
//           embedding: y[n] = table[tokens[n]];  its gradient: dTable[v] (+)= Σ_{starts[v] <= k < starts[v+1]} dOut[order[k]]
// Shapes:   x [outer,reduce,inner], y [outer,inner]; table, dTable [V,C]; order u32 [N], starts u32 [V+1]
// Units:    copy: rows of the innermost dim; fill: blocks of 1024; reduceSum: o (or blocks of eight i where outer is 1);
//           embedding: n; its gradient: v
// Writes:   overwritten, or accumulated where `add`; copy leaves alone what its view does not cover
// Check:    src/reference/layout.ts, embedding.ts; sums atol 1e-6·Σ|x|, the rest exact
// Source:   runs of 32 are summed apart, then added: Higham 1993, doi:10.1137/0914050

import { sumOf } from './vector'

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
