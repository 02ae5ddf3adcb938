// rmsnorm_backward: gradient of rmsnorm_forward with respect to x.
// Math:     dX = rstd · (dOut - x · rstd² · mean(dOut · x)),  rstd = 1/sqrt(mean(x²) + eps)
// Shapes:   dOut,x,dX [ROWS,C] row-major f32
// Dispatch: LANES invocations per row, WG / LANES rows per workgroup; grid folded to GRID_X wide
// Saves:    nothing; with RSTD it reads what rmsnorm_forward saved
// Writes:   dX overwrites, or accumulates where PUT is +=
// Limits:   any C >= 1 (vec4 when C % 4 = 0); |x| < 1e19
// Check:    src/reference/norm.ts; atol 1e-5 × rstd·|dOut|, rtol 1e-4 (the two terms nearly cancel along x)
// Source:   derivative of the forward
@group(0) @binding(0) var<storage, read> dOut: array<#{V}>;
@group(0) @binding(1) var<storage, read> x: array<#{V}>;
@group(0) @binding(2) var<storage, read_write> dX: array<#{V}>;
#if RSTD
@group(0) @binding(3) var<storage, read> rstds: array<f32>;
#end

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let own = share(group, local, #{ROWS}u, #{UNITS}u);

#if !RSTD
  var squares = #{V}();
#end
  var products = #{V}();
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    {
      let v = x[i + #{u * LANES}u];
#if !RSTD
      squares += v * v;
#end
      products += v * dOut[i + #{u * LANES}u];
    }
#end
  }
#if RSTD
  let mean = rowSum(across(products), local) / f32(#{C});
  let rstd = rstds[min(own.row, #{ROWS - 1}u)];
  let along = rstd * rstd * mean;
#else
  let means = rowSum(vec2f(across(squares), across(products)), local) / f32(#{C});
  let rstd = inverseSqrt(means.x + f32(#{EPS}));
  let along = rstd * rstd * means.y;
#end
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    dX[i + #{u * LANES}u] #{PUT} rstd * (dOut[i + #{u * LANES}u] - x[i + #{u * LANES}u] * along);
#end
  }
}
