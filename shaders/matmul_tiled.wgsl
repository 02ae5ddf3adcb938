// matmul_tiled: matrix product for real GPUs, through workgroup memory.
// Math:     C = op(A)·op(B) as in matmul_software; split s of SPLITS sums its own run of k into part s of C
//           with SCALE_K each k's product is multiplied by scale[k]; then what lib/matmul_store.wgsl does
// Shapes:   C [M,N] row-major f32; batch z starts at stride·z
// Dispatch: one workgroup of TX×TY threads per BM×BN tile of C, TM×TN per thread; grid (ceil(N/BN), ceil(M/BM), batch·SPLITS)
// Saves:    nothing
// Writes:   C overwrites, or accumulates with ACC.
// Limits:   any M, N, K >= 1; BK·(BM + BN + 8)·4 bytes of workgroup memory
// Check:    src/reference/linear.ts; atol 1e-5·√K, rtol 1e-4
// Why:      A and B come in 4×4 blocks, one vec4 load per row, and lie [k][m] and [k][n] in workgroup memory, so that
//           the inner loop reads vec4s whichever way the operand lay; the next tile is on its way from memory while
//           this one is multiplied; a thread's columns are vec4s TX apart, so neighbours read neighbouring words.
const BK = #{BK}u;
const LDA = #{BM / 4 + 1}u;
const LDB = #{BN / 4 + 1}u;
var<workgroup> tileA: array<vec4f, #{BK * (BM / 4 + 1)}>;
var<workgroup> tileB: array<vec4f, #{BK * (BN / 4 + 1)}>;

fn clampK(k: u32) -> u32 {
#if TAIL_K
  return min(k, K - 1u);
#else
  return k;
#end
}

// Four neighbours of a row of A or B as it lies; what lies outside is the last one again.
fn loadA(start: u32, row: u32, col: u32) -> vec4f {
#if A_VEC
  return a[(start + row * #{A_WIDTH}u + col) / 4u];
#else
  let at = start + row * #{A_WIDTH}u;
  let last = #{A_WIDTH}u - 1u;
  return vec4f(a[at + min(col, last)], a[at + min(col + 1u, last)], a[at + min(col + 2u, last)], a[at + min(col + 3u, last)]);
#end
}

fn loadB(start: u32, row: u32, col: u32) -> vec4f {
#if B_VEC
  return b[(start + row * #{B_WIDTH}u + col) / 4u];
#else
  let at = start + row * #{B_WIDTH}u;
  let last = #{B_WIDTH}u - 1u;
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
  let matrix = group.z / #{SPLITS}u;
  let a0 = matrix * #{A_STRIDE}u;
  let b0 = matrix * #{B_STRIDE}u;
  let firstK = (group.z % #{SPLITS}u) * #{SPLIT_K}u;
  let endK = min(firstK + #{SPLIT_K}u, K);
  #for i in 0..TM
  #for j in 0..TN/4
  var t#{i}_#{j} = vec4f();
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
      tileA[(ka#{p} + #{e}u) * LDA + ma#{p} / 4u] = block#{p}[#{e}];
      #end
    } else if (p#{p} < #{BLOCKS_A + BLOCKS_B}u) {
      #for e in 0..4
      tileB[(kb#{p} + #{e}u) * LDB + nb#{p} / 4u] = block#{p}[#{e}];
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
    for (var k = 0u; k < BK; k++) {
      #for j in 0..TN/4
      let x#{j} = tileB[k * LDB + local.x + #{j * TX}u];
      #end
      #for i in 0..TM/4
      let y#{i} = tileA[k * LDA + local.y + #{i * TY}u];
      #for f in 0..4
      #for j in 0..TN/4
      t#{i * 4 + f}_#{j} += y#{i}[#{f}] * x#{j};
      #end
      #end
      #end
    }
    workgroupBarrier();
  }
  let at = group.z * #{C_STRIDE / WIDTH}u;
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
}
