// shift_apply: move every sequence along T, forwards or backwards.
// Math:     y[b,t] = x[b,t-by], zero where t-by is outside 0..T-1; by < 0 is the backward of by > 0
// Shapes:   x,y [B,T,C] row-major, rows of NV vectors of #{W}
// Dispatch: one thread per vector, grid-strided; size 64
// Saves:    nothing
// Writes:   y overwritten. Accumulates: nothing.
// Limits:   B*T*C < 2^31
// Check:    src/reference/sequence.ts; exact
// Source:   none

@group(0) @binding(0) var<storage, read> x: array<#{VEC}>;
@group(0) @binding(1) var<storage, read_write> y: array<#{VEC}>;

const NV = #{NV}u;
const COUNT = #{B * T * NV}u;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let threads = groups.x * groups.y * 64u;
  for (var at = (group.x + group.y * groups.x) * 64u + local; at < COUNT; at += threads) {
    let source = i32(at / NV % #{T}u) - #{by};
    if (source >= 0 && source < #{T}) {
      y[at] = x[u32(i32(at) - #{by * NV})];
    } else {
      y[at] = #{VEC}();
    }
  }
}
