// attention_backward_kv_tiled: gradients of the keys and values, tiles in workgroup memory; for GPUs.
// Math:     p_ij = exp(s_ij - lse_i);  dV_j = sum_i p_ij dOut_i
//           g_ij = p_ij (dOut_i.v_j - delta_i) ds_ij/d(q_i.k_j);  dK_j = sum_i g_ij q_i
//           the sums run over the queries that see j, of every head of j's group, in a fixed order
// Shapes:   q,dOut [B,T,H,D]  k,v,dK,dV [B,T,KV,D]  lse,delta [B,H,T]; rows are NV vectors of #{W}
// Dispatch: one workgroup of 64 per (b, kv head, 32 keys); it walks the tiles of 32 queries that see its keys
// Saves:    nothing
// Writes:   dK, dV overwritten. Accumulates: nothing.
// Limits:   any T >= 1; D even, 2..256; 13.1 KiB of workgroup memory
// Check:    src/reference/attention.ts; atol 2e-5, rtol 1e-4 on unit inputs
// Source:   Dao et al. 2022, arXiv:2205.14135; grouped heads: Ainslie et al. 2023, arXiv:2305.13245

@group(0) @binding(0) var<storage, read> q: array<#{VEC}>;
@group(0) @binding(1) var<storage, read> k: array<#{VEC}>;
@group(0) @binding(2) var<storage, read> v: array<#{VEC}>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;
@group(0) @binding(5) var<storage, read> dOut: array<#{VEC}>;
@group(0) @binding(6) var<storage, read_write> dK: array<#{VEC}>;
@group(0) @binding(7) var<storage, read_write> dV: array<#{VEC}>;

const T = #{T}u;
const H = #{H}u;
const KV = #{KV}u;
const GROUP = #{H / KV}u;
const NV = #{NV}u;
const Q_ROW = #{H * NV}u;
const K_ROW = #{KV * NV}u;
const TILES = #{TILES}u;
const SCALE: f32 = #{scale};

// chunks of 8 vectors of 32 rows, a row padded to 9 so that a column of rows falls into different banks
var<workgroup> left: array<#{VEC}, 288>;
var<workgroup> right: array<#{VEC}, 288>;
// p, then g of the tile, 32 rows padded to 33
var<workgroup> weights: array<f32, 1056>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let block = group.x + group.y * groups.x;
  if (block >= #{B * KV * TILES}u) { return; }
  let start = (block % TILES) * 32u;
  let b = block / TILES / KV;
  let kvHead = block / TILES % KV;
  let kBase = (b * T * KV + kvHead) * NV;
  // thread (ty, tx) owns key rows 4 ty + r, query columns tx + 8 n, and vectors tx + 8 c of its rows
  let ty = local / 8u;
  let tx = local % 8u;
#for r in 0..4
  let j#{r} = start + ty * 4u + #{r}u;
#for c in 0..NC
  var x#{r}_#{c} = #{VEC}();
  var y#{r}_#{c} = #{VEC}();
#end
#end
#if WINDOW > 0
  let last = min(start + #{32 + WINDOW}u, T);
#else
  let last = T;
#end
  for (var h = kvHead * GROUP; h < (kvHead + 1u) * GROUP; h++) {
    let qBase = (b * T * H + h) * NV;
    let rowBase = (b * H + h) * T;
    for (var tile = start; tile < last; tile += 32u) {
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
          left[at] = select(#{VEC}(), k[kBase + min(start + row, T - 1u) * K_ROW + min(c0 + c, NV - 1u)], within);
          right[at] = select(#{VEC}(), q[qBase + min(tile + row, T - 1u) * Q_ROW + min(c0 + c, NV - 1u)], within);
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
          left[at] = select(#{VEC}(), v[kBase + min(start + row, T - 1u) * K_ROW + min(c0 + c, NV - 1u)], within);
          right[at] = select(#{VEC}(), dOut[qBase + min(tile + row, T - 1u) * Q_ROW + min(c0 + c, NV - 1u)], within);
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
#for n in 0..4
      {
        let i = tile + tx + #{8 * n}u;
        let lseNow = lse[rowBase + min(i, T - 1u)];
        let deltaNow = delta[rowBase + min(i, T - 1u)];
#for r in 0..4
        let s#{r} = capped(s#{r}_#{n} * SCALE);
        let p#{r} = select(0.0, exp(min(s#{r} - lseNow, 0.0)), (i < T) & sees(i, j#{r}));
        g#{r}_#{n} = p#{r} * (g#{r}_#{n} - deltaNow) * slope(s#{r});
        weights[(ty * 4u + #{r}u) * 33u + tx + #{8 * n}u] = p#{r};
#end
      }
#end
#for c in 0..NC
      for (var e = local; e < 256u; e += 64u) {
        let row = min(tile + e / 8u, T - 1u);
        right[e / 8u * 9u + e % 8u] = dOut[qBase + row * Q_ROW + min(#{8 * c}u + e % 8u, NV - 1u)];
      }
      workgroupBarrier();
      for (var m = 0u; m < 32u; m++) {
        let x = right[m * 9u + tx];
#for r in 0..4
        y#{r}_#{c} += weights[(ty * 4u + #{r}u) * 33u + m] * x;
#end
      }
      workgroupBarrier();
#end
#for r in 0..4
#for n in 0..4
      weights[(ty * 4u + #{r}u) * 33u + tx + #{8 * n}u] = g#{r}_#{n};
#end
#end
#for c in 0..NC
      for (var e = local; e < 256u; e += 64u) {
        let row = min(tile + e / 8u, T - 1u);
        right[e / 8u * 9u + e % 8u] = q[qBase + row * Q_ROW + min(#{8 * c}u + e % 8u, NV - 1u)];
      }
      workgroupBarrier();
      for (var m = 0u; m < 32u; m++) {
        let x = right[m * 9u + tx];
#for r in 0..4
        x#{r}_#{c} += weights[(ty * 4u + #{r}u) * 33u + m] * x;
#end
      }
      workgroupBarrier();
#end
    }
  }
#for r in 0..4
  if (j#{r} < T) {
#for c in 0..NC
    if (tx + #{8 * c}u < NV) {
      let at = kBase + j#{r} * K_ROW + tx + #{8 * c}u;
      dK[at] = x#{r}_#{c} * SCALE;
      dV[at] = y#{r}_#{c};
    }
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
