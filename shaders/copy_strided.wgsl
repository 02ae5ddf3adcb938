// copy_strided: element copy between two strided views of up to six dimensions.
// Math:     y[outOffset + sum_d i_d outStride_d] (+)= x[inOffset + sum_d i_d inStride_d], for every index i
// Shapes:   any; sizes and strides are counted in elements of #{VEC}, the innermost dimension last
// Dispatch: one thread per element, grid-strided; size 64
// Saves:    nothing
// Writes:   y, added to when ACCUMULATE, else overwritten; elements outside the view are left alone
// Limits:   the out view must not overlap itself; fewer than 2^31 elements
// Check:    src/engine/kernels/layout.test.ts; exact, except that accumulating rounds once
// Source:   none

@group(0) @binding(0) var<storage, read> x: array<#{VEC}>;
@group(0) @binding(1) var<storage, read_write> y: array<#{VEC}>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let threads = groups.x * groups.y * 64u;
  for (var n = (group.x + group.y * groups.x) * 64u + local; n < #{COUNT}u; n += threads) {
    var rest = n;
    var source = #{inOffset}u;
    var destination = #{outOffset}u;
#{steps}
#if ACCUMULATE
    y[destination] += x[source];
#else
    y[destination] = x[source];
#end
  }
}
