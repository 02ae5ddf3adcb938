// copy_fill: set every element to one value.
// Math:     y[i] = value
// Shapes:   y [COUNT], in elements of #{VEC}
// Dispatch: one thread per element, grid-strided; size 64
// Saves:    nothing
// Writes:   y overwritten. Accumulates: nothing.
// Limits:   fewer than 2^31 elements
// Check:    src/engine/kernels/layout.test.ts; exact
// Source:   none

@group(0) @binding(0) var<storage, read_write> y: array<#{VEC}>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let threads = groups.x * groups.y * 64u;
  for (var n = (group.x + group.y * groups.x) * 64u + local; n < #{COUNT}u; n += threads) {
    y[n] = #{VEC}(#{value});
  }
}
