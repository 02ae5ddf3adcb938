// attention_backward_q: gradient of the queries, and delta for attention_backward_kv; for software adapters.
// Math:     delta_i = dOut_i.out_i;  p_ij = exp(s_ij - lse_i);  g_ij = p_ij (dOut_i.v_j - delta_i) ds_ij/d(q_i.k_j)
//           dQ_i = sum_j g_ij k_j
// Shapes:   q,out,dOut,dQ [B,T,H,D]  k,v [B,T,KV,D]  lse,delta [B,H,T]; rows are NV vectors of #{W}
// Dispatch: one quad of 4 threads per (b, h, 4R queries), R queries a thread; no workgroup memory, no barrier
// Saves:    delta for attention_backward_kv
// Writes:   dQ, delta overwritten. Accumulates: nothing.
// Limits:   any T >= 1; D even, 2..256
// Check:    src/reference/attention.ts; atol 2e-5, rtol 1e-4 on unit inputs
// Source:   Dao et al. 2022, arXiv:2205.14135
#if QUAD
enable subgroups;
// every bound below is the same for the four threads of a quad
diagnostic(off, subgroup_uniformity);
#end

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

@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let block = group.x + group.y * groups.x;
  if (block >= #{B * H * TILES}u) { return; }
  let start = (block % TILES) * #{4 * R}u;
  let bh = block / TILES;
  let b = bh / H;
  let h = bh % H;
  let lane = local.x;
  let qBase = (b * T * H + h) * NV;
  let kBase = (b * T * #{KV}u + h / #{H / KV}u) * NV;
  var qRows: array<#{VEC}, #{R * NV}>;
  var oRows: array<#{VEC}, #{R * NV}>;
  var sums: array<#{VEC}, #{R * NV}>;
#if QUAD
  var kMine: array<#{VEC}, #{NV}>;
  var vMine: array<#{VEC}, #{NV}>;
#end
#for r in 0..R
  let i#{r} = start + #{4 * r}u + lane;
  let row#{r} = min(i#{r}, T - 1u);
  let at#{r} = qBase + row#{r} * Q_ROW;
  let lse#{r} = lse[bh * T + row#{r}];
  var delta#{r} = 0.0;
#end
  for (var c = 0u; c < NV; c++) {
#for r in 0..R
    let o#{r} = dOut[at#{r} + c];
    delta#{r} += dot(o#{r}, out[at#{r} + c]);
    oRows[#{r * NV}u + c] = o#{r};
    qRows[#{r * NV}u + c] = q[at#{r} + c] * SCALE;
#end
  }
#if WINDOW > 0
  let first = max(start, #{WINDOW}u) - #{WINDOW}u;
#else
  let first = 0u;
#end
  let last = min(start + #{4 * R}u, T);
  for (var j = first; j < last; j += #{N}u) {
#if QUAD
    let mine = kBase + min(j + lane, T - 1u) * K_ROW;
    for (var c = 0u; c < NV; c++) {
      kMine[c] = k[mine + c];
      vMine[c] = v[mine + c];
    }
#end
#for n in 0..N
    {
#if !QUAD
      let key = kBase + min(j + #{n}u, T - 1u) * K_ROW;
#end
#for r in 0..R
      var s#{r} = 0.0;
      var g#{r} = -delta#{r};
#end
#for c in 0..NV
#if QUAD
      let k#{c} = quadBroadcast(kMine[#{c}], #{n}u);
      let v#{c} = quadBroadcast(vMine[#{c}], #{n}u);
#else
      let k#{c} = k[key + #{c}u];
      let v#{c} = v[key + #{c}u];
#end
#for r in 0..R
      s#{r} += dot(qRows[#{r * NV + c}], k#{c});
      g#{r} += dot(oRows[#{r * NV + c}], v#{c});
#end
#end
#for r in 0..R
#if SOFTCAP
      let t#{r} = tanhOfCapped(s#{r});
      s#{r} = t#{r} * #{softcap};
      g#{r} *= 1.0 - t#{r} * t#{r};
#end
#if WINDOW > 0
      let seen#{r} = (j + #{n}u <= i#{r}) & (j + #{n + WINDOW}u >= i#{r});
#else
      let seen#{r} = j + #{n}u <= i#{r};
#end
      g#{r} = select(0.0, g#{r} * exp(min(s#{r} - lse#{r}, 0.0)), seen#{r});
#for c in 0..NV
      sums[#{r * NV + c}] += g#{r} * k#{c};
#end
#end
    }
#end
  }
#for r in 0..R
  if (i#{r} < T) {
    delta[bh * T + i#{r}] = delta#{r};
    for (var c = 0u; c < NV; c++) {
      dQ[at#{r} + c] = sums[#{r * NV}u + c] * SCALE;
    }
  }
#end
}
#if SOFTCAP

// tanh(x / cap); the built-in tanh promises only 1e-5
fn tanhOfCapped(x: f32) -> f32 {
  let e = exp(abs(x) * #{minusTwoOverCap});
  return sign(x) * (1.0 - e) / (1.0 + e);
}
#end
