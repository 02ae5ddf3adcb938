// strided: the entry point of kernels whose elements have nothing to do with each other: calls element(at) for every `at`
// below COUNT, whatever the number of workgroups.
// Dispatch: workgroups of 64 threads, neighbours on neighbouring elements; grid folded over x and y
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let threads = groups.x * groups.y * 64u;
  for (var at = (group.x + group.y * groups.x) * 64u + local; at < #{COUNT}u; at += threads) {
    element(at);
  }
}
