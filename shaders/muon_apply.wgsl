// muon_apply: rescales the orthogonalised update line by line and takes the step, with cautious decay.
// Math:     u = x · ratio[q] / √max(second, 1e-10);  lrEff = lr · √max(1, ROWS/COLS)
//           w -= lrEff · (u + decay · w · [u·w >= 0])
// Shapes:   x,params f32 [MATRICES,STRIDE] holding [ROWS,COLS]; second f32 [MATRICES,SECOND_STRIDE], one per row
//           (ROWS >= COLS) or per column; ratio f32 [MATRICES]; hyper f32 [groups,16]
// Dispatch: one invocation per PER elements of a matrix; grid folded to GRID_X wide
// Saves:    nothing
// Writes:   params in place; its padding is left alone.
// Limits:   any shape >= 1
// Check:    src/reference/optimizers.ts; atol 1e-6 (an update is about lr), rtol 1e-5
// Source:   NorMuon, arXiv:2510.05491; cautious decay, arXiv:2510.12402
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> second: array<f32>;
@group(0) @binding(2) var<storage, read> ratio: array<f32>;
@group(0) @binding(3) var<storage, read> hyper: array<f32>;
@group(0) @binding(4) var<storage, read_write> params: array<f32>;

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (group.y * #{GRID_X}u + group.x) * #{WG}u + local;
  let matrix = index / #{PIECES}u;
  if (matrix >= #{MATRICES}u) {
    return;
  }
  let lr = hyper[#{HYPER_ROW * 16 + LR_AT}u] * f32(#{LR_SCALE});
  let decay = hyper[#{HYPER_ROW * 16 + DECAY_AT}u];
  let norm = ratio[matrix];
  let start = index % #{PIECES}u * #{PER}u;
  let end = min(start + #{PER}u, #{ROWS * COLS}u);
  for (var i = start; i < end; i++) {
    let at = matrix * #{STRIDE}u + i;
#if ROWS >= COLS
    let which = i / #{COLS}u;
#else
    let which = i % #{COLS}u;
#end
    let step = inverseSqrt(max(second[matrix * #{SECOND_STRIDE}u + which], 1e-10));
    let u = x[at] * (step * norm);
    let w = params[at];
    params[at] = w - lr * (u + select(0.0, decay * w, u * w >= 0.0));
  }
}
