// rows: what looks at one row at a time: norms, softmax and their gradients.
// Math:     rms: y = x·r, r = 1/√(mean(x²) + eps);  dX = r·(dOut − x·r²·mean(dOut·x))
//           layer: y = (x − mean)·r, r = 1/√(var + eps);  dX = r·(dOut − mean(dOut) − y·mean(dOut·y))
//           softmax: y = exp(x − max) / Σ exp(x − max);  dX = y·(dOut − Σ dOut·y)
// Shapes:   all [rows,C]; rstd [rows]
// Units:    rows
// Writes:   y, rstd overwritten; dX overwritten, or accumulated where `add`
// Check:    src/reference/norm.ts, softmax.ts; tolerances as for the shaders of the same names
// Source:   arXiv:1910.07467, arXiv:1607.06450

import { exp, larger, madd, maxOf, sumOf } from './vector'

/** Σ a·b over n values, four running sums. */
export function dot(a: usize, b: usize, n: i32): f32 {
  let s0 = f32x4.splat(0)
  let s1 = f32x4.splat(0)
  let i = 0
  for (; i + 8 <= n; i += 8) {
    const at = <usize>i << 2
    s0 = madd(v128.load(a + at), v128.load(b + at), s0)
    s1 = madd(v128.load(a + at, 16), v128.load(b + at, 16), s1)
  }
  let total = sumOf(f32x4.add(s0, s1))
  for (; i < n; i++) total += load<f32>(a + (<usize>i << 2)) * load<f32>(b + (<usize>i << 2))
  return total
}

/** Σ a over n values. */
function sum(a: usize, n: i32): f32 {
  let s0 = f32x4.splat(0)
  let s1 = f32x4.splat(0)
  let i = 0
  for (; i + 8 <= n; i += 8) {
    const at = <usize>i << 2
    s0 = f32x4.add(s0, v128.load(a + at))
    s1 = f32x4.add(s1, v128.load(a + at, 16))
  }
  let total = sumOf(f32x4.add(s0, s1))
  for (; i < n; i++) total += load<f32>(a + (<usize>i << 2))
  return total
}

/** y = scale·x + shift */
function scaled(x: usize, y: usize, n: i32, scale: f32, shift: f32): void {
  let i = 0
  const a = f32x4.splat(scale)
  const b = f32x4.splat(shift)
  for (; i + 4 <= n; i += 4) v128.store(y + (<usize>i << 2), madd(v128.load(x + (<usize>i << 2)), a, b))
  for (; i < n; i++) store<f32>(y + (<usize>i << 2), load<f32>(x + (<usize>i << 2)) * scale + shift)
}

/** y (+)= a·u + b·v + c */
export function mixed(u: usize, v: usize, y: usize, n: i32, a: f32, b: f32, c: f32, add: i32): void {
  let i = 0
  const va = f32x4.splat(a)
  const vb = f32x4.splat(b)
  const vc = f32x4.splat(c)
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2
    let r = madd(v128.load(u + at), va, madd(v128.load(v + at), vb, vc))
    if (add) r = f32x4.add(r, v128.load(y + at))
    v128.store(y + at, r)
  }
  for (; i < n; i++) {
    const at = <usize>i << 2
    const r = load<f32>(u + at) * a + (load<f32>(v + at) * b + c)
    store<f32>(y + at, add ? load<f32>(y + at) + r : r)
  }
}

@inline
function rms(x: usize, C: i32, eps: f32): f32 {
  return 1 / sqrt<f32>(dot(x, x, C) / <f32>C + eps)
}

export function rmsNorm(begin: i32, end: i32, x: usize, y: usize, C: i32, eps: f32): void {
  const row = <usize>C << 2
  for (let i = <usize>begin; i < <usize>end; i++) scaled(x + i * row, y + i * row, C, rms(x + i * row, C, eps), 0)
}

export function rmsScale(begin: i32, end: i32, x: usize, rstd: usize, C: i32, eps: f32): void {
  const row = <usize>C << 2
  for (let i = <usize>begin; i < <usize>end; i++) store<f32>(rstd + (i << 2), rms(x + i * row, C, eps))
}

/** `rstd` 0: worked out again. */
export function rmsNormGrad(begin: i32, end: i32, dOut: usize, x: usize, rstd: usize, dX: usize, C: i32, add: i32, eps: f32): void {
  const row = <usize>C << 2
  for (let i = <usize>begin; i < <usize>end; i++) {
    const at = i * row
    const r = rstd ? load<f32>(rstd + (i << 2)) : rms(x + at, C, eps)
    mixed(dOut + at, x + at, dX + at, C, r, -r * (r * r * (dot(dOut + at, x + at, C) / <f32>C)), 0, add)
  }
}

/** How far the mean lies from x[0]: a large mean must not swallow the digits of small differences. */
function shiftOf(x: usize, C: i32): f32 {
  const first = load<f32>(x)
  const f = f32x4.splat(first)
  let s = f32x4.splat(0)
  let i = 0
  for (; i + 4 <= C; i += 4) s = f32x4.add(s, f32x4.sub(v128.load(x + (<usize>i << 2)), f))
  let total = sumOf(s)
  for (; i < C; i++) total += load<f32>(x + (<usize>i << 2)) - first
  return total / <f32>C
}

/** 1/√(var + eps) */
function rstdOf(x: usize, C: i32, shift: f32, eps: f32): f32 {
  const first = load<f32>(x)
  let s = f32x4.splat(0)
  let i = 0
  for (; i + 4 <= C; i += 4) {
    const d = f32x4.sub(f32x4.sub(v128.load(x + (<usize>i << 2)), f32x4.splat(first)), f32x4.splat(shift))
    s = madd(d, d, s)
  }
  let total = sumOf(s)
  for (; i < C; i++) {
    const d = load<f32>(x + (<usize>i << 2)) - first - shift
    total += d * d
  }
  return 1 / sqrt<f32>(total / <f32>C + eps)
}

/** y = (x − mean)·r */
function centred(x: usize, y: usize, n: i32, shift: f32, r: f32): void {
  const first = load<f32>(x)
  let i = 0
  for (; i + 4 <= n; i += 4) {
    const d = f32x4.sub(f32x4.sub(v128.load(x + (<usize>i << 2)), f32x4.splat(first)), f32x4.splat(shift))
    v128.store(y + (<usize>i << 2), f32x4.mul(d, f32x4.splat(r)))
  }
  for (; i < n; i++) store<f32>(y + (<usize>i << 2), (load<f32>(x + (<usize>i << 2)) - first - shift) * r)
}

export function layerNorm(begin: i32, end: i32, x: usize, y: usize, C: i32, eps: f32): void {
  const row = <usize>C << 2
  for (let i = <usize>begin; i < <usize>end; i++) {
    const at = i * row
    const shift = shiftOf(x + at, C)
    centred(x + at, y + at, C, shift, rstdOf(x + at, C, shift, eps))
  }
}

/** `scratch` holds one row. */
export function layerNormGrad(begin: i32, end: i32, dOut: usize, x: usize, dX: usize, scratch: usize, C: i32, add: i32, eps: f32): void {
  const row = <usize>C << 2
  for (let i = <usize>begin; i < <usize>end; i++) {
    const at = i * row
    const shift = shiftOf(x + at, C)
    const r = rstdOf(x + at, C, shift, eps)
    centred(x + at, scratch, C, shift, r)
    const dMean = sum(dOut + at, C) / <f32>C
    const along = dot(dOut + at, scratch, C) / <f32>C
    mixed(dOut + at, scratch, dX + at, C, r, -r * along, -r * dMean, add)
  }
}

/** y = exp(x − highest); returns their sum. */
export function exponentials(x: usize, y: usize, n: i32, highest: f32): f32 {
  const h = f32x4.splat(highest)
  let total = f32x4.splat(0)
  let i = 0
  for (; i + 4 <= n; i += 4) {
    const e = exp(f32x4.sub(v128.load(x + (<usize>i << 2)), h))
    v128.store(y + (<usize>i << 2), e)
    total = f32x4.add(total, e)
  }
  let result = sumOf(total)
  for (; i < n; i++) {
    const e = f32x4.extract_lane(exp(f32x4.splat(load<f32>(x + (<usize>i << 2)) - highest)), 0)
    store<f32>(y + (<usize>i << 2), e)
    result += e
  }
  return result
}

export function highestOf(x: usize, n: i32): f32 {
  let top = f32x4.splat(-3e38)
  let i = 0
  for (; i + 4 <= n; i += 4) top = larger(top, v128.load(x + (<usize>i << 2)))
  let highest = maxOf(top)
  for (; i < n; i++) highest = max(highest, load<f32>(x + (<usize>i << 2)))
  return highest
}

export function softmax(begin: i32, end: i32, x: usize, y: usize, C: i32): void {
  const row = <usize>C << 2
  for (let i = <usize>begin; i < <usize>end; i++) {
    const at = i * row
    const total = exponentials(x + at, y + at, C, highestOf(x + at, C))
    scaled(y + at, y + at, C, 1 / total, 0)
  }
}

export function softmaxGrad(begin: i32, end: i32, dOut: usize, y: usize, dX: usize, C: i32): void {
  const row = <usize>C << 2
  for (let r = <usize>begin; r < <usize>end; r++) {
    const at = r * row
    const inner = dot(dOut + at, y + at, C)
    let i = 0
    for (; i + 4 <= C; i += 4) {
      const place = at + (<usize>i << 2)
      v128.store(dX + place, f32x4.mul(v128.load(y + place), f32x4.sub(v128.load(dOut + place), f32x4.splat(inner))))
    }
    for (; i < C; i++) {
      const place = at + (<usize>i << 2)
      store<f32>(dX + place, load<f32>(y + place) * (load<f32>(dOut + place) - inner))
    }
  }
}
