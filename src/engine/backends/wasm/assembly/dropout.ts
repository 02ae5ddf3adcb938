// dropout: zeroes elements at random and scales up the rest; on dOut it is its own backward.
// Math:     y = x·keep where hash(seed, step, micro, node, element) >= threshold, else 0
// Shapes:   x, y f32 [count]; state u32 [4] = seed, step, micro-step, 0
// Units:    blocks of 1024
// Writes:   y overwritten. Accumulates: nothing.
// Check:    the hash again in TypeScript; bit for bit the mask of shaders/dropout_forward.wgsl
// Source:   Srivastava et al. 2014; mixer: lowbias32 constants of C. Wellons's hash prospector (public domain)

function scramble(value: u32): u32 {
  let h = value ^ (value >> 16)
  h *= 0x7feb352d
  h ^= h >> 15
  h *= 0x846ca68b
  return h ^ (h >> 16)
}

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
