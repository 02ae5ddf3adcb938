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
//           load: so no workgroup memory, a large tile, and one load of A shared by the quad where subgroups exist.
//           Swapping with a neighbour is one instruction there and quadBroadcast eight, so each thread meets the quad's
//           rows in an order of its own, itself first. Four steps of k in one sum, for sums live on the stack and each
//           turn of the loop copies them; a column of B at a time, whose parts then stay in registers.

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
#if QUADS
  let lane = local.x & 3u;
#else
  let lane = 0u;
#end
  // which row of C a sum is of: i ^ turned; which step of k, in TN, where the rows of A are steps: e ^ lane
#if ORIENT == T_N
  let turned = 0u;
#else
  let turned = lane;
#end
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
    #for i in 0..TM/4
#if ORIENT == T_N
      #if QUADS
      let q#{i} = a[(k * 4u + lane) * rowA + ra#{i}];
      let a#{i}_0 = q#{i};
      let a#{i}_1 = quadSwapX(q#{i});
      let a#{i}_2 = quadSwapY(q#{i});
      let a#{i}_3 = quadSwapDiagonal(q#{i});
      #else
      #for e in 0..4
      let a#{i}_#{e} = a[(k * 4u + #{e}u) * rowA + ra#{i}];
      #end
      #end
      #for f in 0..4
      let y#{i * 4 + f} = vec4f(a#{i}_0[#{f}], a#{i}_1[#{f}], a#{i}_2[#{f}], a#{i}_3[#{f}]);
      #end
#else
      #if QUADS
      let y#{i * 4} = a[ra#{i} + k];
      let y#{i * 4 + 1} = quadSwapX(y#{i * 4});
      let y#{i * 4 + 2} = quadSwapY(y#{i * 4});
      let y#{i * 4 + 3} = quadSwapDiagonal(y#{i * 4});
      #else
      #for f in 0..4
      let y#{i * 4 + f} = a[ra#{i * 4 + f} + k];
      #end
      #end
#end
    #end
#if SCALE_K
    let by = vec4f(scale[k * 4u + lane], scale[k * 4u + (lane ^ 1u)], scale[k * 4u + (lane ^ 2u)], scale[k * 4u + (lane ^ 3u)]);
#end
#if ORIENT == NT
    #for j in 0..TN
    {
    let x = b[rb#{j} + k];
    #for i in 0..TM
    s#{i}_#{j} += dot(y#{i}, x);
    #end
    }
    #end
#else
    #for j in 0..TN/4
    #for e in 0..4
    #if ORIENT == T_N
    let b#{j}_#{e} = b[(k * 4u + (lane ^ #{e}u)) * rowB + rb#{j}];
    #else
    let b#{j}_#{e} = b[(k * 4u + #{e}u) * rowB + rb#{j}];
    #end
    #end
    #for f in 0..4
    {
    #if SCALE_K
    let x = by * vec4f(b#{j}_0[#{f}], b#{j}_1[#{f}], b#{j}_2[#{f}], b#{j}_3[#{f}]);
    #else
    let x = vec4f(b#{j}_0[#{f}], b#{j}_1[#{f}], b#{j}_2[#{f}], b#{j}_3[#{f}]);
    #end
    #for i in 0..TM
    s#{i}_#{j * 4 + f} += dot(y#{i}, x);
    #end
    }
    #end
    #end
#end
  }
  let at = id.z * #{C_STRIDE / 4}u + row0 * ROW + col0 / 4u;
  // In a loop over a copy, for unrolled it would take longer to compile than the product itself.
  var tile: array<vec4f, #{TM * TN / 4}>;
  #for i in 0..TM
  #for j in 0..TN/4
  tile[#{i * (TN / 4) + j}] = vec4f(s#{i}_#{j * 4}, s#{i}_#{j * 4 + 1}, s#{i}_#{j * 4 + 2}, s#{i}_#{j * 4 + 3});
  #end
  #end
#if SYMMETRIC
  for (var i = 0u; i < #{TM}u; i += 4u) {
    for (var j = 0u; j < #{TN / 4}u; j++) {
      let rows = (vec4u(i) + (vec4u(0u, 1u, 2u, 3u) ^ vec4u(turned))) * #{TN / 4}u + j;
      storeBlock(at + i * ROW + j, row0 + i, col0 + j * 4u, tile[rows.x], tile[rows.y], tile[rows.z], tile[rows.w]);
    }
  }
#else
  for (var i = 0u; i < #{TM}u; i++) {
    let row = i ^ turned;
    for (var j = 0u; j < #{TN / 4}u; j++) {
      if (inside(row0 + row, col0 + j * 4u)) {
        store(at + row * ROW + j, row0 + row, col0 + j * 4u, tile[i * #{TN / 4}u + j]);
      }
    }
  }
#end
}
