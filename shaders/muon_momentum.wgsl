// muon_momentum: momentum and its look-ahead for a stack of equal matrices, and sums of squares of the result.
// Math:     m = μ·m + (1-μ)·g;  x = (1-μ)·g + μ·m;  partial[q,p] = Σ_{i in part p} x[q,i]²
//           g is first scaled by min(1, clip / gradNorm) with CLIP
// Shapes:   grads,m,x f32 [MATRICES,STRIDE] as vec4; hyper f32 [groups,16], μ at HYPER.momentum;
//           partial f32 [MATRICES,PARTS], parts of PART vec4; gradNorm f32 [1]
// Dispatch: LANES invocations per part, WG / LANES parts per workgroup; grid folded to GRID_X wide
// Saves:    partial for muon_normalize
// Writes:   m in place; x and partial overwrite.
// Limits:   STRIDE % 64 = 0; the padding of grads and m holds zeros
// Check:    src/reference/optimizers.ts; m 1e-6 × its largest value, x atol 1e-7, rtol 1e-5
// Source:   Nesterov's form of an averaged momentum; Jordan et al. 2024 (Muon)
@group(0) @binding(0) var<storage, read> grads: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(2) var<storage, read> hyper: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> partial: array<f32>;
#if CLIP
@group(0) @binding(5) var<storage, read> gradNorm: array<f32>;
#end

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (group.y * #{GRID_X}u + group.x) * #{WG}u + local;
  let part = index / #{LANES}u;
  let lane = index % #{LANES}u;
  let matrix = part / #{PARTS}u;
  let base = matrix * #{STRIDE / 4}u;
  let first = part % #{PARTS}u * #{PART}u;
  let start = base + first + lane;
  let end = select(0u, base + min(first + #{PART}u, #{STRIDE / 4}u), matrix < #{MATRICES}u);

  let mu = hyper[#{HYPER_ROW * 16 + MOMENTUM_AT}u];
#if CLIP
  let limit = hyper[#{HYPER_ROW * 16 + CLIP_LIMIT_AT}u];
  let shrink = select(1.0, limit / gradNorm[0], gradNorm[0] > limit);
#else
  let shrink = 1.0;
#end
  var squares = vec4f();
  for (var i = start; i < end; i += #{LANES}u) {
    let g = (1.0 - mu) * (grads[i] * shrink);
    let m1 = mu * m[i] + g;
    let u = g + mu * m1;
    m[i] = m1;
    x[i] = u;
    squares += u * u;
  }
  let sum = rowSum(across(squares), local);
  if (lane == 0u && matrix < #{MATRICES}u) {
    partial[part] = sum;
  }
}
