// matmul_software: matrix product for adapters that are really a CPU, batched over equal shapes.
// Math:     NN  C = A·B      A [M,K]  B [K,N]
//           NT  C = A·Bᵀ     A [M,K]  B [N,K]
//           TN  C = Aᵀ·B     A [K,M]  B [K,N]
//           then  C = mixture[0]·C + mixture[1]·D with MIX,  + bias [N] with BIAS
// Shapes:   C, D [M,N], all row-major f32, bound as vec4; batch z starts at stride·z; M = rows of C when not batched
//           (read from the binding, so that training, evaluation and sampling share one compiled kernel)
// Dispatch: one thread per TM×TN tile; workgroup WX×WY threads; grid (ceil(N/TN/WX), ceil(M/TM/WY), batch)
// Saves:    nothing
// Writes:   C overwrites, or accumulates with ACC.
// Limits:   vec4 sides only: N%4 = 0, and K%4 = 0 (TN: M%4 = 0, K%4 = 0); other shapes take matmul_generic
// Check:    src/reference/linear.ts; atol 1e-5·√K, rtol 1e-4 (sums of K products in another order)
// Why:      a software adapter runs 4 threads as one SIMD register, pays for every barrier and gathers every
//           load: so no workgroup memory, a large tile, one load of A shared by the quad (quadBroadcast) where
//           subgroups exist, and four steps of k in one sum: the tile lives on the stack, and each += costs a
//           load and a store.
#if QUADS
enable subgroups;
#end
const N = #{N}u;
const K = #{K}u;
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4f>;
#if MIX
@group(0) @binding(3) var<storage, read> d: array<vec4f>;
@group(0) @binding(4) var<storage, read> mixture: array<f32>;
#end
#if BIAS
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
#end

@compute @workgroup_size(#{WX}, #{WY})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_id) local: vec3u) {
#if ROWS == 0
  let M = arrayLength(&c) / (N / 4u);
#else
  let M = #{ROWS}u;
#end
  let row0 = id.y * #{TM}u;
  let col0 = id.x * #{TN}u;
  let lane = local.x & 3u;
  let a0 = id.z * #{A_STRIDE / 4}u;
  let b0 = id.z * #{B_STRIDE / 4}u;
  let c0 = id.z * #{C_STRIDE / 4}u;
#if ORIENT == NT
  // both operands run along K: four steps of k at a time, as dot products
  #for i in 0..TM
  #for j in 0..TN
  var s#{i}_#{j} = 0.0;
  #end
  #end
  #if QUADS
  #for i in 0..TM/4
  let ra#{i} = a0 + min(row0 + #{i * 4}u + lane, M - 1u) * (K / 4u);
  #end
  #else
  #for i in 0..TM
  let ra#{i} = a0 + min(row0 + #{i}u, M - 1u) * (K / 4u);
  #end
  #end
  #for j in 0..TN
  let rb#{j} = b0 + min(col0 + #{j}u, N - 1u) * (K / 4u);
  #end
  for (var k = 0u; k < K / 4u; k++) {
    #if QUADS
    #for i in 0..TM/4
    let q#{i} = a[ra#{i} + k];
    #end
    #else
    #for i in 0..TM
    let a#{i} = a[ra#{i} + k];
    #end
    #end
    #for j in 0..TN
    let b#{j} = b[rb#{j} + k];
    #end
    #for i in 0..TM
    #if QUADS
    let a#{i} = quadBroadcast(q#{i / 4}, #{i % 4}u);
    #end
    #for j in 0..TN
    s#{i}_#{j} += dot(a#{i}, b#{j});
    #end
    #end
  }
#else
  #for i in 0..TM
  #for j in 0..TN/4
  var t#{i}_#{j} = vec4f();
  #end
  #end
  #for j in 0..TN/4
  let cb#{j} = b0 + min(col0 / 4u + #{j}u, N / 4u - 1u);
  #end
  #if ORIENT == NN
  #if QUADS
  #for i in 0..TM/4
  let ra#{i} = a0 + min(row0 + #{i * 4}u + lane, M - 1u) * (K / 4u);
  #end
  #else
  #for i in 0..TM
  let ra#{i} = a0 + min(row0 + #{i}u, M - 1u) * (K / 4u);
  #end
  #end
  for (var k = 0u; k < K / 4u; k++) {
    #if QUADS
    #for i in 0..TM/4
    let q#{i} = a[ra#{i} + k];
    #end
    #else
    #for i in 0..TM
    let a#{i} = a[ra#{i} + k];
    #end
    #end
    #for e in 0..4
    #for j in 0..TN/4
    let b#{e}_#{j} = b[(k * 4u + #{e}u) * (N / 4u) + cb#{j}];
    #end
    #end
    #for i in 0..TM
    {
    #if QUADS
      let x = quadBroadcast(q#{i / 4}, #{i % 4}u);
    #else
      let x = a#{i};
    #end
      #for j in 0..TN/4
      t#{i}_#{j} += x.x * b0_#{j} + x.y * b1_#{j} + x.z * b2_#{j} + x.w * b3_#{j};
      #end
    }
    #end
  }
  #else
  // TN: A's rows run along M, so one vec4 holds four rows of the tile
  #for i in 0..TM/4
  let ca#{i} = a0 + min(row0 / 4u + #{i}u, M / 4u - 1u);
  #end
  for (var k = 0u; k < K; k += 4u) {
    #if QUADS
    #for i in 0..TM/4
    let q#{i} = a[(k + lane) * (M / 4u) + ca#{i}];
    #end
    #end
    #for e in 0..4
    #for j in 0..TN/4
    let b#{e}_#{j} = b[(k + #{e}u) * (N / 4u) + cb#{j}];
    #end
    #end
    #for i in 0..TM/4
    {
      #for e in 0..4
    #if QUADS
      let x#{e} = quadBroadcast(q#{i}, #{e}u);
    #else
      let x#{e} = a[(k + #{e}u) * (M / 4u) + ca#{i}];
    #end
      #end
      #for f in 0..4
      #for j in 0..TN/4
      t#{i * 4 + f}_#{j} += x0[#{f}] * b0_#{j} + x1[#{f}] * b1_#{j} + x2[#{f}] * b2_#{j} + x3[#{f}] * b3_#{j};
      #end
      #end
    }
    #end
  }
  #end
#end
  #for i in 0..TM
  #for j in 0..TN/4
  {
    let row = row0 + #{i}u;
    let col = col0 / 4u + #{j}u;
    if (row < M && col < N / 4u) {
      let at = c0 + row * (N / 4u) + col;
#if ORIENT == NT
      var value = vec4f(s#{i}_#{j * 4}, s#{i}_#{j * 4 + 1}, s#{i}_#{j * 4 + 2}, s#{i}_#{j * 4 + 3});
#else
      var value = t#{i}_#{j};
#end
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
