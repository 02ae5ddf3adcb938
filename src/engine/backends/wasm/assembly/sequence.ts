// sequence: what looks along T: shift and the depthwise causal convolution.
// Math:     shift: y[b,t] = x[b,t−by], zero outside;  conv: y[b,t,c] = Σ_k w[c,k]·x[b,t−k,c], x zero before the first token
// Shapes:   x, y [B,T,C]; w, dW [C,K]
// Units:    shift, conv: (b, t); convWeightGrad: four channels
// Writes:   overwritten; dW accumulated where `add`
// Check:    src/reference/sequence.ts; shift exact, sums atol 1e-5, rtol 1e-5
// Source:   none

import { madd } from './vector'

export function shift(begin: i32, end: i32, x: usize, y: usize, T: i32, C: i32, by: i32): void {
  const row = <usize>C << 2
  for (let unit = begin; unit < end; unit++) {
    const source = (unit % T) - by
    const to = y + <usize>unit * row
    if (source >= 0 && source < T) memory.copy(to, x + <usize>(unit - by) * row, row)
    else memory.fill(to, 0, row)
  }
}

/** y[b,t,c] = Σ_k w[c,k]·x[b,t−k,c]; with `ahead` the gradient of the input, Σ_k w[c,k]·dOut[b,t+k,c]. Units (b, t). */
export function conv(begin: i32, end: i32, x: usize, w: usize, y: usize, T: i32, C: i32, K: i32, ahead: i32): void {
  const row = <usize>C << 2
  for (let unit = begin; unit < end; unit++) {
    const t = unit % T
    const taps = min(K, ahead ? T - t : t + 1)
    const to = y + <usize>unit * row
    for (let c = 0; c < C; c++) {
      const at = <usize>c << 2
      const weights = w + (<usize>(c * K) << 2)
      let sum: f32 = 0
      for (let k = 0; k < taps; k++) {
        sum += load<f32>(weights + (<usize>k << 2)) * load<f32>(x + <usize>(ahead ? unit + k : unit - k) * row + at)
      }
      store<f32>(to + at, sum)
    }
  }
}

/** dW[c,k] (+)= Σ_{b,t} dOut[b,t,c]·x[b,t−k,c]. Units: four channels each. Scratch: 16 bytes. */
export function convWeightGrad(
  begin: i32, end: i32, dOut: usize, x: usize, dW: usize, scratch: usize, rows: i32, T: i32, C: i32, K: i32, add: i32,
): void {
  const row = <usize>C << 2
  for (let unit = begin; unit < end; unit++) {
    const first = unit << 2
    const channels = min(4, C - first)
    for (let k = 0; k < K; k++) {
      let total = f32x4.splat(0)
      let n = 0
      while (n < rows) {
        const stop = min(n + 64, rows)
        let run = f32x4.splat(0)
        for (; n < stop; n++) {
          if (n % T < k) continue
          const a = v128.load(dOut + <usize>n * row + (<usize>first << 2))
          run = madd(a, v128.load(x + <usize>(n - k) * row + (<usize>first << 2)), run)
        }
        total = f32x4.add(total, run)
      }
      v128.store(scratch, total)
      for (let c = 0; c < channels; c++) {
        const at = dW + (<usize>((first + c) * K + k) << 2)
        const v = load<f32>(scratch + (<usize>c << 2))
        store<f32>(at, add ? load<f32>(at) + v : v)
      }
    }
  }
}
