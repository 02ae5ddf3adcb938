// attention_software: causal attention and its gradients, for adapters that are really a CPU.
// Math, Shapes, Saves, Writes, Check, Source: lib/attention.wgsl
// Dispatch: one quad of 4 threads per (b, head, tile of 4R owned rows), R rows a thread; no workgroup memory, no barrier
// Limits:   any T >= 1; D even, 2..256
// Why:      such an adapter runs the quad as one SIMD register: each thread loads one of four streamed rows, and
//           swaps within the quad share it (one instruction each there, quadBroadcast eight), so lane l meets the four in
//           the order n ^ l; a vector of an owned row is fetched once for all four. Arrays of owned rows are
//           also indexed by variables, outside the inner loop: that keeps them in memory, or compiling takes seconds.

#if QUAD
// What the threads of a quad have, beginning with one's own: entry n is what thread lane ^ n has.
fn ofQuad(own: f32) -> vec4f {
  return vec4f(own, quadSwapX(own), quadSwapY(own), quadSwapDiagonal(own));
}
#end

@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let block = group.x + group.y * groups.x;
  if (block >= heads() * #{TILES}u) { return; }
  let p = place(block);
  let lane = local.x;
#for u in 0..DOTS
  var own#{u}s = array<#{VEC}, #{R * NV}>();
#end
#for u in 0..RESULTS
  var sums#{u} = array<#{VEC}, #{R * NV}>();
#end
#for r in 0..R
  let row#{r} = p.start + #{4 * r}u + lane;
  let at#{r} = ownedAt(p, row#{r});
#if FORWARD
  var top#{r} = -1e30;
  var total#{r} = 0.0;
#end
#if QUERIES
  let lses#{r} = lse[statAt(p, p.head, row#{r})];
  var deltas#{r} = 0.0;
#end
#end
  for (var c = 0u; c < NV; c++) {
#for r in 0..R
#for u in 0..DOTS
    own#{u}s[#{r * NV}u + c] = own#{u}(at#{r} + c);
#end
#if QUERIES
    deltas#{r} += dot(own1s[#{r * NV}u + c], out[at#{r} + c]);
#end
#end
  }
  let span = range(p.start);
#if KEYS
  for (var head = p.head * GROUP; head < (p.head + 1u) * GROUP; head++) {
#else
  let head = p.head / GROUP;
  {
#end
    for (var x = span.x; x < span.y; x += 4u) {
#if QUAD
      let xs = x + (vec4u(0u, 1u, 2u, 3u) ^ vec4u(lane));
      let mine = streamedAt(p, head, xs.x);
#else
      let xs = x + vec4u(0u, 1u, 2u, 3u);
#for n in 0..4
      let at_#{n} = streamedAt(p, head, x + #{n}u);
#end
#end
#for u in 0..DOTS
#for r in 0..R
#for n in 0..4
      var dots#{u}_#{r}_#{n} = 0.0;
#end
#end
#end
#if LOOPED
      for (var c0 = 0u; c0 < NV; c0 += #{SPAN}u) {
#end
#if QUAD
#for u in 0..2
#for c in 0..SPAN
      let mine#{u}_#{c} = streamed#{u}(mine + #{c}u#{C0});
#end
#end
#end
      // <u>_<r>_<n>_<c>: owned row r by streamed row n, over the vectors before c
#for u in 0..DOTS
#for c in 0..SPAN
#for r in 0..R
      let own#{u}_#{r}_#{c} = own#{u}s[#{r * NV + c}u#{C0}];
#end
#if QUAD
      let row#{u}_0_#{c} = mine#{u}_#{c};
      let row#{u}_1_#{c} = quadSwapX(mine#{u}_#{c});
      let row#{u}_2_#{c} = quadSwapY(mine#{u}_#{c});
      let row#{u}_3_#{c} = quadSwapDiagonal(mine#{u}_#{c});
#end
#for n in 0..4
#if !QUAD
      let row#{u}_#{n}_#{c} = streamed#{u}(at_#{n} + #{c}u#{C0});
#end
#for r in 0..R
#if c == 0
      let sum#{u}_#{r}_#{n}_1 = dot(own#{u}_#{r}_0, row#{u}_#{n}_0);
#else
      let sum#{u}_#{r}_#{n}_#{c + 1} = sum#{u}_#{r}_#{n}_#{c} + dot(own#{u}_#{r}_#{c}, row#{u}_#{n}_#{c});
#end
#end
#end
#end
#for r in 0..R
#for n in 0..4
      dots#{u}_#{r}_#{n} += sum#{u}_#{r}_#{n}_#{SPAN};
#end
#end
#end
#if LOOPED
      }
#end
#for r in 0..R
      var s#{r} = scores(vec4f(dots0_#{r}_0, dots0_#{r}_1, dots0_#{r}_2, dots0_#{r}_3));
#end
      for (var edge = edges(p.start, x); edge > 0u; edge--) {
#for r in 0..R
        s#{r} = masked(s#{r}, vec4u(row#{r}), xs);
#end
      }
#if FORWARD
      // top is the largest score within 8: what was summed is scaled anew only when that is passed, which is rare
      var rises = 0u;
#for r in 0..R
      let high#{r} = max(max(s#{r}.x, s#{r}.y), max(s#{r}.z, s#{r}.w));
      rises |= u32(high#{r} > top#{r} + 8.0);
#end
      for (; rises > 0u; rises--) {
#for r in 0..R
        let next#{r} = select(top#{r}, high#{r}, high#{r} > top#{r} + 8.0);
        let keep#{r} = exp(top#{r} - next#{r});
        top#{r} = next#{r};
        total#{r} *= keep#{r};
#end
        for (var c = 0u; c < NV; c++) {
#for r in 0..R
          sums0[#{r * NV}u + c] *= keep#{r};
#end
        }
      }
#for r in 0..R
      let w0_#{r} = exp(s#{r} - top#{r});
      total#{r} += dot(w0_#{r}, vec4f(1.0));
#end
#else
#if KEYS
#if QUAD
      let stat = statAt(p, head, xs.x);
      let lses = ofQuad(lse[stat]);
      let deltas = ofQuad(delta[stat]);
#else
#for n in 0..4
      let stat#{n} = statAt(p, head, x + #{n}u);
#end
      let lses = vec4f(lse[stat0], lse[stat1], lse[stat2], lse[stat3]);
      let deltas = vec4f(delta[stat0], delta[stat1], delta[stat2], delta[stat3]);
#end
#end
#for r in 0..R
#if QUERIES
      let w1_#{r} = probabilities(s#{r}, vec4f(lses#{r}));
      let delta_#{r} = vec4f(deltas#{r});
#else
      let w1_#{r} = probabilities(s#{r}, lses);
      let delta_#{r} = deltas;
#end
      let w0_#{r} = w1_#{r} * slope(s#{r})
        * (vec4f(dots1_#{r}_0, dots1_#{r}_1, dots1_#{r}_2, dots1_#{r}_3) - delta_#{r});
#end
#end
#if LOOPED
      for (var c0 = 0u; c0 < NV; c0 += #{SPAN}u) {
#end
#for u in 0..RESULTS
#for c in 0..SPAN
      {
#if QUAD
#if LOOPED
        let y0 = streamed#{u + FORWARD}(mine + #{c}u + c0);
#else
        let y0 = mine#{u + FORWARD}_#{c};
#end
        let y1 = quadSwapX(y0);
        let y2 = quadSwapY(y0);
        let y3 = quadSwapDiagonal(y0);
#else
#for n in 0..4
        let y#{n} = streamed#{u + FORWARD}(at_#{n} + #{c}u#{C0});
#end
#end
#for r in 0..R
        sums#{u}[#{r * NV + c}u#{C0}] += w#{u}_#{r}.x * y0 + w#{u}_#{r}.y * y1 + w#{u}_#{r}.z * y2 + w#{u}_#{r}.w * y3;
#end
      }
#end
#end
#if LOOPED
      }
#end
    }
  }
#for r in 0..R
  if (row#{r} < T) {
#if FORWARD
    let factor = 1.0 / total#{r};
    lse[statAt(p, p.head, row#{r})] = top#{r} + log(total#{r});
#else
    let factor = #{scale};
#end
#if QUERIES
    delta[statAt(p, p.head, row#{r})] = deltas#{r};
#end
    for (var c = 0u; c < NV; c++) {
      #{RESULT0}[at#{r} + c] = sums0[#{r * NV}u + c] * factor;
#if KEYS
      #{RESULT1}[at#{r} + c] = sums1[#{r * NV}u + c];
#end
    }
  }
#end
}
