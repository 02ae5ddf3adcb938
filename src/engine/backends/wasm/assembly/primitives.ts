// primitives: the elementwise primitives and their slopes (first derivatives), a loop each.
// Math:     those of shaders/lib/elementwise.wgsl, numbered in the order of that file
// Shapes:   a, b, to: whole vectors, as many as fit in `bytes`; `to` may be a or b
// Writes:   to overwritten
// Check:    src/reference/elementwise.ts; atol 1e-6, rtol 2e-6
// Source:   none

import { exp, log, madd, sigmoid, sine, tanh } from './vector'

@inline
function one(): v128 {
  return f32x4.splat(1)
}

@inline
function zero(): v128 {
  return f32x4.splat(0)
}

/** 1 where the mask is set, else 0. */
@inline
function truth(mask: v128): v128 {
  return v128.and(mask, one())
}

/** The argument of gelu's tanh. */
@inline
function geluInner(x: v128): v128 {
  const cubic = madd(f32x4.mul(f32x4.mul(x, x), x), f32x4.splat(0.044715), x)
  return f32x4.mul(cubic, f32x4.splat(0.7978845608))
}

@inline
function positiveSquare(x: v128): v128 {
  const r = f32x4.pmax(x, zero())
  return f32x4.mul(r, r)
}

function gelu(x: v128): v128 {
  return f32x4.mul(f32x4.mul(f32x4.splat(0.5), x), f32x4.add(one(), tanh(geluInner(x))))
}

function geluSlope(x: v128): v128 {
  const t = tanh(geluInner(x))
  const inner = f32x4.mul(f32x4.splat(0.7978845608), madd(f32x4.splat(0.134145), f32x4.mul(x, x), one()))
  const rest = f32x4.mul(f32x4.mul(x, f32x4.sub(one(), f32x4.mul(t, t))), inner)
  return f32x4.mul(f32x4.splat(0.5), f32x4.add(f32x4.add(one(), t), rest))
}

function sigmoidSlope(x: v128): v128 {
  const g = sigmoid(x)
  return f32x4.mul(g, f32x4.sub(one(), g))
}

function siluSlope(x: v128): v128 {
  const g = sigmoid(x)
  return f32x4.mul(g, madd(x, f32x4.sub(one(), g), one()))
}

function tanhSlope(x: v128): v128 {
  const t = tanh(x)
  return f32x4.sub(one(), f32x4.mul(t, t))
}

/** One primitive over `bytes` bytes; `b` and the constants where it has them. */
export function apply(fn: i32, a: usize, b: usize, to: usize, bytes: usize, c0: f32, c1: f32): void {
  const end = to + bytes
  const s = f32x4.splat(c0)
  const t = f32x4.splat(c1)
  b -= a
  a -= to
  switch (fn) {
    case 0: // identity
      for (; to < end; to += 16) v128.store(to, v128.load(to + a))
      break
    case 1: // neg
      for (; to < end; to += 16) v128.store(to, f32x4.neg(v128.load(to + a)))
      break
    case 2: // abs
      for (; to < end; to += 16) v128.store(to, f32x4.abs(v128.load(to + a)))
      break
    case 3: // square
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.mul(x, x))
      }
      break
    case 4: // sqrt
      for (; to < end; to += 16) v128.store(to, f32x4.sqrt(v128.load(to + a)))
      break
    case 5: // rsqrt
      for (; to < end; to += 16) v128.store(to, f32x4.div(one(), f32x4.sqrt(v128.load(to + a))))
      break
    case 6: // reciprocal
      for (; to < end; to += 16) v128.store(to, f32x4.div(one(), v128.load(to + a)))
      break
    case 7: // exp
      for (; to < end; to += 16) v128.store(to, exp(v128.load(to + a)))
      break
    case 8: // log
      for (; to < end; to += 16) v128.store(to, log(v128.load(to + a)))
      break
    case 9: // sin
      for (; to < end; to += 16) v128.store(to, sine(v128.load(to + a), 0))
      break
    case 10: // cos
      for (; to < end; to += 16) v128.store(to, sine(v128.load(to + a), 1))
      break
    case 11: // sigmoid
      for (; to < end; to += 16) v128.store(to, sigmoid(v128.load(to + a)))
      break
    case 12: // tanh
      for (; to < end; to += 16) v128.store(to, tanh(v128.load(to + a)))
      break
    case 13: // relu
      for (; to < end; to += 16) v128.store(to, f32x4.pmax(v128.load(to + a), zero()))
      break
    case 14: // reluSquared
      for (; to < end; to += 16) v128.store(to, positiveSquare(v128.load(to + a)))
      break
    case 15: // gelu
      for (; to < end; to += 16) v128.store(to, gelu(v128.load(to + a)))
      break
    case 16: // silu
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.mul(x, sigmoid(x)))
      }
      break
    case 17: // softcap
      for (; to < end; to += 16) v128.store(to, f32x4.mul(s, tanh(f32x4.div(v128.load(to + a), s))))
      break
    case 18: // affine
      for (; to < end; to += 16) v128.store(to, madd(s, v128.load(to + a), t))
      break
    case 19: // negSlope
      for (; to < end; to += 16) v128.store(to, f32x4.splat(-1))
      break
    case 20: // absSlope
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.sub(truth(f32x4.gt(x, zero())), truth(f32x4.lt(x, zero()))))
      }
      break
    case 21: // squareSlope
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.add(x, x))
      }
      break
    case 22: // sqrtSlope
      for (; to < end; to += 16) v128.store(to, f32x4.div(f32x4.splat(0.5), f32x4.sqrt(v128.load(to + a))))
      break
    case 23: // rsqrtSlope
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.div(f32x4.splat(-0.5), f32x4.mul(x, f32x4.sqrt(x))))
      }
      break
    case 24: // reciprocalSlope
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.div(f32x4.splat(-1), f32x4.mul(x, x)))
      }
      break
    case 25: // expSlope
      for (; to < end; to += 16) v128.store(to, exp(v128.load(to + a)))
      break
    case 26: // logSlope
      for (; to < end; to += 16) v128.store(to, f32x4.div(one(), v128.load(to + a)))
      break
    case 27: // sinSlope
      for (; to < end; to += 16) v128.store(to, sine(v128.load(to + a), 1))
      break
    case 28: // cosSlope
      for (; to < end; to += 16) v128.store(to, f32x4.neg(sine(v128.load(to + a), 0)))
      break
    case 29: // sigmoidSlope
      for (; to < end; to += 16) v128.store(to, sigmoidSlope(v128.load(to + a)))
      break
    case 30: // tanhSlope
      for (; to < end; to += 16) v128.store(to, tanhSlope(v128.load(to + a)))
      break
    case 31: // reluSlope
      for (; to < end; to += 16) v128.store(to, truth(f32x4.gt(v128.load(to + a), zero())))
      break
    case 32: // reluSquaredSlope
      for (; to < end; to += 16) v128.store(to, f32x4.mul(f32x4.splat(2), f32x4.pmax(v128.load(to + a), zero())))
      break
    case 33: // geluSlope
      for (; to < end; to += 16) v128.store(to, geluSlope(v128.load(to + a)))
      break
    case 34: // siluSlope
      for (; to < end; to += 16) v128.store(to, siluSlope(v128.load(to + a)))
      break
    case 35: // softcapSlope
      for (; to < end; to += 16) v128.store(to, tanhSlope(f32x4.div(v128.load(to + a), s)))
      break
    case 36: // add
      for (; to < end; to += 16) v128.store(to, f32x4.add(v128.load(to + a), v128.load(to + a + b)))
      break
    case 37: // sub
      for (; to < end; to += 16) v128.store(to, f32x4.sub(v128.load(to + a), v128.load(to + a + b)))
      break
    case 38: // mul
      for (; to < end; to += 16) v128.store(to, f32x4.mul(v128.load(to + a), v128.load(to + a + b)))
      break
    case 39: // div
      for (; to < end; to += 16) v128.store(to, f32x4.div(v128.load(to + a), v128.load(to + a + b)))
      break
    case 40: // maximum
      for (; to < end; to += 16) v128.store(to, f32x4.max(v128.load(to + a), v128.load(to + a + b)))
      break
    case 41: // minimum
      for (; to < end; to += 16) v128.store(to, f32x4.min(v128.load(to + a), v128.load(to + a + b)))
      break
    case 42: // atLeast
      for (; to < end; to += 16) v128.store(to, truth(f32x4.ge(v128.load(to + a), v128.load(to + a + b))))
      break
    case 43: // above
      for (; to < end; to += 16) v128.store(to, truth(f32x4.gt(v128.load(to + a), v128.load(to + a + b))))
      break
    default:
      unreachable()
  }
}
