// matmul_generic: matrix product for sides that are not multiples of four, on software adapters.
// Math:     C = op(A)·op(B), or mixture[0]·op(A)·op(B) + mixture[1]·D with MIX (+ bias), op by strides: A(m,k) = a[m·A_ROW + k·A_COL]
// Shapes:   C, D [M,N] row-major f32; batch z starts at stride·z
// Dispatch: one thread per 4×4 tile; workgroup 8×8; grid (ceil(N/32), ceil(M/32), batch)
// Saves:    nothing
// Writes:   C overwrites, or accumulates with ACC.
// Limits:   any M, N, K >= 1
// Check:    src/reference/linear.ts; atol 1e-5·√K, rtol 1e-4
const M = #{M}u;
const N = #{N}u;
const K = #{K}u;
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

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row0 = id.y * 4u;
  let col0 = id.x * 4u;
  #for i in 0..4
  let ra#{i} = id.z * #{A_STRIDE}u + min(row0 + #{i}u, M - 1u) * #{A_ROW}u;
  let cb#{i} = id.z * #{B_STRIDE}u + min(col0 + #{i}u, N - 1u) * #{B_COL}u;
  var t#{i} = vec4f();
  #end
  for (var k = 0u; k < K; k++) {
    let x = vec4f(b[cb0 + k * #{B_ROW}u], b[cb1 + k * #{B_ROW}u], b[cb2 + k * #{B_ROW}u], b[cb3 + k * #{B_ROW}u]);
    #for i in 0..4
    t#{i} += a[ra#{i} + k * #{A_COL}u] * x;
    #end
  }
  #for i in 0..4
  #for j in 0..4
  if (row0 + #{i}u < M && col0 + #{j}u < N) {
    let at = id.z * #{C_STRIDE}u + (row0 + #{i}u) * N + col0 + #{j}u;
    var value = t#{i}[#{j}];
#if MIX
    value = mixture[0] * value + mixture[1] * d[at];
#end
#if BIAS
    value += bias[col0 + #{j}u];
#end
#if ACC
    value += c[at];
#end
    c[at] = value;
  }
  #end
  #end
}
