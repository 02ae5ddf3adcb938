// layernorm_backward: gradient of layernorm_forward with respect to x.
// Math:     dX = rstd · (dOut - mean(dOut) - n · mean(dOut · n)),  n = (x - mean) · rstd
// Shapes:   dOut,x,dX [ROWS,C] row-major f32
// Dispatch: LANES invocations per row, WG / LANES rows per workgroup; grid folded to GRID_X wide
// Saves:    nothing
// Writes:   dX overwrites, or accumulates where PUT is +=
// Limits:   any C >= 1 (vec4 when C % 4 = 0); |x| < 1e19
// Check:    src/reference/norm.ts; atol 1e-5 × rstd·|dOut|, rtol 1e-4 (the terms nearly cancel)
// Source:   derivative of the forward, with the forward's corrected mean
@group(0) @binding(0) var<storage, read> dOut: array<#{V}>;
@group(0) @binding(1) var<storage, read> x: array<#{V}>;
@group(0) @binding(2) var<storage, read_write> dX: array<#{V}>;

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let own = share(group, local, #{ROWS}u, #{UNITS}u);

  var xs = #{V}();
  var ds = #{V}();
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    {
      xs += x[i + #{u * LANES}u];
      ds += dOut[i + #{u * LANES}u];
    }
#end
  }
  let rough = rowSum(vec4f(across(xs), across(ds), 0.0, 0.0), local) / f32(#{C});

  var rests = #{V}();
  var squares = #{V}();
  var dRests = #{V}();
  var products = #{V}();
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    {
      let v = x[i + #{u * LANES}u] - rough.x;
      let d = dOut[i + #{u * LANES}u] - rough.y;
      rests += v;
      squares += v * v;
      dRests += d;
      products += v * d;
    }
#end
  }
  let sums = vec4f(across(rests), across(squares), across(dRests), across(products));
  let means = rowSum(sums, local) / f32(#{C});
  let rstd = inverseSqrt(max(means.y - means.x * means.x, 0.0) + f32(#{EPS}));
  let along = rstd * rstd * (means.w - means.x * means.z);
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    {
      let v = (x[i + #{u * LANES}u] - rough.x) - means.x;
      let d = (dOut[i + #{u * LANES}u] - rough.y) - means.z;
      dX[i + #{u * LANES}u] #{PUT} rstd * (d - v * along);
    }
#end
  }
}
