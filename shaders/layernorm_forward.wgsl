// layernorm_forward: shift each row to mean 0 and scale it to variance 1.
// Math:     y = (x - mean) · rstd,  rstd = 1/sqrt(var + eps),  var = mean((x - mean)²)
// Shapes:   x,y [ROWS,C] row-major f32
// Dispatch: LANES invocations per row, WG / LANES rows per workgroup; grid folded to GRID_X wide
// Saves:    nothing; layernorm_backward computes the statistics again
// Writes:   y overwrites. Accumulates: nothing.
// Limits:   any C >= 1 (vec4 when C % 4 = 0); |x| < 1e19
// Check:    src/reference/norm.ts; atol 1e-5, rtol 1e-4
// Source:   Ba et al. 2016, arXiv:1607.06450, without gain and bias. The rounded mean is corrected by the mean
//           of what it leaves, so a constant row of 1e4 gives 0 and not its rounding error divided by sqrt(eps).
@group(0) @binding(0) var<storage, read> x: array<#{V}>;
@group(0) @binding(1) var<storage, read_write> y: array<#{V}>;

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let own = share(group, local, #{ROWS}u, #{UNITS}u);

  var sums = #{V}();
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    sums += x[i + #{u * LANES}u];
#end
  }
  let rough = rowSum(vec2f(across(sums), 0.0), local).x / f32(#{C});

  var rests = #{V}();
  var squares = #{V}();
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    {
      let v = x[i + #{u * LANES}u] - rough;
      rests += v;
      squares += v * v;
    }
#end
  }
  let means = rowSum(vec2f(across(rests), across(squares)), local) / f32(#{C});
  let rest = means.x;
  let rstd = inverseSqrt(max(means.y - rest * rest, 0.0) + f32(#{EPS}));
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    y[i + #{u * LANES}u] = ((x[i + #{u * LANES}u] - rough) - rest) * rstd;
#end
  }
}
