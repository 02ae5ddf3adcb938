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
const BK = #{BK}u;
const LDA = #{BM / 4 + 1}u;
const LDB = #{BN / 4 + 1}u;
override A_WIDTH: u32;
override B_WIDTH: u32;
override A_STRIDE: u32;
override B_STRIDE: u32;
override C_STRIDE: u32;
override SPLITS: u32;
override SPLIT_K: u32;
#if MATRIX
var<workgroup> tileA: array<#{COMPONENT}, #{BK * (BM + 4)}>;
var<workgroup> tileB: array<#{COMPONENT}, #{BK * (BN + 4)}>;
var<workgroup> results: array<f32, #{TY * MM * TN}>;
#else
var<workgroup> tileA: array<vec4f, #{BK * (BM / 4 + 1)}>;
var<workgroup> tileB: array<vec4f, #{BK * (BN / 4 + 1)}>;
#end

// `at` counts vec4s.
fn putA(at: u32, v: vec4f) {
#if MATRIX
  #for f in 0..4
  tileA[at * 4u + #{f}u] = #{COMPONENT}(v[#{f}]);
  #end
#else
  tileA[at] = v;
#end
}

fn putB(at: u32, v: vec4f) {
#if MATRIX
  #for f in 0..4
  tileB[at * 4u + #{f}u] = #{COMPONENT}(v[#{f}]);
  #end
#else
  tileB[at] = v;
#end
}

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

// Four neighbours of a row of A or B as it lies; what lies outside is the last one again.
fn loadA(start: u32, row: u32, col: u32) -> vec4f {
#if A_VEC
  return a[(start + row * A_WIDTH + col) / 4u];
#else
  let at = start + row * A_WIDTH;
  let last = A_WIDTH - 1u;
  return vec4f(a[at + min(col, last)], a[at + min(col + 1u, last)], a[at + min(col + 2u, last)], a[at + min(col + 3u, last)]);
#end
}

fn loadB(start: u32, row: u32, col: u32) -> vec4f {
#if B_VEC
  return b[(start + row * B_WIDTH + col) / 4u];
#else
  let at = start + row * B_WIDTH;
  let last = B_WIDTH - 1u;
  return vec4f(b[at + min(col, last)], b[at + min(col + 1u, last)], b[at + min(col + 2u, last)], b[at + min(col + 3u, last)]);
#end
}

// The 4×4 block whose first element is (k, side), as four vec4s along the side, one for each k; zero past K.
fn blockOfA(start: u32, k: u32, m: u32) -> mat4x4f {
#if A_ALONG_K
  var block = mat4x4f(
    #for e in 0..4
    loadA(start, clampRow(m + #{e}u), k),
    #end
  );
  block = transpose(block);
#else
  var block = mat4x4f(
    #for e in 0..4
    loadA(start, clampK(k + #{e}u), m),
    #end
  );
#end
#if SCALE_K
  #for e in 0..4
  block[#{e}] *= scale[clampK(k + #{e}u)];
  #end
#end
#if TAIL_K
  #for e in 0..4
  block[#{e}] = select(vec4f(), block[#{e}], k + #{e}u < K);
  #end
#end
  return block;
}

fn blockOfB(start: u32, k: u32, n: u32) -> mat4x4f {
#if B_ALONG_K
  var block = mat4x4f(
    #for e in 0..4
    loadB(start, clampCol(n + #{e}u), k),
    #end
  );
  block = transpose(block);
#else
  var block = mat4x4f(
    #for e in 0..4
    loadB(start, clampK(k + #{e}u), n),
    #end
  );
#end
#if TAIL_K
  #for e in 0..4
  block[#{e}] = select(vec4f(), block[#{e}], k + #{e}u < K);
  #end
#end
  return block;
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
  let matrix = group.z / SPLITS;
  let a0 = matrix * A_STRIDE;
  let b0 = matrix * B_STRIDE;
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
  // which blocks of the tiles this thread brings: first A's, then B's
  #for p in 0..LOADS
  let p#{p} = thread + #{p * TX * TY}u;
  let isA#{p} = p#{p} < #{BLOCKS_A}u;
  let q#{p} = select(p#{p} - #{BLOCKS_A}u, p#{p}, isA#{p});
  #if A_ALONG_K
  let ka#{p} = q#{p} % #{BK / 4}u * 4u;
  let ma#{p} = q#{p} / #{BK / 4}u * 4u;
  #else
  let ka#{p} = q#{p} / #{BM / 4}u * 4u;
  let ma#{p} = q#{p} % #{BM / 4}u * 4u;
  #end
  #if B_ALONG_K
  let kb#{p} = q#{p} % #{BK / 4}u * 4u;
  let nb#{p} = q#{p} / #{BK / 4}u * 4u;
  #else
  let kb#{p} = q#{p} / #{BN / 4}u * 4u;
  let nb#{p} = q#{p} % #{BN / 4}u * 4u;
  #end
  var block#{p} = mat4x4f();
  if (isA#{p}) {
    block#{p} = blockOfA(a0, firstK + ka#{p}, row0 + ma#{p});
  } else if (p#{p} < #{BLOCKS_A + BLOCKS_B}u) {
    block#{p} = blockOfB(b0, firstK + kb#{p}, col0 + nb#{p});
  }
  #end
  for (var k0 = firstK; k0 < endK; k0 += BK) {
    #for p in 0..LOADS
    if (isA#{p}) {
      #for e in 0..4
      putA((ka#{p} + #{e}u) * LDA + ma#{p} / 4u, block#{p}[#{e}]);
      #end
    } else if (p#{p} < #{BLOCKS_A + BLOCKS_B}u) {
      #for e in 0..4
      putB((kb#{p} + #{e}u) * LDB + nb#{p} / 4u, block#{p}[#{e}]);
      #end
    }
    #end
    workgroupBarrier();
    if (k0 + BK < endK) {
      #for p in 0..LOADS
      if (isA#{p}) {
        block#{p} = blockOfA(a0, k0 + BK + ka#{p}, row0 + ma#{p});
      } else if (p#{p} < #{BLOCKS_A + BLOCKS_B}u) {
        block#{p} = blockOfB(b0, k0 + BK + kb#{p}, col0 + nb#{p});
      }
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
