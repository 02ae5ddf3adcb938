// muon_rescale: the factor that gives the rescaled update of a matrix its old Frobenius norm back.
// Math:     ratio[q] = √(Σ_l vMean·n) / max(√(Σ_l vMean·n·step²), 1e-10),  step = 1/√max(second, 1e-10),
//           n = AVERAGED elements a line
// Shapes:   vMean f32 [MATRICES,LINES]; second f32 [MATRICES,SECOND_STRIDE]; ratio f32 [MATRICES]
// Dispatch: LANES invocations per matrix, WG / LANES matrices per workgroup; grid folded to GRID_X wide
// Saves:    ratio for muon_apply
// Writes:   ratio overwrites. Accumulates: nothing.
// Limits:   any LINES >= 1
// Check:    src/reference/optimizers.ts, through muon_apply
// Source:   NorMuon, arXiv:2510.05491
@group(0) @binding(0) var<storage, read> vMean: array<f32>;
@group(0) @binding(1) var<storage, read> second: array<f32>;
@group(0) @binding(2) var<storage, read_write> ratio: array<f32>;

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (group.y * #{GRID_X}u + group.x) * #{WG}u + local;
  let matrix = index / #{LANES}u;
  let live = matrix < #{MATRICES}u;
  let end = select(0u, #{LINES}u, live);

  var sums = vec2f();
  for (var i = index % #{LANES}u; i < end; i += #{LANES}u) {
    let squares = vMean[matrix * #{LINES}u + i] * f32(#{AVERAGED});
    sums += vec2f(squares, squares / max(second[matrix * #{SECOND_STRIDE}u + i], 1e-10));
  }
  let norms = sqrt(rowSum(sums, local));
  if (live && index % #{LANES}u == 0u) {
    ratio[matrix] = norms.x / max(norms.y, 1e-10);
  }
}
