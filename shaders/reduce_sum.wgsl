// reduce_sum: sums along the middle axis, whole or one stretch of it at a time.
// Math:     y[o,s,i] (+)= SCALE · Σ_{r in stretch s} x[o,r,i]
// Shapes:   x [OUTER,LENGTH,INNER] and y [OUTER,SPLITS,INNER] in units of V, row-major f32;
//           with ACROSS the four components of V are consecutive r, and y is f32
// Dispatch: a workgroup makes OUTS neighbouring sums with LANES invocations each; LANE_STEP and OUT_STEP say
//           which of the two is contiguous among invocations, so that loads are; grid folded to GRID_X wide
// Saves:    nothing
// Writes:   y overwrites, or accumulates with ACCUMULATE.
// Limits:   any shape >= 1 (vec4 when INNER % 4 = 0, or INNER = 1 and LENGTH % 4 = 0)
// Check:    a float64 sum; atol 1e-6 × SCALE × Σ|x| (runs of 32 are summed apart, then added)
// Source:   pairwise summation: Higham 1993, doi:10.1137/0914050
@group(0) @binding(0) var<storage, read> x: array<#{V}>;
@group(0) @binding(1) var<storage, read_write> y: array<#{Y}>;

#if LANES > 1
var<workgroup> sums: array<#{V}, #{WG}>;
#end

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let workgroup = group.y * #{GRID_X}u + group.x;
  let lane = local / #{LANE_STEP}u % #{LANES}u;
  let out = workgroup * #{OUTS}u + local / #{OUT_STEP}u % #{OUTS}u;
  let live = out < #{OUTER * SPLITS * INNER}u;

  let i = out % #{INNER}u;
  let split = out / #{INNER}u % #{SPLITS}u;
  let outer = out / #{INNER * SPLITS}u;
  let start = split * #{STRETCH}u;
  let end = select(0u, min(start + #{STRETCH}u, #{LENGTH}u), live);
  let base = outer * #{LENGTH * INNER}u + i;

  var total = #{V}();
  for (var head = start + lane; head < end; head += #{32 * LANES}u) {
    var run = #{V}();
    let to = min(head + #{32 * LANES}u, end);
    var r = head;
#if UNROLL > 1
    for (; r + #{UNROLL - 1}u < to; r += #{UNROLL}u) {
#for u in 0..UNROLL
      run += x[base + (r + #{u}u) * #{INNER}u];
#end
    }
#end
    for (; r < to; r += #{LANES}u) {
      run += x[base + r * #{INNER}u];
    }
    total += run;
  }

#if LANES > 1
  sums[local] = total;
  workgroupBarrier();
  for (var step = #{LANES / 2}u; step > 0u; step >>= 1u) {
    if (lane < step) {
      sums[local] += sums[local + step * #{LANE_STEP}u];
    }
    workgroupBarrier();
  }
  total = sums[local];
#end
  if (live && lane == 0u) {
#if ACROSS
    let result = ((total.x + total.y) + (total.z + total.w)) * f32(#{SCALE});
#else
    let result = total * f32(#{SCALE});
#end
#if ACCUMULATE
    y[out] += result;
#else
    y[out] = result;
#end
  }
}
