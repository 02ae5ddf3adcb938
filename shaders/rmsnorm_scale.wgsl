// rmsnorm_scale: what RMSNorm multiplies each row by, for products that normalise their own operand.
// Math:     rstd = 1/sqrt(mean(x²) + eps)
// Shapes:   x [ROWS,C], rstd [ROWS] row-major f32
// Dispatch: LANES invocations per row, WG / LANES rows per workgroup; grid folded to GRID_X wide
// Saves:    rstd, for matmul_* and rmsnorm_backward
// Writes:   rstd overwrites. Accumulates: nothing.
// Limits:   any C >= 1 (vec4 when C % 4 = 0); |x| < 1e19
// Check:    src/reference/norm.ts; rtol 1e-5
// Source:   Zhang & Sennrich 2019, arXiv:1910.07467
@group(0) @binding(0) var<storage, read> x: array<#{V}>;
@group(0) @binding(1) var<storage, read_write> rstd: array<f32>;

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
  let total = rowSum(across(squares), local);
  if ((row < #{ROWS}u) & (index % #{LANES}u == 0u)) {
    rstd[row] = inverseSqrt(total / f32(#{C}) + f32(#{EPS}));
  }
}
