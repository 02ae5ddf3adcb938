// dropout_forward: zeroes elements at random and scales up the rest; on dOut it is its own backward.
// Math:     y = x / (1 - rate) where hash(seed, step, micro, NODE, element) >= rate · 2³², else 0
// Shapes:   x,y f32 [COUNT] in units of V; stepState u32 [4] = seed, step, micro-step, 0
// Dispatch: one invocation per PER units; grid folded to GRID_X wide
// Saves:    nothing; the mask is drawn again from the same numbers
// Writes:   y overwrites. Accumulates: nothing.
// Limits:   0 <= rate < 1; COUNT < 2³²
// Check:    the hash again in TypeScript; mask exact, values rtol 1e-6
// Source:   Srivastava et al. 2014; counter-based draws: Salmon et al. 2011; mixer: lowbias32 constants of
//           C. Wellons's hash prospector (public domain)
@group(0) @binding(0) var<storage, read> x: array<#{V}>;
@group(0) @binding(1) var<storage, read> stepState: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<#{V}>;

fn scramble(value: u32) -> u32 {
  var h = value ^ (value >> 16u);
  h *= 0x7feb352du;
  h ^= h >> 15u;
  h *= 0x846ca68bu;
  return h ^ (h >> 16u);
}

fn keeps(element: u32, key: u32) -> bool {
  return scramble(scramble(element) + key) >= #{THRESHOLD}u;
}

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (group.y * #{GRID_X}u + group.x) * #{WG}u + local;
  var key = scramble(stepState[0] + 0x9e3779b9u);
  key = scramble(key ^ stepState[1]);
  key = scramble(key ^ stepState[2]);
  key = scramble(key ^ #{NODE}u);
  let end = min((index + 1u) * #{PER}u, #{UNITS}u);
  for (var i = index * #{PER}u; i < end; i++) {
#if VEC == 4
    let at = 4u * i;
    let kept = vec4<bool>(keeps(at, key), keeps(at + 1u, key), keeps(at + 2u, key), keeps(at + 3u, key));
    y[i] = select(vec4f(0.0), x[i] * f32(#{KEEP_SCALE}), kept);
#else
    y[i] = select(0.0, x[i] * f32(#{KEEP_SCALE}), keeps(i, key));
#end
  }
}
