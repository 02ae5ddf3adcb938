// loss: nats of each row's target, and on request the gradient in place of the logits.
// Math:     nats = ln Σ exp(l) − l[target],  l = cap·tanh(z / cap) where cap > 0, else z
//           dZ = scale·(softmax(l) − onehot(target))·(1 − (l / cap)²)
// Shapes:   logits [rows,V]; targets i32 [rows], outside [0,V) ignored; nats [rows]
// Units:    rows
// Scratch:  two rows of logits
// Writes:   nats overwritten (0 where ignored); with `gradient` logits become dZ (0 where ignored)
// Check:    src/reference/crossEntropy.ts; nats atol 3e-6, rtol 1e-5; gradient atol 2e-6·scale, rtol 1e-4
// Source:   soft cap: Gemma 2, arXiv:2408.00118

import { exponentials, highestOf } from './rows'
import { log, tanh } from './vector'

export function crossEntropy(
  begin: i32, end: i32, logits: usize, targets: usize, nats: usize, scratch: usize, V: i32, gradient: i32, scale: f32, cap: f32,
): void {
  const bytes = <usize>V << 2
  const room = (bytes + 15) & ~15
  for (let n = <usize>begin; n < <usize>end; n++) {
    const z = logits + n * bytes
    const target = load<i32>(targets + (n << 2))
    const counted = target >= 0 && target < V
    if (!counted) {
      store<f32>(nats + (n << 2), 0)
      if (gradient) memory.fill(z, 0, bytes)
      continue
    }
    let l = z
    if (cap > 0) {
      l = scratch
      for (let i: usize = 0; i < bytes; i += 16) {
        v128.store(l + i, f32x4.mul(tanh(f32x4.div(v128.load(z + i), f32x4.splat(cap))), f32x4.splat(cap)))
      }
    }
    const highest = highestOf(l, V)
    const e = scratch + room
    const total = exponentials(l, e, V, highest)
    const own = load<f32>(l + (<usize>target << 2))
    store<f32>(nats + (n << 2), f32x4.extract_lane(log(f32x4.splat(total)), 0) + (highest - own))
    if (!gradient) continue
    const factor: f32 = scale / total
    const whole = bytes & ~15
    const inverse: f32 = cap > 0 ? 1 / cap : 0
    for (let i: usize = 0; i < whole; i += 16) {
      const t = f32x4.mul(v128.load(l + i), f32x4.splat(inverse))
      const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(t, t))
      v128.store(z + i, f32x4.mul(f32x4.mul(v128.load(e + i), f32x4.splat(factor)), slope))
    }
    for (let i = whole; i < bytes; i += 4) {
      const t = load<f32>(l + i) * inverse
      store<f32>(z + i, load<f32>(e + i) * factor * (1 - t * t))
    }
    const t = own * inverse
    const at = z + (<usize>target << 2)
    store<f32>(at, load<f32>(at) - scale * (1 - t * t))
  }
}
