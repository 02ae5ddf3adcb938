// attention_tiled: causal attention and its gradients, tiles in workgroup memory; for GPUs.
// Math, Shapes, Saves, Writes, Check, Source: lib/attention.wgsl
// Dispatch: one workgroup of 64 per (b, head, tile of 32 owned rows); it walks the blocks of 32 rows that these meet
// Limits:   any T >= 1; D even, 2..256; 14 KiB of workgroup memory
// Why:      streamed rows are staged once for all owned rows, SPAN vectors of each row at a time (all of it up to
//           D 64), and used for everything they serve before the next are staged: few barriers. Owned rows are read
//           where they are: the eight threads that share them ask for the same address.

// 32 streamed rows, padded so that a column of rows falls into different banks
var<workgroup> staged: array<#{VEC}, #{32 * (SPAN + 1)}>;
// per streamed row and four owned rows: p or g; 32 × 8, padded
var<workgroup> weights: array<vec4f, 288>;
// per thread: something of its four owned rows, to be combined by the eight threads that share them
var<workgroup> shares: array<vec4f, 64>;

#for u in 0..2
// Stages SPAN vectors from c0 of the 32 rows at x of a streamed tensor. A barrier goes before, where somebody may read.
fn stage#{u}(p: Place, head: u32, x: u32, c0: u32, local: u32) {
  for (var e = local; e < #{32 * SPAN}u; e += 64u) {
    let c = e % #{SPAN}u;
    let row = e / #{SPAN}u;
    staged[row * #{SPAN + 1}u + c] = streamed#{u}(streamedAt(p, head, x + row) + min(c0 + c, NV - 1u));
  }
  workgroupBarrier();
}
#end

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let block = group.x + group.y * groups.x;
  if (block >= heads() * #{TILES}u) { return; }
  let p = place(block);
  // thread (ty, tx) has owned rows 4 ty + r, streamed rows tx + 8 n, and vectors tx + 8 c of its results
  let ty = local / 8u;
  let tx = local % 8u;
  let rows = p.start + ty * 4u + vec4u(0u, 1u, 2u, 3u);
#for r in 0..4
  let at#{r} = ownedAt(p, rows[#{r}]);
#for u in 0..RESULTS
#for c in 0..NC
  var sums#{u}_#{r}_#{c} = #{VEC}();
#end
#end
#end
#if FORWARD
  var top = vec4f(-1e30);
  var total = vec4f();
#end
#if QUERIES
  var lses = vec4f();
  var deltas = vec4f();
#for r in 0..4
  lses[#{r}] = lse[statAt(p, p.head, rows[#{r}])];
  for (var c = tx; c < NV; c += 8u) { deltas[#{r}] += dot(own1(at#{r} + c), out[at#{r} + c]); }
#end
  shares[local] = deltas;
  workgroupBarrier();
  deltas = vec4f();
  for (var t = 0u; t < 8u; t++) { deltas += shares[ty * 8u + t]; }
#end
  let span = range(p.start);
#if KEYS
  for (var head = p.head * GROUP; head < (p.head + 1u) * GROUP; head++) {
#else
  let head = p.head / GROUP;
  {
#end
    for (var x = span.x; x < span.y; x += 32u) {
#for n in 0..4
      var dots0_#{n} = vec4f();
#if !FORWARD
      var dots1_#{n} = vec4f();
#end
#end
      // what the first sum needs comes last, so that it is still staged
#for turn in 0..DOTS
#for u in turn+QUERIES*(1-2*turn)..turn+QUERIES*(1-2*turn)+1
      for (var c0 = 0u; c0 < NV; c0 += #{SPAN}u) {
        workgroupBarrier();
        stage#{u}(p, head, x, c0, local);
        for (var c = 0u; c < min(#{SPAN}u, NV - c0); c++) {
#for r in 0..4
          let o#{r} = own#{u}(at#{r} + c0 + c);
#end
#for n in 0..4
          let y#{n} = staged[(tx + #{8 * n}u) * #{SPAN + 1}u + c];
          dots#{u}_#{n} += vec4f(dot(o0, y#{n}), dot(o1, y#{n}), dot(o2, y#{n}), dot(o3, y#{n}));
#end
        }
      }
#end
#end
#for n in 0..4
      var s#{n} = scores(dots0_#{n});
#end
      if (edges(p.start, x) > 0u) {
#for n in 0..4
        s#{n} = masked(s#{n}, rows, vec4u(x + tx + #{8 * n}u));
#end
      }
#if FORWARD
      shares[local] = max(max(s0, s1), max(s2, s3));
      workgroupBarrier();
      var high = top;
      for (var t = 0u; t < 8u; t++) { high = max(high, shares[ty * 8u + t]); }
      let keep = exp(top - high);
      top = high;
      total *= keep;
#for r in 0..4
#for c in 0..NC
      sums0_#{r}_#{c} *= keep[#{r}];
#end
#end
#for n in 0..4
      let w0_#{n} = exp(s#{n} - top);
      total += w0_#{n};
#end
#else
#for n in 0..4
#if KEYS
      let stat#{n} = statAt(p, head, x + tx + #{8 * n}u);
      let w1_#{n} = probabilities(s#{n}, vec4f(lse[stat#{n}]));
      let w0_#{n} = w1_#{n} * (dots1_#{n} - delta[stat#{n}]) * slope(s#{n});
#else
      let w0_#{n} = probabilities(s#{n}, lses) * (dots1_#{n} - deltas) * slope(s#{n});
#end
#end
#end
#for turn in 0..RESULTS
#for u in turn+KEYS*(1-2*turn)..turn+KEYS*(1-2*turn)+1
#if turn > 0
      workgroupBarrier();
#end
#for n in 0..4
      weights[(tx + #{8 * n}u) * 9u + ty] = w#{u}_#{n};
#end
#for chunk in 0..CHUNKS
#if chunk > 0 || (turn == 0 && !FORWARD)
      workgroupBarrier();
#end
#if FORWARD || CHUNKS > 1 || turn > 0
      stage#{u + FORWARD}(p, head, x, #{chunk * SPAN}u, local);
#end
      for (var m = 0u; m < 32u; m++) {
        let w = weights[m * 9u + ty];
#for c in 0..SPAN/8
#if chunk * SPAN / 8 + c < NC
        let y#{c} = staged[m * #{SPAN + 1}u + tx + #{8 * c}u];
#for r in 0..4
        sums#{u}_#{r}_#{chunk * SPAN / 8 + c} += w[#{r}] * y#{c};
#end
#end
#end
      }
#end
#end
#end
    }
  }
#if FORWARD
  shares[local] = total;
  workgroupBarrier();
  total = vec4f();
  for (var t = 0u; t < 8u; t++) { total += shares[ty * 8u + t]; }
  let factors = 1.0 / total;
#else
  let factors = vec4f(#{scale});
#end
#for r in 0..4
  if (rows[#{r}] < T) {
    if (tx == 0u) {
#if FORWARD
      lse[statAt(p, p.head, rows[#{r}])] = top[#{r}] + log(total[#{r}]);
#end
#if QUERIES
      delta[statAt(p, p.head, rows[#{r}])] = deltas[#{r}];
#end
    }
#for c in 0..NC
    if (tx + #{8 * c}u < NV) {
      #{RESULT0}[at#{r} + tx + #{8 * c}u] = sums0_#{r}_#{c} * factors[#{r}];
#if KEYS
      #{RESULT1}[at#{r} + tx + #{8 * c}u] = sums1_#{r}_#{c};
#end
    }
#end
  }
#end
}
