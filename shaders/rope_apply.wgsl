// rope_apply: rotary position embedding, forward or inverse, alone or with QK-norm (RMSNorm of each head).
// Math:     R: y1 = x1 cos + x2 sin, y2 = -x1 sin + x2 cos;  x1 = x[i], x2 = x[i + D/2], angle = t base^(-2i/D)
//           with NORM    y = r · R(x),  r = 1/sqrt(mean(x²) + eps): a rotation keeps the mean square, so this is both
//                        norm after rope and rope after norm
//           with GRAD    y = r · (g − forward · r² · mean(g · forward)),  g = R(x), R the inverse, x the gradient
//           the inverse turns the sign of sin
// Shapes:   x,y,forward [B,T,H,D] row-major f32
// Dispatch: LANES invocations per row of D, PER rows (b, h) of one t each, so that a thread computes sine and cosine
//           once for all its rows; WG / LANES such groups per workgroup; grid folded to GRID_X wide
// Saves:    nothing; GRAD computes r again
// Writes:   y overwritten. Accumulates: nothing.
// Limits:   D even (vec4 when D % 8 = 0); T <= 4096 for the stated error: the frequency carries a second f32 of low bits
// Check:    src/reference/rope.ts and norm.ts; atol 1e-6 on unit inputs, 1e-5 with NORM
// Source:   Su et al. 2021, arXiv:2104.09864; reduction: Cody & Waite 1980; Zhang & Sennrich 2019, arXiv:1910.07467

@group(0) @binding(0) var<storage, read> x: array<V>;
@group(0) @binding(1) var<storage, read_write> y: array<V>;
#if GRAD
@group(0) @binding(2) var<storage, read> forward: array<V>;
#end

alias V = #{V};
const HALF = #{HALF}u; // loads per half row

// base^(-2i/D) / (pi/2) in quarter turns, as high part (11 bits, so that t times it is exact) and rest
const HIGH = array<V, HALF>(#{high});
const LOW = array<V, HALF>(#{low});

struct Turn {
  sine: V,
  cosine: V,
}

fn turn(t: f32, high: V, low: V) -> Turn {
  let steps = t * high;
  let rest = t * low;
  // steps is exact and so is its fraction; what is left lies within half a quarter turn
  let turns = round(steps + rest);
  let r = ((steps - turns) + rest) * 1.57079637f;
  let r2 = r * r;
  // Taylor to r^9 and r^8: what follows is below 2e-9 for |r| <= pi/4
  let s = r + r * r2 * (-0.16666667f + r2 * (0.008333334f + r2 * (-0.00019841270f + r2 * 2.7557319e-6f)));
  let c = 1.0f + r2 * (-0.5f + r2 * (0.041666668f + r2 * (-0.0013888889f + r2 * 2.4801587e-5f)));
  // turns mod 4, in floating point: 0 … 3
  let quarter = turns - 4.0 * floor(turns * 0.25);
  let swap = abs(quarter - 2.0) == #{V}(1.0);
  let sine = select(s, c, swap) * select(#{V}(1.0), #{V}(-1.0), quarter >= #{V}(2.0)) * #{sign}f;
  let cosine = select(c, s, swap) * select(#{V}(1.0), #{V}(-1.0), abs(quarter - 1.5) < #{V}(1.0));
  return Turn(sine, cosine);
}

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (group.y * #{GRID_X}u + group.x) * #{WG}u + local;
  let lane = index % #{LANES}u;
  let t = index / #{LANES}u % #{T}u;
  let first = index / #{LANES * T}u * #{PER}u;
#for u in 0..U
#if LANES == 1
  const i#{u} = #{u}u;
  const live#{u} = true;
#else
  let i#{u} = min(lane + #{u * LANES}u, HALF - 1u);
  let live#{u} = lane + #{u * LANES}u < HALF;
#end
  let turn#{u} = turn(f32(t), HIGH[i#{u}], LOW[i#{u}]);
#end
  for (var n = 0u; n < #{PER}u; n++) {
    let row = first + n; // b · H + h
    let inside = row < #{B * H}u;
    let at = ((min(row, #{B * H - 1}u) / #{H}u * #{T}u + t) * #{H}u + row % #{H}u) * (2u * HALF);
#for u in 0..U
    let p#{u} = x[at + i#{u}];
    let q#{u} = x[at + HALF + i#{u}];
    let g#{u} = p#{u} * turn#{u}.cosine + q#{u} * turn#{u}.sine;
    let h#{u} = q#{u} * turn#{u}.cosine - p#{u} * turn#{u}.sine;
#if GRAD
    let f#{u} = forward[at + i#{u}];
    let k#{u} = forward[at + HALF + i#{u}];
#end
#end
#if NORM
    var squares = V();
#if GRAD
    var products = V();
#end
#for u in 0..U
#if GRAD
    squares += select(V(), f#{u} * f#{u} + k#{u} * k#{u}, live#{u});
    products += select(V(), f#{u} * g#{u} + k#{u} * h#{u}, live#{u});
#else
    squares += select(V(), p#{u} * p#{u} + q#{u} * q#{u}, live#{u});
#end
#end
#if GRAD
    let means = rowSum(vec2f(across(squares), across(products)), local) / #{2 * VEC}f / f32(HALF);
    let r = inverseSqrt(means.x + f32(#{EPS}));
    let along = r * r * means.y;
#else
    let r = inverseSqrt(rowSum(across(squares), local) / #{2 * VEC}f / f32(HALF) + f32(#{EPS}));
#end
#end
#for u in 0..U
    if (inside & live#{u}) {
#if GRAD
      y[at + i#{u}] = r * (g#{u} - f#{u} * along);
      y[at + HALF + i#{u}] = r * (h#{u} - k#{u} * along);
#else
#if NORM
      y[at + i#{u}] = r * g#{u};
      y[at + HALF + i#{u}] = r * h#{u};
#else
      y[at + i#{u}] = g#{u};
      y[at + HALF + i#{u}] = h#{u};
#end
#end
    }
#end
  }
}
