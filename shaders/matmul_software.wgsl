// matmul_software: matrix product for adapters that are really a CPU, batched over equal shapes.
// Math:     NN  C = A·B      A [M,K]  B [K,N]
//           NT  C = A·Bᵀ     A [M,K]  B [N,K]
//           TN  C = Aᵀ·B     A [K,M]  B [K,N]; with SCALE_K each k's product is multiplied by scale[k]
//           then what lib/matmul_store.wgsl does
// Shapes:   C [M,N], all row-major f32, bound as vec4; batch z starts at stride·z; with FREE, any M, N and K
// Dispatch: one thread per TM×TN tile; workgroup WX×WY threads; grid (ceil(N/TN/WX), ceil(M/TM/WY), batch)
// Saves:    nothing
// Writes:   C overwrites, or accumulates with ACC.
// Limits:   vec4 sides only: N%4 = 0, and K%4 = 0 (TN: M%4 = 0, K%4 = 0); other shapes take matmul_generic
// Check:    src/reference/linear.ts; atol 1e-5·√K, rtol 1e-4 (sums of K products in another order)
// Why:      a software adapter runs 4 threads as one SIMD register, pays for every barrier and gathers every
//           load: so no workgroup memory, a large tile, one load of A shared by the quad (quadBroadcast) where
//           subgroups exist, and four steps of k in one sum: the tile lives on the stack, and each += costs a
//           load and a store.

@compute @workgroup_size(#{WX}, #{WY})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_id) local: vec3u,
        @builtin(workgroup_id) group: vec3u) {
#if SYMMETRIC
  if (group.y * #{TM * WY}u + #{TM * WY - 1}u < group.x * #{TN * WX}u) {
    return; // above the diagonal: other workgroups mirror their values to here
  }
#end
  let mnk = sides();
  let row0 = id.y * #{TM}u;
  let col0 = id.x * #{TN}u;
  let lane = local.x & 3u;
  // rows of A and B as they lie, in vec4s
#if ORIENT == T_N
  let rowA = mnk.x / 4u;
#else
  let rowA = mnk.z / 4u;
#end
#if ORIENT == NT
  let rowB = mnk.z / 4u;
#else
  let rowB = mnk.y / 4u;
#end
  let steps = mnk.z / 4u;
  let startA = id.z * #{A_STRIDE / 4}u;
  let startB = id.z * #{B_STRIDE / 4}u;
  #for i in 0..TM
  #for j in 0..TN
  var s#{i}_#{j} = 0.0;
  #end
  #end
  // where the operands' rows or columns of this tile begin, in vec4s
#if ORIENT == T_N
  #for i in 0..TM/4
  let ra#{i} = startA + clampRow(row0 + #{i * 4}u) / 4u;
  #end
#else
  #if QUADS
  #for i in 0..TM/4
  let ra#{i} = startA + clampRow(row0 + #{i * 4}u + lane) * rowA;
  #end
  #else
  #for i in 0..TM
  let ra#{i} = startA + clampRow(row0 + #{i}u) * rowA;
  #end
  #end
#end
#if ORIENT == NT
  #for j in 0..TN
  let rb#{j} = startB + clampCol(col0 + #{j}u) * rowB;
  #end
#else
  #for j in 0..TN/4
  let rb#{j} = startB + clampCol(col0 + #{j * 4}u) / 4u;
  #end
#end
  for (var k = 0u; k < steps; k++) {
    // four steps of k: y<row> and x<column> run along k, whichever way the operand lies
#if SCALE_K
    let by = vec4f(scale[k * 4u], scale[k * 4u + 1u], scale[k * 4u + 2u], scale[k * 4u + 3u]);
#end
#if ORIENT == NT
    #for j in 0..TN
    let x#{j} = b[rb#{j} + k];
    #end
#else
    #for j in 0..TN/4
    #for e in 0..4
    let b#{j}_#{e} = b[(k * 4u + #{e}u) * rowB + rb#{j}];
    #end
    #for f in 0..4
    #if SCALE_K
    let x#{j * 4 + f} = by * vec4f(b#{j}_0[#{f}], b#{j}_1[#{f}], b#{j}_2[#{f}], b#{j}_3[#{f}]);
    #else
    let x#{j * 4 + f} = vec4f(b#{j}_0[#{f}], b#{j}_1[#{f}], b#{j}_2[#{f}], b#{j}_3[#{f}]);
    #end
    #end
    #end
#end
    #for i in 0..TM/4
    {
      // one vec4 per thread, shared with the other three of its quad
#if ORIENT == T_N
      #if QUADS
      let q = a[(k * 4u + lane) * rowA + ra#{i}];
      #end
      #for e in 0..4
      #if QUADS
      let a#{e} = quadBroadcast(q, #{e}u);
      #else
      let a#{e} = a[(k * 4u + #{e}u) * rowA + ra#{i}];
      #end
      #end
      #for f in 0..4
      let y#{f} = vec4f(a0[#{f}], a1[#{f}], a2[#{f}], a3[#{f}]);
      #end
#else
      #if QUADS
      let q = a[ra#{i} + k];
      #end
      #for f in 0..4
      #if QUADS
      let y#{f} = quadBroadcast(q, #{f}u);
      #else
      let y#{f} = a[ra#{i * 4 + f} + k];
      #end
      #end
#end
      #for f in 0..4
      #for j in 0..TN
      s#{i * 4 + f}_#{j} += dot(y#{f}, x#{j});
      #end
      #end
    }
    #end
  }
  let at = id.z * #{C_STRIDE / 4}u + row0 * ROW + col0 / 4u;
#if LOOPED
  // The plain values first, then the rest of the work in a loop over them: unrolled, it would take longer to compile
  // than the product itself.
  #for i in 0..TM
  #for j in 0..TN/4
  if (inside(row0 + #{i}u, col0 + #{j * 4}u)) {
    c[at + #{i}u * ROW + #{j}u] = vec4f(s#{i}_#{j * 4}, s#{i}_#{j * 4 + 1}, s#{i}_#{j * 4 + 2}, s#{i}_#{j * 4 + 3});
  }
  #end
  #end
  for (var i = 0u; i < #{TM}u; i++) {
    for (var j = 0u; j < #{TN / 4}u; j++) {
      if (inside(row0 + i, col0 + j * 4u)) {
        store(at + i * ROW + j, row0 + i, col0 + j * 4u, c[at + i * ROW + j]);
      }
    }
  }
#else
  #for i in 0..TM/4
  #for j in 0..TN/4
  storeBlock(at + #{i * 4}u * ROW + #{j}u, row0 + #{i * 4}u, col0 + #{j * 4}u,
    #for f in 0..4
    vec4f(s#{i * 4 + f}_#{j * 4}, s#{i * 4 + f}_#{j * 4 + 1}, s#{i * 4 + f}_#{j * 4 + 2}, s#{i * 4 + f}_#{j * 4 + 3}),
    #end
  );
  #end
  #end
#end
}
