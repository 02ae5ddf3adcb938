// matmul_tiled: matrix product for real GPUs, through workgroup memory.
// Math:     C = op(A)·op(B) as in matmul_software; split s of SPLITS sums its own run of k into part s of C
//           with SCALE_K each k's product is multiplied by scale[k]; then what lib/matmul_store.wgsl does
// Shapes:   C [M,N] row-major f32; batch z starts at stride·z
// Dispatch: one workgroup of TX×TY threads per BM×BN tile of C, TM×TN per thread; grid (ceil(N/BN), ceil(M/BM), batch·SPLITS)
// Saves:    nothing
// Writes:   C overwrites, or accumulates with ACC.
// Limits:   any M, N, K >= 1; BK·(BM + BN + 8)·4 bytes of workgroup memory; QUADS: subgroups of at least 4, TX%4 = 0;
//           MATRIX: subgroups of at most TX, matrices of MM×MN and MK steps of k that divide TM×TN and BK
// Check:    src/reference/linear.ts; atol 1e-5·√K, rtol 1e-4
// Why:      A and B come in 4×4 blocks, one vec4 load per row, and lie [k][m] and [k][n] in workgroup memory, so that
//           the inner loop reads vec4s whichever way the operand lay; the next tile is on its way from memory while
//           this one is multiplied; a thread's columns are vec4s TX apart, so neighbours read neighbouring words.
//           Sides and strides are `override`s, so one text serves every shape with the same finish and the same tails;
//           the tile's sides are not, because WGSL has to unroll them.
//           QUADS: four threads of a quad share their rows, so each reads those of one step of k in four and hears the
//           others' by quadBroadcast: a quarter of the reads of A.
//           MATRIX: each subgroup (one value of local.y) multiplies TM×TN of the tile by the adapter's matrix units;
//           operands are rounded to COMPONENT. A subgroup smaller than TX does the same work as its neighbours.
// Template: OPERANDS: lib/matmul_operand.wgsl, for A and for B
const BK = #{BK}u;
override C_STRIDE: u32;
override SPLITS: u32;
override SPLIT_K: u32;
#if MATRIX
var<workgroup> results: array<f32, #{TY * MM * TN}>;
#end
#{OPERANDS}

fn clampK(k: u32) -> u32 {
#if TAIL_K
  return min(k, K - 1u);
#else
  return k;
#end
}

#if MATRIX
fn fourOf(first: u32) -> vec4f {
  return vec4f(results[first], results[first + 1u], results[first + 2u], results[first + 3u]);
}
#end

// Blocks of both tiles are numbered, A's before B's; what is past B's has no place and is left alone.
fn placeOf(block: u32) -> vec2u {
  return select(placeB(block - #{BLOCKS_A}u), placeA(block), block < #{BLOCKS_A}u);
}

// `starts` is where the matrices begin, `corner` the tile of C.
fn fetch(block: u32, place: vec2u, starts: vec2u, corner: vec2u, k: u32) -> mat4x4f {
  var values = mat4x4f();
  if (block < #{BLOCKS_A}u) {
    values = fetchA(starts.x, k + place.x, corner.x + place.y);
  } else if (block < #{BLOCKS_A + BLOCKS_B}u) {
    values = fetchB(starts.y, k + place.x, corner.y + place.y);
  }
  return values;
}

fn put(block: u32, place: vec2u, values: mat4x4f) {
  if (block < #{BLOCKS_A}u) {
    putA(place, values);
  } else if (block < #{BLOCKS_A + BLOCKS_B}u) {
    putB(place, values);
  }
}

@compute @workgroup_size(#{TX}, #{TY})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u,
        @builtin(local_invocation_index) thread: u32) {
  let row0 = group.y * #{BM}u;
  let col0 = group.x * #{BN}u;
#if SYMMETRIC
  if (row0 + #{BM - 1}u < col0) {
    return; // above the diagonal: other workgroups mirror their values to here
  }
#end
  let corner = vec2u(row0, col0);
  let starts = group.z / SPLITS * vec2u(A_STRIDE, B_STRIDE);
  let firstK = (group.z % SPLITS) * SPLIT_K;
  let endK = min(firstK + SPLIT_K, K);
#if MATRIX
  let mine = vec2u(local.y % #{BN / TN}u * #{TN}u, local.y / #{BN / TN}u * #{TM}u); // column and row in the tile
  #for i in 0..TM/MM
  #for j in 0..TN/MN
  var r#{i}_#{j} = subgroup_matrix_result<f32, #{MN}, #{MM}>();
  #end
  #end
#else
  #for i in 0..TM
  #for j in 0..TN/4
  var t#{i}_#{j} = vec4f();
  #end
  #end
#end
  #for p in 0..LOADS
  let place#{p} = placeOf(thread + #{p * TX * TY}u);
  var block#{p} = fetch(thread + #{p * TX * TY}u, place#{p}, starts, corner, firstK);
  #end
  for (var k0 = firstK; k0 < endK; k0 += BK) {
    #for p in 0..LOADS
    put(thread + #{p * TX * TY}u, place#{p}, block#{p});
    #end
    workgroupBarrier();
    if (k0 + BK < endK) {
      #for p in 0..LOADS
      block#{p} = fetch(thread + #{p * TX * TY}u, place#{p}, starts, corner, k0 + BK);
      #end
    }
#if MATRIX
    #for k in 0..BK/MK
    {
      #for j in 0..TN/MN
      let x#{j} = subgroupMatrixLoad<subgroup_matrix_right<#{COMPONENT}, #{MN}, #{MK}>, row_major>(
        &tileB, #{k * MK}u * 4u * LDB + mine.x + #{j * MN}u, 4u * LDB);
      #end
      #for i in 0..TM/MM
      let y#{i} = subgroupMatrixLoad<subgroup_matrix_left<#{COMPONENT}, #{MK}, #{MM}>, col_major>(
        &tileA, #{k * MK}u * 4u * LDA + mine.y + #{i * MM}u, 4u * LDA);
      #for j in 0..TN/MN
      r#{i}_#{j} = subgroupMatrixMultiplyAccumulate(y#{i}, x#{j}, r#{i}_#{j});
      #end
      #end
    }
    #end
#else
    for (var k = 0u; k < BK; k += #{STEP}u) {
      #if QUADS
      #for i in 0..TM/4
      let s#{i} = tileA[(k + (local.x & 3u)) * LDA + local.y + #{i * TY}u];
      #end
      #end
      #for e in 0..STEP
      {
        #for j in 0..TN/4
        let x#{j} = tileB[(k + #{e}u) * LDB + local.x + #{j * TX}u];
        #end
        #for i in 0..TM/4
        #if QUADS
        let y#{i} = quadBroadcast(s#{i}, #{e}u);
        #else
        let y#{i} = tileA[(k + #{e}u) * LDA + local.y + #{i * TY}u];
        #end
        #for f in 0..4
        #for j in 0..TN/4
        t#{i * 4 + f}_#{j} += y#{i}[#{f}] * x#{j};
        #end
        #end
        #end
      }
      #end
    }
#end
    workgroupBarrier();
  }
  let at = group.z * (C_STRIDE / #{WIDTH}u);
#if MATRIX
  // a band of matrices at a time: who has which value of a subgroup's matrix is known only once it is in memory
  let band = local.y * #{MM * TN}u;
  #for i in 0..TM/MM
  #for j in 0..TN/MN
  subgroupMatrixStore<row_major>(&results, band + #{j * MN}u, r#{i}_#{j}, #{TN}u);
  #end
  workgroupBarrier();
  for (var q = local.x; q < #{MM * TN / 16}u; q += #{TX}u) {
    let first = band + q / #{TN / 4}u * #{4 * TN}u + q % #{TN / 4}u * 4u;
    let row = row0 + mine.y + #{i * MM}u + q / #{TN / 4}u * 4u;
    let col = col0 + mine.x + q % #{TN / 4}u * 4u;
    storeBlock(at + row * ROW + col / #{WIDTH}u, row, col, fourOf(first), fourOf(first + #{TN}u),
      fourOf(first + #{2 * TN}u), fourOf(first + #{3 * TN}u));
  }
  workgroupBarrier();
  #end
#else
  #for i in 0..TM/4
  #for j in 0..TN/4
  {
    let row = row0 + (local.y + #{i * TY}u) * 4u;
    let col = col0 + (local.x + #{j * TX}u) * 4u;
    storeBlock(at + row * ROW + col / #{WIDTH}u, row, col,
      t#{i * 4}_#{j}, t#{i * 4 + 1}_#{j}, t#{i * 4 + 2}_#{j}, t#{i * 4 + 3}_#{j});
  }
  #end
  #end
#end
}
