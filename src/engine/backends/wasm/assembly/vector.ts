// vector: the arithmetic that all kernels share, four f32 at a time.
// Math:     madd(a, b, c) = a·b + c, in one rounding where the build is relaxed; exp, log, tanh, sin, cos
// Shapes:   one v128 in, one out
// Check:    src/engine/backends/wasm/elementwise.test.ts; relative error about 1e-7 (2e-7 for tanh)
// Source:   argument reduction of Cody & Waite 1980; tanh below 1/4 is its Taylor series

@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (RELAXED) return f32x4.relaxed_madd(a, b, c)
  return f32x4.add(f32x4.mul(a, b), c)
}

/** Σ of the four, in a fixed order. */
@inline
export function sumOf(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 2) + (f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 3))
}

@inline
export function maxOf(v: v128): f32 {
  return max(max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 2)), max(f32x4.extract_lane(v, 1), f32x4.extract_lane(v, 3)))
}

/** max without NaN rules: one instruction on x86. */
@inline
export function larger(a: v128, b: v128): v128 {
  return f32x4.pmax(a, b)
}

/** eˣ; 0 below −86.6, infinite above 88.73. */
@inline
export function exp(value: v128): v128 {
  const low = f32x4.splat(-86.6)
  const x = f32x4.pmin(f32x4.pmax(value, low), f32x4.splat(89))
  // adding 1.5·2²³ rounds to an integer n and leaves it in the lowest bits
  const magic = f32x4.splat(12582912)
  const rounded = madd(x, f32x4.splat(1.44269504), magic)
  const n = f32x4.sub(rounded, magic)
  // ln 2 in two parts, the first short enough for its product with n to be exact
  let r = madd(n, f32x4.splat(-0.693359375), x)
  r = madd(n, f32x4.splat(2.12194440e-4), r)
  let p = madd(f32x4.splat(1.9875691500e-4), r, f32x4.splat(1.3981999507e-3))
  p = madd(p, r, f32x4.splat(8.3334519073e-3))
  p = madd(p, r, f32x4.splat(4.1665795894e-2))
  p = madd(p, r, f32x4.splat(1.6666665459e-1))
  p = madd(p, r, f32x4.splat(0.5))
  // 2·eʳ, times 2ⁿ⁻¹: 2¹²⁸ is no f32
  const twice = madd(p, f32x4.mul(r, f32x4.add(r, r)), f32x4.add(f32x4.add(r, r), f32x4.splat(2)))
  const half = i32x4.add(i32x4.shl(rounded, 23), i32x4.splat(126 << 23))
  return v128.and(f32x4.mul(twice, half), f32x4.gt(value, low))
}

/** ln x; −∞ at 0, NaN below. */
@inline
export function log(x: v128): v128 {
  // x = m·2ᵉ with m in [√½, √2)
  const shifted = i32x4.sub(x, i32x4.splat(0x3f3504f3))
  const e = f32x4.convert_i32x4_s(i32x4.shr_s(shifted, 23))
  const m = i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3))
  const r = f32x4.sub(m, f32x4.splat(1))
  const r2 = f32x4.mul(r, r)
  let p = madd(f32x4.splat(7.0376836292e-2), r, f32x4.splat(-1.1514610310e-1))
  p = madd(p, r, f32x4.splat(1.1676998740e-1))
  p = madd(p, r, f32x4.splat(-1.2420140846e-1))
  p = madd(p, r, f32x4.splat(1.4249322787e-1))
  p = madd(p, r, f32x4.splat(-1.6668057665e-1))
  p = madd(p, r, f32x4.splat(2.0000714765e-1))
  p = madd(p, r, f32x4.splat(-2.4999993993e-1))
  p = madd(p, r, f32x4.splat(3.3333331174e-1))
  let y = f32x4.mul(f32x4.mul(p, r), r2)
  y = madd(e, f32x4.splat(-2.12194440e-4), y)
  y = madd(r2, f32x4.splat(-0.5), y)
  y = madd(e, f32x4.splat(0.693359375), f32x4.add(r, y))
  y = v128.bitselect(f32x4.splat(-Infinity), y, f32x4.eq(x, f32x4.splat(0)))
  return v128.bitselect(y, f32x4.splat(NaN), f32x4.ge(x, f32x4.splat(0)))
}

/** tanh x, exact to the last digits for tiny x, ±1 past 10. */
@inline
export function tanh(x: v128): v128 {
  const sign = v128.and(x, f32x4.splat(-0.0))
  const a = f32x4.pmin(f32x4.abs(x), f32x4.splat(10))
  const q = f32x4.mul(a, a)
  let s = madd(q, f32x4.splat(0.021869489), f32x4.splat(-0.053968254))
  s = madd(s, q, f32x4.splat(0.13333333))
  s = madd(s, q, f32x4.splat(-0.33333333))
  const series = madd(f32x4.mul(a, q), s, a)
  const e = f32x4.add(exp(f32x4.add(a, a)), f32x4.splat(1))
  const ratio = f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), e))
  return v128.or(v128.bitselect(series, ratio, f32x4.lt(a, f32x4.splat(0.25))), sign)
}

/** 1 / (1 + e⁻ˣ) */
@inline
export function sigmoid(x: v128): v128 {
  const held = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-80)), f32x4.splat(80))
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exp(f32x4.neg(held))))
}

/** sin(x + quarter·π/2); good for |x| up to some ten thousands. */
@inline
export function sine(x: v128, quarter: i32): v128 {
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(0.63661977)))
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(1.5703125)))
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(4.83751296997e-4)))
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(7.54978995489e-8)))
  const r2 = f32x4.mul(r, r)
  let s = madd(f32x4.splat(-1.9515295891e-4), r2, f32x4.splat(8.3321608736e-3))
  s = madd(s, r2, f32x4.splat(-1.6666654611e-1))
  s = madd(f32x4.mul(s, r2), r, r)
  let c = madd(f32x4.splat(2.443315711809948e-5), r2, f32x4.splat(-1.388731625493765e-3))
  c = madd(c, r2, f32x4.splat(4.166664568298827e-2))
  c = madd(f32x4.mul(c, r2), r2, madd(r2, f32x4.splat(-0.5), f32x4.splat(1)))
  const q = i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(quarter))
  const odd = i32x4.eq(v128.and(q, i32x4.splat(1)), i32x4.splat(1))
  return v128.xor(v128.bitselect(c, s, odd), i32x4.shl(v128.and(q, i32x4.splat(2)), 30))
}
