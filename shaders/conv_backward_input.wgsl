// conv_backward_input: gradient of the input of the depthwise causal convolution.
// Math:     dX[b,t,c] = sum_k w[c,k] dOut[b,t+k,c], dOut zero after the last token
// Shapes:   dOut,dX [B,T,C]  w [C,K] row-major f32
// Dispatch: one thread per input, lib/strided.wgsl
// Saves:    nothing
// Writes:   dX overwritten. Accumulates: nothing.
// Limits:   B*T*C < 2^31
// Check:    src/reference/sequence.ts; atol 1e-5, rtol 1e-5 on unit inputs
// Source:   none

@group(0) @binding(0) var<storage, read> dOut: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> dX: array<f32>;

const C = #{C}u;
const K = #{K}u;

fn element(at: u32) {
  let c = at % C;
  let taps = min(K, #{T}u - at / C % #{T}u);
  var sum = 0.0;
  for (var k = 0u; k < taps; k++) { sum += w[c * K + k] * dOut[at + k * C]; }
  dX[at] = sum;
}
