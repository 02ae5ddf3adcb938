// conv_backward_weight: partial gradients of the taps of the depthwise causal convolution.
// Math:     partial[s,k,c] = sum over slice s of (b,t) of dOut[b,t,c] x[b,t-k,c]
// Shapes:   dOut,x [B,T,C]  partial [S,K,C] row-major f32
// Dispatch: one thread per (s, k, c), lib/strided.wgsl
// Saves:    partial for conv_backward_weight_sum, which adds the slices in order: no atomics, same bits every time
// Writes:   partial overwritten. Accumulates: nothing.
// Limits:   B*T*C < 2^31
// Check:    src/reference/sequence.ts; atol 1e-4, rtol 1e-4 on unit inputs
// Source:   none

@group(0) @binding(0) var<storage, read> dOut: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> partial: array<f32>;

const C = #{C}u;
const K = #{K}u;
const ROWS = #{B * T}u;
const SLICE = #{SLICE}u;

fn element(at: u32) {
  let c = at % C;
  let k = at / C % K;
  let start = at / (C * K) * SLICE;
  var sum = 0.0;
  for (var row = start; row < min(start + SLICE, ROWS); row++) {
    if (row % #{T}u >= k) { sum += dOut[row * C + c] * x[(row - k) * C + c]; }
  }
  partial[at] = sum;
}
