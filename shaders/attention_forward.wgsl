// attention_forward: causal attention with a window, online softmax; for software adapters.
// Math:     s_ij = scale q_i.k_j (or cap tanh(scale q_i.k_j / cap)), i-window <= j <= i;  out_i = softmax_j(s_ij) v_j
// Shapes:   q,out [B,T,H,D]  k,v [B,T,KV,D]  lse [B,H,T]; rows are NV vectors of #{W}
// Dispatch: one quad of 4 threads per (b, h, 4R queries), R queries a thread; no workgroup memory, no barrier.
//           The quad streams the keys of its window four at a time: each thread loads one, quadBroadcast shares it
// Saves:    lse = ln sum_j exp(s_ij) for attention_backward_*
// Writes:   out, lse overwritten. Accumulates: nothing.
// Limits:   any T >= 1; D even, 2..256
// Check:    src/reference/attention.ts; atol 1e-5, rtol 1e-4 on unit inputs
// Source:   Milakov & Gimelshein 2018, arXiv:1805.02867; Dao et al. 2022, arXiv:2205.14135
#if QUAD
enable subgroups;
// every bound below is the same for the four threads of a quad
diagnostic(off, subgroup_uniformity);
#end

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

@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let block = group.x + group.y * groups.x;
  // the batch is read from the binding, so that training, evaluation and sampling share one compiled kernel
  if (block >= arrayLength(&lse) / T * TILES) { return; }
  let start = (block % TILES) * #{4 * R}u;
  let bh = block / TILES;
  let b = bh / H;
  let h = bh % H;
  let lane = local.x;
  let qBase = (b * T * H + h) * NV;
  let kBase = (b * T * #{KV}u + h / #{H / KV}u) * NV;
  var rows: array<#{VEC}, #{R * NV}>;
  var sums: array<#{VEC}, #{R * NV}>;
#if QUAD
  var kMine: array<#{VEC}, #{NV}>;
  var vMine: array<#{VEC}, #{NV}>;
#end
#for r in 0..R
  let i#{r} = start + #{4 * r}u + lane;
  let at#{r} = qBase + min(i#{r}, T - 1u) * Q_ROW;
  var max#{r} = -3e38;
  var sum#{r} = 0.0;
#end
  for (var c = 0u; c < NV; c++) {
#for r in 0..R
    rows[#{r * NV}u + c] = q[at#{r} + c] * SCALE;
#end
  }
#if WINDOW > 0
  let first = max(start, #{WINDOW}u) - #{WINDOW}u;
#else
  let first = 0u;
#end
  let last = min(start + #{4 * R}u, T);
  for (var j = first; j < last; j += 4u) {
#if QUAD
    let mine = kBase + min(j + lane, T - 1u) * K_ROW;
    for (var c = 0u; c < NV; c++) {
      kMine[c] = k[mine + c];
      vMine[c] = v[mine + c];
    }
#end
#for n in 0..4
#if !QUAD
    let row#{n} = kBase + min(j + #{n}u, T - 1u) * K_ROW;
#end
#for r in 0..R
    var s#{r}_#{n} = 0.0;
#end
#for c in 0..NV
    {
#if QUAD
      let key = quadBroadcast(kMine[#{c}], #{n}u);
#else
      let key = k[row#{n} + #{c}u];
#end
#for r in 0..R
      s#{r}_#{n} += dot(rows[#{r * NV + c}], key);
#end
    }
#end
#end
#for r in 0..R
    var s#{r} = vec4f(s#{r}_0, s#{r}_1, s#{r}_2, s#{r}_3);
#if SOFTCAP
    s#{r} = capped(s#{r});
#end
#if WINDOW > 0
    let seen#{r} = (vec4u(j, j + 1u, j + 2u, j + 3u) <= vec4u(i#{r}))
      & (vec4u(j, j + 1u, j + 2u, j + 3u) + #{WINDOW}u >= vec4u(i#{r}));
#else
    let seen#{r} = vec4u(j, j + 1u, j + 2u, j + 3u) <= vec4u(i#{r});
#end
    s#{r} = select(vec4f(-3e38), s#{r}, seen#{r});
    let top#{r} = max(max#{r}, max(max(s#{r}.x, s#{r}.y), max(s#{r}.z, s#{r}.w)));
    let keep#{r} = exp(max#{r} - top#{r});
    // a row that has seen no key yet has top = -3e38, where exp(s - top) would be 1
    let p#{r} = select(vec4f(), exp(s#{r} - top#{r}), seen#{r});
    sum#{r} = sum#{r} * keep#{r} + dot(p#{r}, vec4f(1.0));
    max#{r} = top#{r};
#end
#if QUAD
#for c in 0..NV
    {
      let v0 = quadBroadcast(vMine[#{c}], 0u);
      let v1 = quadBroadcast(vMine[#{c}], 1u);
      let v2 = quadBroadcast(vMine[#{c}], 2u);
      let v3 = quadBroadcast(vMine[#{c}], 3u);
#for r in 0..R
      sums[#{r * NV + c}] = sums[#{r * NV + c}] * keep#{r}
        + p#{r}.x * v0 + p#{r}.y * v1 + p#{r}.z * v2 + p#{r}.w * v3;
#end
    }
#end
#else
#for c in 0..NV
    {
      let v0 = v[row0 + #{c}u];
      let v1 = v[row1 + #{c}u];
      let v2 = v[row2 + #{c}u];
      let v3 = v[row3 + #{c}u];
#for r in 0..R
      sums[#{r * NV + c}] = sums[#{r * NV + c}] * keep#{r}
        + p#{r}.x * v0 + p#{r}.y * v1 + p#{r}.z * v2 + p#{r}.w * v3;
#end
    }
#end
#end
  }
#for r in 0..R
  if (i#{r} < T) {
    let inverse = 1.0 / sum#{r};
    for (var c = 0u; c < NV; c++) {
      out[at#{r} + c] = sums[#{r * NV}u + c] * inverse;
    }
    lse[bh * T + i#{r}] = max#{r} + log(sum#{r});
  }
#end
}
#if SOFTCAP

// cap tanh(x / cap); the built-in tanh promises only 1e-5
fn capped(x: vec4f) -> vec4f {
  let e = exp(abs(x) * #{minusTwoOverCap});
  return sign(x) * #{softcap} * (1.0 - e) / (1.0 + e);
}
#end
