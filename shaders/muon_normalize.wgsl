// muon_normalize: brings every matrix's spectral norm under one, by its Frobenius norm.
// Math:     x[q] = x[q] / (1.02 · √(Σ_p partial[q,p]) + 1e-6)
// Shapes:   x f32 [MATRICES,STRIDE] as vec4; partial f32 [MATRICES,PARTS], parts of PART vec4
// Dispatch: LANES invocations per part, WG / LANES parts per workgroup; grid folded to GRID_X wide
// Saves:    nothing
// Writes:   x in place.
// Limits:   STRIDE % 64 = 0
// Check:    src/reference/optimizers.ts; atol 1e-7, rtol 1e-5
// Source:   Amsel et al. 2025 (Polar Express), arXiv:2505.16932
@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> x: array<vec4f>;

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (group.y * #{GRID_X}u + group.x) * #{WG}u + local;
  let part = index / #{LANES}u;
  let lane = index % #{LANES}u;
  let matrix = min(part / #{PARTS}u, #{MATRICES - 1}u);
  let base = matrix * #{STRIDE / 4}u;
  let first = part % #{PARTS}u * #{PART}u;
  let start = base + first + lane;
  let end = select(0u, base + min(first + #{PART}u, #{STRIDE / 4}u), part < #{MATRICES * PARTS}u);

  var squares = 0.0;
  for (var p = lane; p < #{PARTS}u; p += #{LANES}u) {
    squares += partial[matrix * #{PARTS}u + p];
  }
  let scale = 1.0 / (1.02 * sqrt(rowSum(squares, local)) + 1e-6);
  for (var i = start; i < end; i += #{LANES}u) {
    x[i] *= scale;
  }
}
