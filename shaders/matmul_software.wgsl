// matmul_software: matrix product for adapters that are really a CPU, batched over equal shapes.
// Math:     NN  C = A·B      A [M,K]  B [K,N]
//           NT  C = A·Bᵀ     A [M,K]  B [N,K]
//           TN  C = Aᵀ·B     A [K,M]  B [K,N]; with SCALE_K each k's product is multiplied by scale[k]
//           then what lib/matmul_store.wgsl does
// Shapes:   C [M,N], all row-major f32, bound as vec4, A and B as WIDE floats; batch z starts at stride·z; with FREE, any M, N, K
// Dispatch: one thread per TM×TN tile; workgroup WX×WY threads; grid (ceil(N/TN/WX), ceil(M/TM/WY), batch)
// Saves:    nothing
// Writes:   C overwrites, or accumulates with ACC.
// Limits:   vec4 sides only: N%4 = 0, and K%4 = 0 (TN: M%4 = 0, K%4 = 0); other shapes take matmul_generic. WIDE 8
//           wants every side, tile and stride in eights; else it is 4. LOADED: 1 with QUADS, else 4
// Check:    src/reference/linear.ts; atol 1e-5·√K, rtol 1e-4 (sums of K products in another order)
// Why:      a software adapter runs 4 threads as one SIMD register, pays for every barrier and gathers every
//           load: so no workgroup memory, a large tile, and one load of A shared by the quad where subgroups exist.
//           Swapping with a neighbour is one instruction there and quadBroadcast eight, so each thread meets the quad's
//           rows in an order of its own, itself first. Each turn of the loop copies every sum under a mask, which costs as
//           much as four steps of k: so eight in a turn where they fit; a column of B at a time, whose parts then stay in
//           registers. An index is clamped once for an element, so elements are wide.

// Four neighbours of an element.
#if WIDE == 8
fn part0(element: array<vec4f, 2>) -> vec4f { return element[0]; }
fn part1(element: array<vec4f, 2>) -> vec4f { return element[1]; }
#else
fn part0(element: vec4f) -> vec4f { return element; }
#end

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
  // rows of A and B as they lie, in elements; a turn of the loop takes WIDE steps of k
#if ORIENT == T_N
  let rowA = mnk.x / #{WIDE}u;
#else
  let rowA = mnk.z / #{WIDE}u;
#end
#if ORIENT == NT
  let rowB = mnk.z / #{WIDE}u;
#else
  let rowB = mnk.y / #{WIDE}u;
#end
  let turns = mnk.z / #{WIDE}u;
  let startA = id.z * #{A_STRIDE / WIDE}u;
  let startB = id.z * #{B_STRIDE / WIDE}u;
  #for i in 0..TM
  #for j in 0..TN
  var s#{i}_#{j} = 0.0;
  #end
  #end
  // where the operands' rows or columns of this tile begin, in elements
#if ORIENT == T_N
  #for i in 0..TM/WIDE
  let ra#{i} = startA + clampRow(row0 + #{i * WIDE}u) / #{WIDE}u;
  #end
#else
  #for i in 0..TM/4
  #for e in 0..LOADED
  let ra#{i}_#{e} = startA + clampRow(row0 + #{i * 4 + e}u + lane) * rowA;
  #end
  #end
#end
#if ORIENT == NT
  #for j in 0..TN
  let rb#{j} = startB + clampCol(col0 + #{j}u) * rowB;
  #end
#else
  #for j in 0..TN/WIDE
  let rb#{j} = startB + clampCol(col0 + #{j * WIDE}u) / #{WIDE}u;
  #end
#end
  // h: four of the steps; y<h>_<i>: row i of A along them
  for (var k = 0u; k < turns; k++) {
#if ORIENT == T_N
    #for h in 0..WIDE/4
    #for i in 0..TM/WIDE
      #for e in 0..LOADED
      let a#{h}_#{i}_#{e} = a[(k * #{WIDE}u + #{h * 4 + e}u + lane) * rowA + ra#{i}];
      #end
      #for g in 0..WIDE/4
      #for e in 0..LOADED
      let q#{h}_#{i}_#{g}_#{e} = part#{g}(a#{h}_#{i}_#{e});
      #end
      #if QUADS
      let q#{h}_#{i}_#{g}_1 = quadSwapX(q#{h}_#{i}_#{g}_0);
      let q#{h}_#{i}_#{g}_2 = quadSwapY(q#{h}_#{i}_#{g}_0);
      let q#{h}_#{i}_#{g}_3 = quadSwapDiagonal(q#{h}_#{i}_#{g}_0);
      #end
      #for f in 0..4
      let y#{h}_#{i * WIDE + g * 4 + f} = vec4f(q#{h}_#{i}_#{g}_0[#{f}], q#{h}_#{i}_#{g}_1[#{f}], q#{h}_#{i}_#{g}_2[#{f}], q#{h}_#{i}_#{g}_3[#{f}]);
      #end
      #end
    #end
#if SCALE_K
    let by#{h} = vec4f(
      #for e in 0..4
      scale[k * #{WIDE}u + #{h * 4}u + (lane ^ #{e}u)],
      #end
    );
#end
    #end
#else
    #for i in 0..TM/4
      #for e in 0..LOADED
      let a#{i}_#{e} = a[ra#{i}_#{e} + k];
      #for h in 0..WIDE/4
      let y#{h}_#{i * 4 + e} = part#{h}(a#{i}_#{e});
      #end
      #end
      #if QUADS
      #for h in 0..WIDE/4
      let y#{h}_#{i * 4 + 1} = quadSwapX(y#{h}_#{i * 4});
      let y#{h}_#{i * 4 + 2} = quadSwapY(y#{h}_#{i * 4});
      let y#{h}_#{i * 4 + 3} = quadSwapDiagonal(y#{h}_#{i * 4});
      #end
      #end
    #end
#end
#if ORIENT == NT
    #for j in 0..TN
    {
    let column = b[rb#{j} + k];
    #for h in 0..WIDE/4
    let x#{h} = part#{h}(column);
    #end
    #for i in 0..TM
    #for h in 0..WIDE/4
    s#{i}_#{j} += dot(y#{h}_#{i}, x#{h});
    #end
    #end
    }
    #end
#else
    #for j in 0..TN/WIDE
    {
    #for h in 0..WIDE/4
    #for e in 0..4
    #if ORIENT == T_N
    let at#{h}_#{e} = (k * #{WIDE}u + #{h * 4}u + (lane ^ #{e}u)) * rowB + rb#{j};
    #else
    let at#{h}_#{e} = (k * #{WIDE}u + #{h * 4 + e}u) * rowB + rb#{j};
    #end
    #if h * 4 + e < WIDE - 1
    let b#{h}_#{e} = b[at#{h}_#{e}];
    #end
    #end
    #end
    #for f in 0..WIDE
    {
    // the last row comes a value at a time: where nothing is loaded between two columns, all of A is stored again
    #if WIDE == 8
    let last = b[at1_3][#{f / 4}][#{f % 4}];
    #else
    let last = b[at0_3][#{f}];
    #end
    #for h in 0..WIDE/4
    #if SCALE_K
    let x#{h} = by#{h} * vec4f(
    #else
    let x#{h} = vec4f(
    #end
      #for e in 0..4
      #if h * 4 + e < WIDE - 1
      part#{f / 4}(b#{h}_#{e})[#{f % 4}],
      #else
      last,
      #end
      #end
    );
    #end
    #for i in 0..TM
    #for h in 0..WIDE/4
    s#{i}_#{j * WIDE + f} += dot(y#{h}_#{i}, x#{h});
    #end
    #end
    }
    #end
    }
    #end
#end
  }
  let at = id.z * #{C_STRIDE / 4}u + row0 * ROW + col0 / 4u;
  // In a loop over a copy, for unrolled it would take longer to compile than the product itself; the copy is made with its
  // values, or it would be filled with zeros first, twice.
  var tile = array<vec4f, #{TM * TN / 4}>(
  #for i in 0..TM
  #for j in 0..TN/4
  vec4f(s#{i}_#{j * 4}, s#{i}_#{j * 4 + 1}, s#{i}_#{j * 4 + 2}, s#{i}_#{j * 4 + 3}),
  #end
  #end
  );
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
