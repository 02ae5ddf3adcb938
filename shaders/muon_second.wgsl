// muon_second: mean square of every line of the longer axis, and its running average.
// Math:     vMean[q,l] = mean over the shorter axis of x²;  second = β2·second + (1-β2)·vMean
// Shapes:   x f32 [MATRICES,STRIDE] holding [ROWS,COLS]; second f32 [MATRICES,SECOND_STRIDE];
//           vMean f32 [MATRICES,LINES], LINES = max(ROWS,COLS); hyper f32 [groups,16]
// Dispatch: LANES invocations per line, WG / LANES lines per workgroup; grid folded to GRID_X wide
// Saves:    vMean for muon_rescale
// Writes:   vMean overwrites; second in place.
// Limits:   any shape >= 1
// Check:    src/reference/optimizers.ts; atol 1e-8, rtol 1e-5
// Source:   NorMuon, arXiv:2510.05491
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> second: array<f32>;
@group(0) @binding(2) var<storage, read> hyper: array<f32>;
@group(0) @binding(3) var<storage, read_write> vMean: array<f32>;

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (group.y * #{GRID_X}u + group.x) * #{WG}u + local;
  let row = index / #{LANES}u;
  let live = row < #{MATRICES * LINES}u;
  let matrix = row / #{LINES}u;
  let which = row % #{LINES}u;
  let base = matrix * #{STRIDE}u + which * #{LINE_STEP}u;
  let end = select(0u, #{AVERAGED}u, live);

  var squares = 0.0;
  for (var i = index % #{LANES}u; i < end; i += #{LANES}u) {
    let value = x[base + i * #{AVERAGED_STEP}u];
    squares += value * value;
  }
  let mean = rowSum(squares, local) / f32(#{AVERAGED});
  if (live && index % #{LANES}u == 0u) {
    let at = matrix * #{SECOND_STRIDE}u + which;
    let beta2 = hyper[#{HYPER_ROW * 16 + BETA2_AT}u];
    second[at] = beta2 * second[at] + (1.0 - beta2) * mean;
    vMean[row] = mean;
  }
}
