// attention_forward_tiled: causal attention with a window, online softmax, tiles in workgroup memory; for GPUs.
// Math:     s_ij = scale q_i.k_j (or cap tanh(scale q_i.k_j / cap)), i-window <= j <= i;  out_i = softmax_j(s_ij) v_j
// Shapes:   q,out [B,T,H,D]  k,v [B,T,KV,D]  lse [B,H,T]; rows are NV vectors of #{W}
// Dispatch: one workgroup of 64 per (b, h, 32 queries); it walks the tiles of 32 keys its queries can see
// Saves:    lse = ln sum_j exp(s_ij) for attention_backward_*
// Writes:   out, lse overwritten. Accumulates: nothing.
// Limits:   any T >= 1; D even, 2..256; 14.1 KiB of workgroup memory
// Check:    src/reference/attention.ts; atol 1e-5, rtol 1e-4 on unit inputs
// Source:   Dao et al. 2022, arXiv:2205.14135

@group(0) @binding(0) var<storage, read> q: array<#{VEC}>;
@group(0) @binding(1) var<storage, read> k: array<#{VEC}>;
@group(0) @binding(2) var<storage, read> v: array<#{VEC}>;
@group(0) @binding(3) var<storage, read_write> out: array<#{VEC}>;
@group(0) @binding(4) var<storage, read_write> lse: array<f32>;

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
// probabilities of the tile, 32 rows padded to 33
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
  var max#{r} = -3e38;
  var sum#{r} = 0.0;
#for c in 0..NC
  var a#{r}_#{c} = #{VEC}();
#end
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
#for r in 0..4
    var top#{r} = max#{r};
#for n in 0..4
    let seen#{r}_#{n} = sees(i#{r}, tile + tx + #{8 * n}u);
    s#{r}_#{n} = select(-3e38, capped(s#{r}_#{n} * SCALE), seen#{r}_#{n});
    top#{r} = max(top#{r}, s#{r}_#{n});
#end
    partial[(ty * 4u + #{r}u) * 8u + tx] = top#{r};
#end
    workgroupBarrier();
#for r in 0..4
    for (var x = 0u; x < 8u; x++) { top#{r} = max(top#{r}, partial[(ty * 4u + #{r}u) * 8u + x]); }
    let keep#{r} = exp(max#{r} - top#{r});
    max#{r} = top#{r};
    sum#{r} *= keep#{r};
#for n in 0..4
    // a row that has seen no key yet has top = -3e38, where exp(s - top) would be 1
    let p#{r}_#{n} = select(0.0, exp(s#{r}_#{n} - top#{r}), seen#{r}_#{n});
    sum#{r} += p#{r}_#{n};
    weights[(ty * 4u + #{r}u) * 33u + tx + #{8 * n}u] = p#{r}_#{n};
#end
#end
#for c in 0..NC
    for (var e = local; e < 256u; e += 64u) {
      let row = min(tile + e / 8u, T - 1u);
      right[e / 8u * 9u + e % 8u] = v[kBase + row * K_ROW + min(#{8 * c}u + e % 8u, NV - 1u)];
    }
    workgroupBarrier();
#for r in 0..4
    a#{r}_#{c} *= keep#{r};
#end
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
  partial[(ty * 4u + #{r}u) * 8u + tx] = sum#{r};
#end
  workgroupBarrier();
#for r in 0..4
  if (i#{r} < T) {
    var total = 0.0;
    for (var x = 0u; x < 8u; x++) { total += partial[(ty * 4u + #{r}u) * 8u + x]; }
    let inverse = 1.0 / total;
#for c in 0..NC
    if (tx + #{8 * c}u < NV) { out[qBase + i#{r} * Q_ROW + tx + #{8 * c}u] = a#{r}_#{c} * inverse; }
#end
    if (tx == 0u) { lse[bh * T + i#{r}] = max#{r} + log(total); }
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
