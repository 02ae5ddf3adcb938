// elementwise: a chain of elementwise steps over blocks of 512 values that stay in the first-level cache, one
// vectorised loop per step and block.
// Math:     the primitives of shaders/lib/elementwise.wgsl, in the order of that file, which numbers them
// Shapes:   y f32 [count]; each input the same, or broadcast to it
// Table:    i32 words, made by src/engine/backends/wasm/elementwise.ts: number of inputs, of steps; per input 14: slot
//           (−1 = read in place), rank, six lengths, six strides; per step 6: primitive, first argument, second,
//           destination, two f32 constants. A place >= 0 is that slot of scratch; −1−i input i in place; −100 y
// Units:    blocks of 512
// Scratch:  slots of one block each, and one block more
// Writes:   y overwritten, or accumulated
// Check:    src/reference/elementwise.ts; atol 1e-6, rtol 2e-6 and as the shader
// Source:   none

import { exp, log, madd, sigmoid, sine, tanh } from './vector'

const BLOCK: i32 = 512
const BLOCK_BYTES: usize = 2048
const PLACE_Y: i32 = -100
const INPUT_WORDS: usize = 14
const STEP_WORDS: usize = 6

export function elementwise(
  begin: i32, end: i32, table: usize, y: usize,
  x0: usize, x1: usize, x2: usize, x3: usize, x4: usize, x5: usize, x6: usize, x7: usize, scratch: usize,
  count: i32, accumulate: i32,
): void {
  const inputs = load<i32>(table)
  const steps = load<i32>(table, 4)
  // scratch: the inputs' addresses (32 bytes), room for a tail (16), then the block of a result that is to be added
  store<usize>(scratch, x0)
  store<usize>(scratch, x1, 4)
  store<usize>(scratch, x2, 8)
  store<usize>(scratch, x3, 12)
  store<usize>(scratch, x4, 16)
  store<usize>(scratch, x5, 20)
  store<usize>(scratch, x6, 24)
  store<usize>(scratch, x7, 28)
  const result = scratch + 64
  const slots = result + BLOCK_BYTES
  const firstInput = table + 8
  const firstStep = firstInput + <usize>inputs * (INPUT_WORDS << 2)
  for (let block = begin; block < end; block++) {
    const start = block * BLOCK
    const n = min(BLOCK, count - start)
    const bytes = <usize>start << 2
    for (let i = 0; i < inputs; i++) {
      const entry = firstInput + <usize>i * (INPUT_WORDS << 2)
      const slot = load<i32>(entry)
      if (slot >= 0) spread(load<usize>(scratch + (<usize>i << 2)), entry + 4, start, n, slots + <usize>slot * BLOCK_BYTES)
    }
    const out = accumulate ? result : y + bytes
    for (let s = 0; s < steps; s++) {
      const entry = firstStep + <usize>s * (STEP_WORDS << 2)
      const a = place(load<i32>(entry, 4), scratch, slots, out, bytes)
      const b = place(load<i32>(entry, 8), scratch, slots, out, bytes)
      const to = place(load<i32>(entry, 12), scratch, slots, out, bytes)
      // whole vectors; what follows the last value within its vector must be kept when the step writes into y
      const whole = n & ~3
      apply(load<i32>(entry), a, b, to, <usize>whole << 2, load<f32>(entry, 16), load<f32>(entry, 20))
      if (whole < n) {
        const at = <usize>whole << 2
        const tail = scratch + 32
        apply(load<i32>(entry), a + at, b + at, tail, 16, load<f32>(entry, 16), load<f32>(entry, 20))
        for (let i: usize = 0; i < <usize>(n - whole) << 2; i += 4) store<f32>(to + at + i, load<f32>(tail + i))
      }
    }
    if (accumulate) {
      const to = y + bytes
      let i = 0
      for (; i + 4 <= n; i += 4) {
        const at = <usize>i << 2
        v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(result + at)))
      }
      for (; i < n; i++) {
        const at = <usize>i << 2
        store<f32>(to + at, load<f32>(to + at) + load<f32>(result + at))
      }
    }
  }
}

@inline
function place(code: i32, scratch: usize, slots: usize, out: usize, bytes: usize): usize {
  if (code >= 0) return slots + <usize>code * BLOCK_BYTES
  if (code == PLACE_Y) return out
  return load<usize>(scratch + (<usize>(-1 - code) << 2)) + bytes
}

/** Values start … start + n of a broadcast input, in a row. `view`: rank, six lengths, six strides. */
function spread(x: usize, view: usize, start: i32, n: i32, to: usize): void {
  const rank = load<i32>(view)
  const inner = load<i32>(view + (<usize>rank << 2))
  const stride = load<i32>(view + (<usize>(rank + 6) << 2))
  let done = 0
  while (done < n) {
    let rest = start + done
    const along = rest % inner
    rest /= inner
    let from = along * stride
    for (let d = rank - 1; d > 0; d--) {
      const length = load<i32>(view + (<usize>d << 2))
      from += (rest % length) * load<i32>(view + (<usize>(d + 6) << 2))
      rest /= length
    }
    const run = min(n - done, inner - along)
    const source = x + (<usize>from << 2)
    const target = to + (<usize>done << 2)
    const whole = run & ~3
    let i = 0
    if (stride) {
      for (; i < whole; i += 4) v128.store(target + (<usize>i << 2), v128.load(source + (<usize>i << 2)))
      for (; i < run; i++) store<f32>(target + (<usize>i << 2), load<f32>(source + (<usize>i << 2)))
    } else {
      const value = v128.load_splat<f32>(source)
      for (; i < whole; i += 4) v128.store(target + (<usize>i << 2), value)
      for (; i < run; i++) store<f32>(target + (<usize>i << 2), load<f32>(source))
    }
    done += run
  }
}

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

function apply(fn: i32, a: usize, b: usize, to: usize, bytes: usize, c0: f32, c1: f32): void {
  const end = to + bytes
  const s = f32x4.splat(c0)
  const t = f32x4.splat(c1)
  b -= a
  a -= to
  switch (fn) {
    case 0: // identity
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, x)
      }
      break
    case 1: // neg
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.neg(x))
      }
      break
    case 2: // abs
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.abs(x))
      }
      break
    case 3: // square
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.mul(x, x))
      }
      break
    case 4: // sqrt
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.sqrt(x))
      }
      break
    case 5: // rsqrt
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.div(one(), f32x4.sqrt(x)))
      }
      break
    case 6: // reciprocal
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.div(one(), x))
      }
      break
    case 7: // exp
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, exp(x))
      }
      break
    case 8: // log
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, log(x))
      }
      break
    case 9: // sin
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, sine(x, 0))
      }
      break
    case 10: // cos
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, sine(x, 1))
      }
      break
    case 11: // sigmoid
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, sigmoid(x))
      }
      break
    case 12: // tanh
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, tanh(x))
      }
      break
    case 13: // relu
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.pmax(x, zero()))
      }
      break
    case 14: // reluSquared
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, positiveSquare(x))
      }
      break
    case 15: // gelu
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, gelu(x))
      }
      break
    case 16: // silu
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.mul(x, sigmoid(x)))
      }
      break
    case 17: // softcap
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.mul(s, tanh(f32x4.div(x, s))))
      }
      break
    case 18: // affine
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, madd(s, x, t))
      }
      break
    case 19: // negSlope
      for (; to < end; to += 16) {
        v128.store(to, f32x4.splat(-1))
      }
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
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.div(f32x4.splat(0.5), f32x4.sqrt(x)))
      }
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
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, exp(x))
      }
      break
    case 26: // logSlope
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.div(one(), x))
      }
      break
    case 27: // sinSlope
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, sine(x, 1))
      }
      break
    case 28: // cosSlope
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.neg(sine(x, 0)))
      }
      break
    case 29: // sigmoidSlope
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, sigmoidSlope(x))
      }
      break
    case 30: // tanhSlope
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, tanhSlope(x))
      }
      break
    case 31: // reluSlope
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, truth(f32x4.gt(x, zero())))
      }
      break
    case 32: // reluSquaredSlope
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, f32x4.mul(f32x4.splat(2), f32x4.pmax(x, zero())))
      }
      break
    case 33: // geluSlope
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, geluSlope(x))
      }
      break
    case 34: // siluSlope
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, siluSlope(x))
      }
      break
    case 35: // softcapSlope
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        v128.store(to, tanhSlope(f32x4.div(x, s)))
      }
      break
    case 36: // add
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        const z = v128.load(to + a + b)
        v128.store(to, f32x4.add(x, z))
      }
      break
    case 37: // sub
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        const z = v128.load(to + a + b)
        v128.store(to, f32x4.sub(x, z))
      }
      break
    case 38: // mul
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        const z = v128.load(to + a + b)
        v128.store(to, f32x4.mul(x, z))
      }
      break
    case 39: // div
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        const z = v128.load(to + a + b)
        v128.store(to, f32x4.div(x, z))
      }
      break
    case 40: // maximum
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        const z = v128.load(to + a + b)
        v128.store(to, f32x4.max(x, z))
      }
      break
    case 41: // minimum
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        const z = v128.load(to + a + b)
        v128.store(to, f32x4.min(x, z))
      }
      break
    case 42: // atLeast
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        const z = v128.load(to + a + b)
        v128.store(to, truth(f32x4.ge(x, z)))
      }
      break
    case 43: // above
      for (; to < end; to += 16) {
        const x = v128.load(to + a)
        const z = v128.load(to + a + b)
        v128.store(to, truth(f32x4.gt(x, z)))
      }
      break
    default:
      unreachable()
  }
}
