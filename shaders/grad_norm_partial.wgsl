// grad_norm_partial: sums of squares of stretches of the gradient arena.
// Math:     partial[p] = Σ_{i in stretch p} grads[i]²
// Shapes:   grads f32 [COUNT] as vec4; partial f32 [ROWS], one per stretch of UNITS vec4
// Dispatch: LANES invocations per stretch, WG / LANES stretches per workgroup; grid folded to GRID_X wide
// Saves:    partial for grad_norm_final
// Writes:   partial overwrites. Accumulates: nothing.
// Limits:   COUNT % 4 = 0; |g| < 1e19, beyond which the square overflows
// Check:    a float64 norm; rtol 2e-6
// Source:   definition
@group(0) @binding(0) var<storage, read> grads: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let own = share(group, local, #{ROWS}u, #{UNITS}u);
  let end = min(own.end, #{COUNT / 4}u);

  var total = vec4f();
  for (var head = own.start; head < end; head += #{32 * LANES}u) {
    var run = vec4f();
    let to = min(head + #{32 * LANES}u, end);
    for (var i = head; i < to; i += #{LANES}u) {
      let g = grads[i];
      run += g * g;
    }
    total += run;
  }
  let sum = rowSum(across(total), local);
  if (own.row < #{ROWS}u && local % #{LANES}u == 0u) {
    partial[own.row] = sum;
  }
}
