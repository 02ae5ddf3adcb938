// rmsnorm_forward: divide each row by its root mean square.
// Math:     y = x · rstd,  rstd = 1/sqrt(mean(x²) + eps)
// Shapes:   x,y [ROWS,C] row-major f32
// Dispatch: LANES invocations per row, WG / LANES rows per workgroup; grid folded to GRID_X wide
// Saves:    nothing; rmsnorm_backward computes rstd again
// Writes:   y overwrites. Accumulates: nothing.
// Limits:   any C >= 1 (vec4 when C % 4 = 0); |x| < 1e19
// Check:    src/reference/norm.ts; atol 1e-5, rtol 1e-4
// Source:   Zhang & Sennrich 2019, arXiv:1910.07467, without the gain
@group(0) @binding(0) var<storage, read> x: array<#{V}>;
@group(0) @binding(1) var<storage, read_write> y: array<#{V}>;

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (group.y * #{GRID_X}u + group.x) * #{WG}u + local;
  let row = index / #{LANES}u;
  let start = row * #{UNITS}u + index % #{LANES}u;
  let end = select(0u, (row + 1u) * #{UNITS}u, row < #{ROWS}u);

  var squares = #{V}();
  for (var i = start; i < end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    {
      let v = x[i + #{u * LANES}u];
      squares += v * v;
    }
#end
  }
  let rstd = inverseSqrt(rowSum(across(squares), local) / f32(#{C}) + f32(#{EPS}));
  for (var i = start; i < end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    y[i + #{u * LANES}u] = x[i + #{u * LANES}u] * rstd;
#end
  }
}
