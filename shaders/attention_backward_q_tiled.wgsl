// attention_backward_q_tiled: gradient of the queries, and delta for attention_backward_kv_tiled; for GPUs.
// Math:     delta_i = dOut_i.out_i;  p_ij = exp(s_ij - lse_i);  g_ij = p_ij (dOut_i.v_j - delta_i) ds_ij/d(q_i.k_j)
//           dQ_i = sum_j g_ij k_j
// Shapes:   q,out,dOut,dQ [B,T,H,D]  k,v [B,T,KV,D]  lse,delta [B,H,T]; rows are NV vectors of #{W}
// Dispatch: one workgroup of 64 per (b, h, 32 queries); it walks the tiles of 32 keys its queries can see
// Saves:    delta for attention_backward_kv_tiled
// Writes:   dQ, delta overwritten. Accumulates: nothing.
// Limits:   any T >= 1; D even, 2..256; 14.1 KiB of workgroup memory
// Check:    src/reference/attention.ts; atol 2e-5, rtol 1e-4 on unit inputs
// Source:   Dao et al. 2022, arXiv:2205.14135

@group(0) @binding(0) var<storage, read> q: array<#{VEC}>;
@group(0) @binding(1) var<storage, read> k: array<#{VEC}>;
@group(0) @binding(2) var<storage, read> v: array<#{VEC}>;
@group(0) @binding(3) var<storage, read> out: array<#{VEC}>;
@group(0) @binding(4) var<storage, read> lse: array<f32>;
@group(0) @binding(5) var<storage, read> dOut: array<#{VEC}>;
@group(0) @binding(6) var<storage, read_write> delta: array<f32>;
@group(0) @binding(7) var<storage, read_write> dQ: array<#{VEC}>;

const T = #{T}u;
const H = #{H}u;
const NV = #{NV}u;
const Q_ROW = #{H * NV}u;
const K_ROW = #{KV * NV}u;
const TILES = #{TILES}u;
const SCALE: f32 = #{scale};

// chunks of 8 vectors of 32 rows, a row padded to 9 so that a column of rows falls into different banks
var<workgroup> left: array<#{VEC}, 288>;
var<workgroup> right: array<#{VEC}, 288>;
// g of the tile, 32 rows padded to 33
var<workgroup> weights: array<f32, 1056>;
// one value per row and thread of the row
var<workgroup> partial: array<f32, 256>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let block = group.x + group.y * groups.x;
  if (block >= #{B * H * TILES}u) { return; }
  let start = (block % TILES) * 32u;
  let bh = block / TILES;
  let b = bh / H;
  let h = bh % H;
  let qBase = (b * T * H + h) * NV;
  let kBase = (b * T * #{KV}u + h / #{H / KV}u) * NV;
  // thread (ty, tx) owns query rows 4 ty + r, key columns tx + 8 n, and vectors tx + 8 c of its rows
  let ty = local / 8u;
  let tx = local % 8u;
#for r in 0..4
  let i#{r} = start + ty * 4u + #{r}u;
  let row#{r} = min(i#{r}, T - 1u);
  let lse#{r} = lse[bh * T + row#{r}];
  var delta#{r} = 0.0;
  for (var c = tx; c < NV; c += 8u) {
    delta#{r} += dot(dOut[qBase + row#{r} * Q_ROW + c], out[qBase + row#{r} * Q_ROW + c]);
  }
  partial[(ty * 4u + #{r}u) * 8u + tx] = delta#{r};
#for c in 0..NC
  var a#{r}_#{c} = #{VEC}();
#end
#end
  workgroupBarrier();
#for r in 0..4
  delta#{r} = 0.0;
  for (var x = 0u; x < 8u; x++) { delta#{r} += partial[(ty * 4u + #{r}u) * 8u + x]; }
  if (tx == 0u && i#{r} < T) { delta[bh * T + i#{r}] = delta#{r}; }
#end
#if WINDOW > 0
  let first = (max(start, #{WINDOW}u) - #{WINDOW}u) / 32u * 32u;
#else
  let first = 0u;
#end
  let last = min(start + 32u, T);
  for (var tile = first; tile < last; tile += 32u) {
#for r in 0..4
#for n in 0..4
    var s#{r}_#{n} = 0.0;
    var g#{r}_#{n} = 0.0;
#end
#end
    for (var c0 = 0u; c0 < NV; c0 += 8u) {
      for (var e = local; e < 256u; e += 64u) {
        let row = e / 8u;
        let c = e % 8u;
        let at = row * 9u + c;
        let within = c0 + c < NV;
        left[at] = select(#{VEC}(), q[qBase + min(start + row, T - 1u) * Q_ROW + min(c0 + c, NV - 1u)], within);
        right[at] = select(#{VEC}(), k[kBase + min(tile + row, T - 1u) * K_ROW + min(c0 + c, NV - 1u)], within);
      }
      workgroupBarrier();
      for (var c = 0u; c < 8u; c++) {
#for n in 0..4
        let x#{n} = right[(tx + #{8 * n}u) * 9u + c];
#end
#for r in 0..4
        let l#{r} = left[(ty * 4u + #{r}u) * 9u + c];
#for n in 0..4
        s#{r}_#{n} += dot(l#{r}, x#{n});
#end
#end
      }
      workgroupBarrier();
    }
    for (var c0 = 0u; c0 < NV; c0 += 8u) {
      for (var e = local; e < 256u; e += 64u) {
        let row = e / 8u;
        let c = e % 8u;
        let at = row * 9u + c;
        let within = c0 + c < NV;
        left[at] = select(#{VEC}(), dOut[qBase + min(start + row, T - 1u) * Q_ROW + min(c0 + c, NV - 1u)], within);
        right[at] = select(#{VEC}(), v[kBase + min(tile + row, T - 1u) * K_ROW + min(c0 + c, NV - 1u)], within);
      }
      workgroupBarrier();
      for (var c = 0u; c < 8u; c++) {
#for n in 0..4
        let x#{n} = right[(tx + #{8 * n}u) * 9u + c];
#end
#for r in 0..4
        let l#{r} = left[(ty * 4u + #{r}u) * 9u + c];
#for n in 0..4
        g#{r}_#{n} += dot(l#{r}, x#{n});
#end
#end
      }
      workgroupBarrier();
    }
#for r in 0..4
#for n in 0..4
    {
      let s = capped(s#{r}_#{n} * SCALE);
      let g = exp(min(s - lse#{r}, 0.0)) * (g#{r}_#{n} - delta#{r}) * slope(s);
      weights[(ty * 4u + #{r}u) * 33u + tx + #{8 * n}u] = select(0.0, g, sees(i#{r}, tile + tx + #{8 * n}u));
    }
#end
#end
#for c in 0..NC
    for (var e = local; e < 256u; e += 64u) {
      let row = min(tile + e / 8u, T - 1u);
      right[e / 8u * 9u + e % 8u] = k[kBase + row * K_ROW + min(#{8 * c}u + e % 8u, NV - 1u)];
    }
    workgroupBarrier();
    for (var m = 0u; m < 32u; m++) {
      let x = right[m * 9u + tx];
#for r in 0..4
      a#{r}_#{c} += weights[(ty * 4u + #{r}u) * 33u + m] * x;
#end
    }
    workgroupBarrier();
#end
  }
#for r in 0..4
  if (i#{r} < T) {
#for c in 0..NC
    if (tx + #{8 * c}u < NV) { dQ[qBase + i#{r} * Q_ROW + tx + #{8 * c}u] = a#{r}_#{c} * SCALE; }
#end
  }
#end
}

fn sees(i: u32, j: u32) -> bool {
#if WINDOW > 0
  return (j <= i) & (j + #{WINDOW}u >= i);
#else
  return j <= i;
#end
}

fn capped(s: f32) -> f32 {
#if SOFTCAP
  // cap tanh(s / cap); the built-in tanh promises only 1e-5
  let e = exp(abs(s) * #{minusTwoOverCap});
  return sign(s) * #{softcap} * (1.0 - e) / (1.0 + e);
#else
  return s;
#end
}

// d capped(s) / ds, from the capped score
fn slope(s: f32) -> f32 {
#if SOFTCAP
  let t = s / #{softcap};
  return 1.0 - t * t;
#else
  return 1.0;
#end
}
