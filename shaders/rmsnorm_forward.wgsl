// rmsnorm_forward: divide each row by its root mean square; with SCALE only what to multiply the row by.
// Math:     y = x · rstd,  rstd = 1/sqrt(mean(x²) + eps)
// Shapes:   x,y [ROWS,C], rstd [ROWS] row-major f32
// Dispatch: LANES invocations per row, WG / LANES rows per workgroup; grid folded to GRID_X wide
// Saves:    with SCALE rstd, for rmsnorm_backward and for products that normalise their own operand; else nothing
// Writes:   y, or rstd with SCALE, overwrites. Accumulates: nothing.
// Limits:   any C >= 1 (vec4 when C % 4 = 0); |x| < 1e19
// Check:    src/reference/norm.ts; atol 1e-5, rtol 1e-4; rstd rtol 1e-5
// Source:   Zhang & Sennrich 2019, arXiv:1910.07467, without the gain
@group(0) @binding(0) var<storage, read> x: array<#{V}>;
#if SCALE
@group(0) @binding(1) var<storage, read_write> rstd: array<f32>;
#else
@group(0) @binding(1) var<storage, read_write> y: array<#{V}>;
#end

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let own = share(group, local, #{ROWS}u, #{UNITS}u);

  var squares = #{V}();
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    {
      let v = x[i + #{u * LANES}u];
      squares += v * v;
    }
#end
  }
  let factor = inverseSqrt(rowSum(across(squares), local) / f32(#{C}) + f32(#{EPS}));
#if SCALE
  if ((own.row < #{ROWS}u) & (local % #{LANES}u == 0u)) {
    rstd[own.row] = factor;
  }
#else
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    y[i + #{u * LANES}u] = x[i + #{u * LANES}u] * factor;
#end
  }
#end
}
