// matmul_tiled: matrix product for real GPUs, through workgroup memory.
// Math:     C = op(A)·op(B), or mixture[0]·op(A)·op(B) + mixture[1]·D with MIX (+ bias), op by strides: A(m,k) = a[m·A_ROW + k·A_COL]
// Shapes:   C, D [M,N] row-major f32; batch z starts at stride·z
// Dispatch: one workgroup of 16×16 threads per 64×64 tile of C, 4×4 per thread; grid (ceil(N/64), ceil(M/64), batch)
// Saves:    nothing
// Writes:   C overwrites, or accumulates with ACC.
// Limits:   any M, N, K >= 1; 8.3 KiB of workgroup memory
// Check:    src/reference/linear.ts; atol 1e-5·√K, rtol 1e-4
// Why:      neighbouring threads load neighbouring words whichever way the operand lies (A_ALONG_K, B_ALONG_N);
//           the tiles lie [k][m] and [k][n], padded by one against bank conflicts on the transposed store.
const M = #{M}u;
const N = #{N}u;
const K = #{K}u;
const BK = 16u;
const LD = 65u;
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
#if MIX
@group(0) @binding(3) var<storage, read> d: array<f32>;
@group(0) @binding(4) var<storage, read> mixture: array<f32>;
#end
#if BIAS
@group(0) @binding(3) var<storage, read> bias: array<f32>;
#end
var<workgroup> tileA: array<f32, 1040>;
var<workgroup> tileB: array<f32, 1040>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u,
        @builtin(local_invocation_index) thread: u32) {
  let row0 = group.y * 64u;
  let col0 = group.x * 64u;
  let a0 = group.z * #{A_STRIDE}u;
  let b0 = group.z * #{B_STRIDE}u;
  #for i in 0..4
  var t#{i} = vec4f();
  #end
  for (var k0 = 0u; k0 < K; k0 += BK) {
    #for i in 0..4
    {
      let e = thread + #{i * 256}u;
#if A_ALONG_K
      let m = e / BK;
      let k = e % BK;
#else
      let m = e % 64u;
      let k = e / 64u;
#end
      let inside = row0 + m < M && k0 + k < K;
      tileA[k * LD + m] = select(0.0, a[a0 + min(row0 + m, M - 1u) * #{A_ROW}u + min(k0 + k, K - 1u) * #{A_COL}u], inside);
    }
    {
      let e = thread + #{i * 256}u;
#if B_ALONG_N
      let n = e % 64u;
      let k = e / 64u;
#else
      let n = e / BK;
      let k = e % BK;
#end
      let inside = col0 + n < N && k0 + k < K;
      tileB[k * LD + n] = select(0.0, b[b0 + min(k0 + k, K - 1u) * #{B_ROW}u + min(col0 + n, N - 1u) * #{B_COL}u], inside);
    }
    #end
    workgroupBarrier();
    for (var k = 0u; k < BK; k++) {
      let at = k * LD + local.x;
      // columns local.x, +16, +32, +48: neighbouring threads read neighbouring words
      let x = vec4f(tileB[at], tileB[at + 16u], tileB[at + 32u], tileB[at + 48u]);
      #for i in 0..4
      t#{i} += tileA[k * LD + local.y * 4u + #{i}u] * x;
      #end
    }
    workgroupBarrier();
  }
  #for i in 0..4
  #for j in 0..4
  {
    let row = row0 + local.y * 4u + #{i}u;
    let col = col0 + local.x + #{j * 16}u;
    if (row < M && col < N) {
      let at = group.z * #{C_STRIDE}u + row * N + col;
      var value = t#{i}[#{j}];
#if MIX
      value = mixture[0] * value + mixture[1] * d[at];
#end
#if BIAS
      value += bias[col];
#end
#if ACC
      value += c[at];
#end
      c[at] = value;
    }
  }
  #end
  #end
}
