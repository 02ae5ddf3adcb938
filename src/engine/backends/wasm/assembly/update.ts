// update: the norm of all gradients, and one optimiser step of every rule that looks at one element at a time.
// Math:     squares: partial[p] = Σ grads² over chunk p;  gradNorm = √(Σ_p partial[p])
//           g is first scaled by min(1, clip / gradNorm)
//           adamw: m = β1·m + (1−β1)·g; v = β2·v + (1−β2)·g²; w −= lr·((m/bias1)/(√(v/bias2) + eps) + decay·w)
//           lion:  w −= lr·(sign(β1·m + (1−β1)·g) + decay·w); then m = β2·m + (1−β2)·g
//           sgd:   m = momentum·m + g; w −= lr·(m + decay·w);   muon: w is left to muonApply
//           then ema = d·ema + (1−d)·w for every rule
// Shapes:   params, grads, m, v, ema f32 [64·blocks]; groupOf u32 [blocks], 0xffffffff = leave alone; hyper f32 [groups,16]
// Units:    squares: chunks of 4096 floats; gradNorm: 1; update: blocks of 64 floats
// Writes:   params, m, v, ema in place; partial, norm overwritten
// Check:    src/reference/optimizers.ts; atol 2e-6 × the largest value, rtol 1e-5
// Source:   AdamW arXiv:1711.05101; Lion arXiv:2302.06675

import { dot } from './rows'
import { madd } from './vector'

const CHUNK: i32 = 4096

export function squares(begin: i32, end: i32, grads: usize, partial: usize, count: i32): void {
  for (let p = begin; p < end; p++) {
    const from = grads + (<usize>(p * CHUNK) << 2)
    store<f32>(partial + (<usize>p << 2), squaresOf(from, min(CHUNK, count - p * CHUNK)))
  }
}

/** Σ a², runs of 256 apart: thousands of terms in one chain would cost digits. */
export function squaresOf(a: usize, n: i32): f32 {
  let total: f32 = 0
  for (let i = 0; i < n; i += 256) {
    const at = a + (<usize>i << 2)
    total += dot(at, at, min(256, n - i))
  }
  return total
}

export function gradNorm(begin: i32, end: i32, partial: usize, norm: usize, parts: i32): void {
  if (begin >= end) return
  let total: f64 = 0
  for (let p: usize = 0; p < <usize>parts; p++) total += load<f32>(partial + (p << 2))
  store<f32>(norm, <f32>sqrt<f64>(total))
}

// columns of hyper, see HYPER in src/engine/kernels/update.ts
export const LR: usize = 4
const BETA1: usize = 8
export const BETA2: usize = 12
const EPS: usize = 16
export const DECAY: usize = 20
export const MOMENTUM: usize = 24
const BIAS1: usize = 28
const BIAS2: usize = 32
const CLIP: usize = 36
const EMA: usize = 40

/** What gradients are multiplied by; `norm` 0: 1. */
@inline
export function shrinkOf(row: usize, norm: usize): f32 {
  if (!norm) return 1
  const limit = load<f32>(row, CLIP)
  return load<f32>(norm) > limit ? limit / load<f32>(norm) : 1
}

@inline
function signOf(x: v128): v128 {
  const one = f32x4.splat(1)
  const zero = f32x4.splat(0)
  return f32x4.sub(v128.and(f32x4.gt(x, zero), one), v128.and(f32x4.lt(x, zero), one))
}

export function update(
  begin: i32, end: i32, params: usize, grads: usize, m: usize, v: usize, groupOf: usize, hyper: usize, norm: usize, ema: usize,
): void {
  for (let block = begin; block < end; block++) {
    const group = load<u32>(groupOf + (<usize>block << 2))
    if (group == 0xffffffff) continue
    const row = hyper + (<usize>group << 6)
    const first = <usize>block << 8
    const last = first + 256
    const shrink = f32x4.splat(shrinkOf(row, norm))
    const lr = f32x4.neg(v128.load_splat<f32>(row, LR))
    const decay = v128.load_splat<f32>(row, DECAY)
    const beta1 = v128.load_splat<f32>(row, BETA1)
    const beta2 = v128.load_splat<f32>(row, BETA2)
    const rest1 = f32x4.sub(f32x4.splat(1), beta1)
    const rest2 = f32x4.sub(f32x4.splat(1), beta2)
    const rule = <i32>load<f32>(row)
    if (rule == 0) {
      const eps = v128.load_splat<f32>(row, EPS)
      const unbias1 = f32x4.splat(1 / load<f32>(row, BIAS1))
      const unbias2 = f32x4.splat(1 / load<f32>(row, BIAS2))
      for (let i = first; i < last; i += 16) {
        const g = f32x4.mul(v128.load(grads + i), shrink)
        const w = v128.load(params + i)
        const m1 = madd(beta1, v128.load(m + i), f32x4.mul(rest1, g))
        const v1 = madd(beta2, v128.load(v + i), f32x4.mul(f32x4.mul(rest2, g), g))
        const step = f32x4.div(f32x4.mul(m1, unbias1), f32x4.add(f32x4.sqrt(f32x4.mul(v1, unbias2)), eps))
        v128.store(params + i, madd(lr, madd(decay, w, step), w))
        v128.store(m + i, m1)
        v128.store(v + i, v1)
      }
    } else if (rule == 1) {
      for (let i = first; i < last; i += 16) {
        const g = f32x4.mul(v128.load(grads + i), shrink)
        const w = v128.load(params + i)
        const m0 = v128.load(m + i)
        const step = signOf(f32x4.add(f32x4.mul(beta1, m0), f32x4.mul(rest1, g)))
        v128.store(params + i, madd(lr, madd(decay, w, step), w))
        v128.store(m + i, madd(beta2, m0, f32x4.mul(rest2, g)))
      }
    } else if (rule == 2) {
      const momentum = v128.load_splat<f32>(row, MOMENTUM)
      for (let i = first; i < last; i += 16) {
        const w = v128.load(params + i)
        const m1 = madd(momentum, v128.load(m + i), f32x4.mul(v128.load(grads + i), shrink))
        v128.store(params + i, madd(lr, madd(decay, w, m1), w))
        v128.store(m + i, m1)
      }
    }
    if (ema) {
      const d = v128.load_splat<f32>(row, EMA)
      const other = f32x4.sub(f32x4.splat(1), d)
      for (let i = first; i < last; i += 16) {
        v128.store(ema + i, madd(d, v128.load(ema + i), f32x4.mul(other, v128.load(params + i))))
      }
    }
  }
}
