// matmul_software: matrix product for adapters that are really a CPU, batched over equal shapes.
// Math:     NN  C = A·B      A [M,K]  B [K,N]
//           NT  C = A·Bᵀ     A [M,K]  B [N,K]
//           TN  C = Aᵀ·B     A [K,M]  B [K,N]; with SCALE_K each k's product is multiplied by scale[k]
//           then what lib/matmul_store.wgsl does
// Shapes:   C [M,N], all row-major f32, bound as vec4; batch z starts at stride·z; M is not in the text when not batched
//           (it is read from the binding, so that training, evaluation and sampling share one compiled kernel)
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
  let row0 = id.y * #{TM}u;
  let col0 = id.x * #{TN}u;
  let lane = local.x & 3u;
  let a0 = id.z * #{A_STRIDE / 4}u;
  let b0 = id.z * #{B_STRIDE / 4}u;
#if ORIENT == NT
  // both operands run along K: four steps of k at a time, as dot products
  #for i in 0..TM
  #for j in 0..TN
  var s#{i}_#{j} = 0.0;
  #end
  #end
#else
  #for i in 0..TM
  #for j in 0..TN/4
  var t#{i}_#{j} = vec4f();
  #end
  #end
#end
#if ORIENT == T_N
  // A's rows run along M, so one vec4 holds four rows of the tile
  #for i in 0..TM/4
  let ra#{i} = a0 + clampRow(row0 + #{i * 4}u) / 4u;
  #end
#else
  #if QUADS
  #for i in 0..TM/4
  let ra#{i} = a0 + clampRow(row0 + #{i * 4}u + lane) * (K / 4u);
  #end
  #else
  #for i in 0..TM
  let ra#{i} = a0 + clampRow(row0 + #{i}u) * (K / 4u);
  #end
  #end
#end
#if ORIENT == NT
  #for j in 0..TN
  let rb#{j} = b0 + clampCol(col0 + #{j}u) * (K / 4u);
  #end
#else
  #for j in 0..TN/4
  let cb#{j} = b0 + clampCol(col0 + #{j * 4}u) / 4u;
  #end
#end
  for (var k = 0u; k < K / 4u; k++) {
#if ORIENT == NT
    #for j in 0..TN
    let b#{j} = b[rb#{j} + k];
    #end
#else
    #for e in 0..4
    #if SCALE_K
    let by#{e} = scale[k * 4u + #{e}u];
    #end
    #for j in 0..TN/4
    #if SCALE_K
    let b#{e}_#{j} = by#{e} * b[(k * 4u + #{e}u) * (N / 4u) + cb#{j}];
    #else
    let b#{e}_#{j} = b[(k * 4u + #{e}u) * (N / 4u) + cb#{j}];
    #end
    #end
    #end
#end
#if ORIENT == T_N
    #for i in 0..TM/4
    {
      #if QUADS
      let q = a[(k * 4u + lane) * #{A_WIDTH / 4}u + ra#{i}];
      #end
      #for e in 0..4
      #if QUADS
      let x#{e} = quadBroadcast(q, #{e}u);
      #else
      let x#{e} = a[(k * 4u + #{e}u) * #{A_WIDTH / 4}u + ra#{i}];
      #end
      #end
      #for f in 0..4
      #for j in 0..TN/4
      t#{i * 4 + f}_#{j} += x0[#{f}] * b0_#{j} + x1[#{f}] * b1_#{j} + x2[#{f}] * b2_#{j} + x3[#{f}] * b3_#{j};
      #end
      #end
    }
    #end
#else
    #if QUADS
    #for i in 0..TM/4
    let q#{i} = a[ra#{i} + k];
    #end
    #end
    #for i in 0..TM
    {
      #if QUADS
      let x = quadBroadcast(q#{i / 4}, #{i % 4}u);
      #else
      let x = a[ra#{i} + k];
      #end
      #if ORIENT == NT
      #for j in 0..TN
      s#{i}_#{j} += dot(x, b#{j});
      #end
      #else
      #for j in 0..TN/4
      t#{i}_#{j} += x.x * b0_#{j} + x.y * b1_#{j} + x.z * b2_#{j} + x.w * b3_#{j};
      #end
      #end
    }
    #end
#end
  }
  let at = id.z * #{C_STRIDE / 4}u + row0 * ROW + col0 / 4u;
#if ORIENT == NT
  #for i in 0..TM
  #for j in 0..TN/4
  let t#{i}_#{j} = vec4f(s#{i}_#{j * 4}, s#{i}_#{j * 4 + 1}, s#{i}_#{j * 4 + 2}, s#{i}_#{j * 4 + 3});
  #end
  #end
#end
  #for i in 0..TM/4
  #for j in 0..TN/4
  storeBlock(at + #{i * 4}u * ROW + #{j}u, row0 + #{i * 4}u, col0 + #{j * 4}u,
    t#{i * 4}_#{j}, t#{i * 4 + 1}_#{j}, t#{i * 4 + 2}_#{j}, t#{i * 4 + 3}_#{j});
  #end
  #end
}
