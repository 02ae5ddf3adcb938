// rope_apply: rotary position embedding, forward or inverse.
// Math:     y1 = x1 cos + x2 sin, y2 = -x1 sin + x2 cos;  x1 = x[i], x2 = x[i + D/2], angle = t base^(-2i/D)
//           the backward pass is the inverse rotation: the sign of sin is turned
// Shapes:   x,y [B,T,H,D] row-major f32
// Dispatch: one thread per (t, i), over all b and h, so that sine and cosine are computed once for all of them
// Saves:    nothing
// Writes:   y overwritten. Accumulates: nothing.
// Limits:   D even; T <= 4096 for the stated error: the frequency carries a second f32 of low bits
// Check:    src/reference/rope.ts; atol 1e-5 on unit inputs
// Source:   Su et al. 2021, arXiv:2104.09864; reduction: Cody & Waite 1980

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

const T = #{T}u;
const HALF = #{D / 2}u;
const ROW = #{H * D}u;

// base^(-2i/D) / (pi/2) in quarter turns, as high part (11 bits, so that t times it is exact) and rest
const FREQUENCY = array<vec2f, HALF>(#{frequencies});

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.x + group.y * groups.x) * 64u + local;
  if (index >= T * HALF) { return; }
  let t = index / HALF;
  let i = index % HALF;
  let frequency = FREQUENCY[i];
  let high = f32(t) * frequency.x;
  let low = f32(t) * frequency.y;
  // high is exact and so is its fraction; what is left lies within half a quarter turn
  let turns = round(high + low);
  let r = ((high - turns) + low) * 1.57079637f;
  let r2 = r * r;
  // Taylor to r^9 and r^8: the rest is below 2e-9 for |r| <= pi/4
  let s = r + r * r2 * (-0.16666667f + r2 * (0.008333334f + r2 * (-0.00019841270f + r2 * 2.7557319e-6f)));
  let c = 1.0f + r2 * (-0.5f + r2 * (0.041666668f + r2 * (-0.0013888889f + r2 * 2.4801587e-5f)));
  let quarter = u32(i32(turns)) & 3u;
  let swap = (quarter & 1u) == 1u;
  let sine = select(s, c, swap) * select(1.0, -1.0, quarter >= 2u) * #{sign}f;
  let cosine = select(c, s, swap) * select(1.0, -1.0, quarter == 1u || quarter == 2u);
  for (var b = 0u; b < #{B}u; b++) {
    for (var h = 0u; h < #{H}u; h++) {
      let at = (b * T + t) * ROW + h * #{D}u + i;
      let x1 = x[at];
      let x2 = x[at + HALF];
      y[at] = x1 * cosine + x2 * sine;
      y[at + HALF] = x2 * cosine - x1 * sine;
    }
  }
}
