// grad_norm_final: Euclidean norm of the gradient from the sums of squares of its stretches.
// Math:     gradNorm = √(Σ_p partial[p])
// Shapes:   partial f32 [PARTS]; gradNorm f32 [1]
// Dispatch: one workgroup of LANES = WG invocations
// Saves:    nothing
// Writes:   gradNorm overwrites. Accumulates: nothing.
// Limits:   any PARTS >= 1
// Check:    a float64 norm; rtol 2e-6
// Source:   definition
@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> gradNorm: array<f32>;

@compute @workgroup_size(#{WG})
fn main(@builtin(local_invocation_index) local: u32) {
  var total = 0.0;
  for (var i = local % #{LANES}u; i < #{PARTS}u; i += #{LANES}u) {
    total += partial[i];
  }
  let sum = rowSum(total, local);
  if (local == 0u) {
    gradNorm[0] = sqrt(sum);
  }
}
