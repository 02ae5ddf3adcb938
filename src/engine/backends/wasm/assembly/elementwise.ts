// elementwise: a chain of elementwise steps over blocks of 512 values that stay in the first-level cache, one
// vectorised loop per step and block.
// Math:     those of primitives.ts
// Shapes:   y f32 [count]; each input the same, or broadcast to it
// Table:    i32 words, made by src/engine/backends/wasm/elementwise.ts: number of inputs, of steps; per input 14: slot
//           (−1 = read in place), rank, six lengths, six strides; per step 6: primitive, first argument, second,
//           destination, two f32 constants. A place >= 0 is that slot of scratch; −1−i input i in place; −100 y
// Units:    blocks of 512
// Scratch:  slots of one block each, and one block more
// Writes:   y overwritten, or accumulated
// Check:    src/reference/elementwise.ts; atol 1e-6, rtol 2e-6 and as the shader
// Source:   none

import { apply } from './primitives'

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
