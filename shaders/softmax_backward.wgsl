// softmax_backward: gradient of softmax_forward with respect to x.
// Math:     dX = y · (dOut - Σ dOut · y)
// Shapes:   dOut,y,dX [ROWS,C] row-major f32
// Dispatch: LANES invocations per row, WG / LANES rows per workgroup; grid folded to GRID_X wide
// Saves:    nothing
// Writes:   dX overwrites. Accumulates: nothing.
// Limits:   any C >= 1 (vec4 when C % 4 = 0)
// Check:    src/reference/softmax.ts; atol 1e-6 × the largest |dOut|, rtol 1e-4 (the difference cancels)
// Source:   derivative of the forward
@group(0) @binding(0) var<storage, read> dOut: array<#{V}>;
@group(0) @binding(1) var<storage, read> y: array<#{V}>;
@group(0) @binding(2) var<storage, read_write> dX: array<#{V}>;

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let own = share(group, local, #{ROWS}u, #{UNITS}u);

  var products = #{V}();
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    products += dOut[i + #{u * LANES}u] * y[i + #{u * LANES}u];
#end
  }
  let inner = rowSum(across(products), local);
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    dX[i + #{u * LANES}u] = y[i + #{u * LANES}u] * (dOut[i + #{u * LANES}u] - inner);
#end
  }
}
