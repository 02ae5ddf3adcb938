// conv_backward_weight_sum: second stage of the gradient of the convolution's taps.
// Math:     dW[c,k] = sum_s partial[s,k,c]   (+ the old dW when accumulating)
// Shapes:   partial [S,K,C]  dW [C,K] row-major f32
// Dispatch: one thread per tap, lib/strided.wgsl
// Saves:    nothing
// Writes:   dW, accumulated when ACCUMULATE (#{ACCUMULATE} here), else overwritten
// Limits:   S*K*C < 2^31
// Check:    src/reference/sequence.ts; atol 1e-4, rtol 1e-4 on unit inputs
// Source:   none

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> dW: array<f32>;

const C = #{C}u;
const K = #{K}u;

fn element(at: u32) {
  var sum = 0.0;
  for (var s = 0u; s < #{S}u; s++) { sum += partial[(s * K + at % K) * C + at / K]; }
#if ACCUMULATE
  dW[at] += sum;
#else
  dW[at] = sum;
#end
}
