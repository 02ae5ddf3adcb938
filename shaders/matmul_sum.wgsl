// matmul_sum: adds up the parts of a product whose sum over k was split, in the order of k.
// Math:     C = Σ_s part_s, then what lib/matmul_store.wgsl does
// Shapes:   parts [batch·SPLITS, M, N], each PART_STRIDE floats from the next; C [M,N]; batch z of C starts at stride·z
// Dispatch: one thread per 4×4 block; workgroup 8×8; grid (ceil(N/32), ceil(M/32), batch)
// Saves:    nothing
// Writes:   C overwrites, or accumulates with ACC.
// Limits:   any M, N >= 1
// Check:    src/reference/linear.ts; atol 1e-5·√K, rtol 1e-4

override SPLITS: u32;
override PART_STRIDE: u32;
override C_STRIDE: u32;

fn part(at: u32) -> vec4f {
#if VEC
  return parts[at];
#else
  // past the end of a row: the next row's, or nothing; not stored
  return vec4f(parts[at], parts[at + 1u], parts[at + 2u], parts[at + 3u]);
#end
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y * 4u;
  let col = id.x * 4u;
  if (row >= M || col >= N) {
    return;
  }
  #for i in 0..4
  var t#{i} = vec4f();
  #end
  for (var s = 0u; s < SPLITS; s++) {
    let at = (id.z * SPLITS + s) * (PART_STRIDE / #{WIDTH}u) + row * ROW + col / #{WIDTH}u;
    #for i in 0..4
    t#{i} += part(at + #{i}u * ROW);
    #end
  }
  storeBlock(id.z * (C_STRIDE / #{WIDTH}u) + row * ROW + col / #{WIDTH}u, row, col, t0, t1, t2, t3);
}
