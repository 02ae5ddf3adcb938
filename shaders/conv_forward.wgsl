// conv_forward: depthwise causal convolution along T.
// Math:     y[b,t,c] = sum_k w[c,k] x[b,t-k,c], x zero before the first token
// Shapes:   x,y [B,T,C]  w [C,K] row-major f32
// Dispatch: one thread per output, lib/strided.wgsl
// Saves:    nothing
// Writes:   y overwritten. Accumulates: nothing.
// Limits:   B*T*C < 2^31
// Check:    src/reference/sequence.ts; atol 1e-5, rtol 1e-5 on unit inputs
// Source:   none

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

const C = #{C}u;
const K = #{K}u;

fn element(at: u32) {
  let c = at % C;
  let taps = min(K, at / C % #{T}u + 1u);
  var sum = 0.0;
  for (var k = 0u; k < taps; k++) { sum += w[c * K + k] * x[at - k * C]; }
  y[at] = sum;
}
