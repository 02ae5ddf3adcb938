// matmul_generic: matrix product for sides that are not multiples of four, on software adapters.
// Math:     C = op(A)·op(B), op by strides: A(m,k) = a[m·A_ROW + k·A_COL]; with SCALE_K each k's product is multiplied
//           by scale[k]; then what lib/matmul_store.wgsl does
// Shapes:   C [M,N] row-major f32; batch z starts at stride·z
// Dispatch: one thread per 4×4 tile; workgroup 8×8; grid (ceil(N/32), ceil(M/32), batch)
// Saves:    nothing
// Writes:   C overwrites, or accumulates with ACC.
// Limits:   any M, N, K >= 1
// Check:    src/reference/linear.ts; atol 1e-5·√K, rtol 1e-4

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row0 = id.y * 4u;
  let col0 = id.x * 4u;
  #for i in 0..4
  let ra#{i} = id.z * #{A_STRIDE}u + clampRow(row0 + #{i}u) * #{A_ROW}u;
  let cb#{i} = id.z * #{B_STRIDE}u + clampCol(col0 + #{i}u) * #{B_COL}u;
  var t#{i} = vec4f();
  #end
  for (var k = 0u; k < K; k++) {
    let at = k * #{B_ROW}u;
    #if SCALE_K
    let x = scale[k] * vec4f(b[cb0 + at], b[cb1 + at], b[cb2 + at], b[cb3 + at]);
    #else
    let x = vec4f(b[cb0 + at], b[cb1 + at], b[cb2 + at], b[cb3 + at]);
    #end
    #for i in 0..4
    t#{i} += a[ra#{i} + k * #{A_COL}u] * x;
    #end
  }
  storeBlock(id.z * #{C_STRIDE / WIDTH}u + row0 * ROW + col0 / #{WIDTH}u, row0, col0, t0, t1, t2, t3);
}
