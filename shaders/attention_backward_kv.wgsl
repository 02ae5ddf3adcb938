// attention_backward_kv: gradients of the keys and values; for software adapters.
// Math:     p_ij = exp(s_ij - lse_i);  dV_j = sum_i p_ij dOut_i
//           g_ij = p_ij (dOut_i.v_j - delta_i) ds_ij/d(q_i.k_j);  dK_j = sum_i g_ij q_i
//           the sums run over the queries that see j, of every head of j's group, in a fixed order
// Shapes:   q,dOut [B,T,H,D]  k,v,dK,dV [B,T,KV,D]  lse,delta [B,H,T]; rows are NV vectors of #{W}
// Dispatch: one quad of 4 threads per (b, kv head, 4R keys), R keys a thread; no workgroup memory, no barrier
// Saves:    nothing
// Writes:   dK, dV overwritten. Accumulates: nothing.
// Limits:   any T >= 1; D even, 2..256
// Check:    src/reference/attention.ts; atol 2e-5, rtol 1e-4 on unit inputs
// Source:   Dao et al. 2022, arXiv:2205.14135; grouped heads: Ainslie et al. 2023, arXiv:2305.13245
#if QUAD
enable subgroups;
// every bound below is the same for the four threads of a quad
diagnostic(off, subgroup_uniformity);
#end

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

@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let block = group.x + group.y * groups.x;
  if (block >= #{B * KV * TILES}u) { return; }
  let start = (block % TILES) * #{4 * R}u;
  let b = block / TILES / KV;
  let kvHead = block / TILES % KV;
  let lane = local.x;
  let kBase = (b * T * KV + kvHead) * NV;
  var kRows: array<#{VEC}, #{R * NV}>;
  var vRows: array<#{VEC}, #{R * NV}>;
  var kSums: array<#{VEC}, #{R * NV}>;
  var vSums: array<#{VEC}, #{R * NV}>;
#if QUAD
  var qMine: array<#{VEC}, #{NV}>;
  var oMine: array<#{VEC}, #{NV}>;
#end
#for r in 0..R
  let j#{r} = start + #{4 * r}u + lane;
  let at#{r} = kBase + min(j#{r}, T - 1u) * K_ROW;
#end
  for (var c = 0u; c < NV; c++) {
#for r in 0..R
    kRows[#{r * NV}u + c] = k[at#{r} + c];
    vRows[#{r * NV}u + c] = v[at#{r} + c];
#end
  }
#if WINDOW > 0
  let last = min(start + #{4 * R + WINDOW}u, T);
#else
  let last = T;
#end
  for (var h = kvHead * GROUP; h < (kvHead + 1u) * GROUP; h++) {
    let qBase = (b * T * H + h) * NV;
    let rowBase = (b * H + h) * T;
    for (var i = start; i < last; i += #{N}u) {
#if QUAD
      let row = min(i + lane, T - 1u);
      let mine = qBase + row * Q_ROW;
      let lseMine = lse[rowBase + row];
      let deltaMine = delta[rowBase + row];
      for (var c = 0u; c < NV; c++) {
        // scaled here, as the forward does, so that scores round alike and exp(s - lse) is its probability
        qMine[c] = q[mine + c] * SCALE;
        oMine[c] = dOut[mine + c];
      }
#end
#for n in 0..N
      {
#if QUAD
        let lseNow = quadBroadcast(lseMine, #{n}u);
        let deltaNow = quadBroadcast(deltaMine, #{n}u);
#else
        let row = min(i + #{n}u, T - 1u);
        let now = qBase + row * Q_ROW;
        let lseNow = lse[rowBase + row];
        let deltaNow = delta[rowBase + row];
#end
#for r in 0..R
        var s#{r} = 0.0;
        var g#{r} = -deltaNow;
#end
#for c in 0..NV
#if QUAD
        let q#{c} = quadBroadcast(qMine[#{c}], #{n}u);
        let o#{c} = quadBroadcast(oMine[#{c}], #{n}u);
#else
        let q#{c} = q[now + #{c}u] * SCALE;
        let o#{c} = dOut[now + #{c}u];
#end
#for r in 0..R
        s#{r} += dot(kRows[#{r * NV + c}], q#{c});
        g#{r} += dot(vRows[#{r * NV + c}], o#{c});
#end
#end
#for r in 0..R
#if SOFTCAP
        let t#{r} = tanhOfCapped(s#{r});
        s#{r} = t#{r} * #{softcap};
        g#{r} *= 1.0 - t#{r} * t#{r};
#end
#if WINDOW > 0
        let seen#{r} = (i + #{n}u < T) & (j#{r} <= i + #{n}u) & (j#{r} + #{WINDOW}u >= i + #{n}u);
#else
        let seen#{r} = (i + #{n}u < T) & (j#{r} <= i + #{n}u);
#end
        let p#{r} = select(0.0, exp(min(s#{r} - lseNow, 0.0)), seen#{r});
        g#{r} *= p#{r};
#for c in 0..NV
        kSums[#{r * NV + c}] += g#{r} * q#{c};
        vSums[#{r * NV + c}] += p#{r} * o#{c};
#end
#end
      }
#end
    }
  }
#for r in 0..R
  if (j#{r} < T) {
    for (var c = 0u; c < NV; c++) {
      dK[at#{r} + c] = kSums[#{r * NV}u + c];
      dV[at#{r} + c] = vSums[#{r * NV}u + c];
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
