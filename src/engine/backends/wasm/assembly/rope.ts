// rope: rotary position embedding, alone or with the RMSNorm of each head, and their gradients.
// Math:     R: y1 = x1·cos + x2·sin, y2 = −x1·sin + x2·cos; x1 = x[i], x2 = x[i + D/2]; `sign` −1 turns back
//           mode 1: y = r·R(x), r = 1/√(mean(x²) + eps)
//           mode 2: y = r·(g − forward·r²·mean(g·forward)), g = R(x), x the gradient, forward the forward's x
// Shapes:   x, y, forward [B,T,H,D]; turns [T,D]: cosines, then sines, of the D/2 angles of a position
// Units:    (b, t)
// Writes:   y overwritten. Accumulates: nothing.
// Check:    src/reference/rope.ts and norm.ts; atol 1e-6 on unit inputs, 1e-5 with the norm
// Source:   Su et al. 2021, arXiv:2104.09864; Zhang & Sennrich 2019, arXiv:1910.07467

import { dot, mixed } from './rows'
import { madd } from './vector'

export function rope(
  begin: i32, end: i32, x: usize, y: usize, forward: usize, turns: usize, T: i32, H: i32, D: i32, mode: i32, sign: f32, eps: f32,
): void {
  const row = <usize>D << 2
  const half = row >> 1
  const s = f32x4.splat(sign)
  const whole = half & ~15
  for (let unit = begin; unit < end; unit++) {
    const cos = turns + <usize>(unit % T) * row
    const sin = cos + half
    let at = <usize>unit * <usize>H * row
    for (let h = 0; h < H; h++) {
      const factor: f32 = mode == 1 ? 1 / sqrt<f32>(dot(x + at, x + at, D) / <f32>D + eps) : 1
      const f = f32x4.splat(factor)
      for (let i: usize = 0; i < whole; i += 16) {
        const a = f32x4.mul(v128.load(x + at + i), f)
        const b = f32x4.mul(v128.load(x + at + half + i), f)
        const c = v128.load(cos + i)
        const d = f32x4.mul(v128.load(sin + i), s)
        v128.store(y + at + i, madd(a, c, f32x4.mul(b, d)))
        v128.store(y + at + half + i, f32x4.sub(f32x4.mul(b, c), f32x4.mul(a, d)))
      }
      for (let i = whole; i < half; i += 4) {
        const a = load<f32>(x + at + i) * factor
        const b = load<f32>(x + at + half + i) * factor
        const c = load<f32>(cos + i)
        const d = load<f32>(sin + i) * sign
        store<f32>(y + at + i, a * c + b * d)
        store<f32>(y + at + half + i, b * c - a * d)
      }
      if (mode == 2) {
        const r: f32 = 1 / sqrt<f32>(dot(forward + at, forward + at, D) / <f32>D + eps)
        const along = r * r * (dot(y + at, forward + at, D) / <f32>D)
        mixed(y + at, forward + at, y + at, D, r, -r * along, 0, 0)
      }
      at += row
    }
  }
}
