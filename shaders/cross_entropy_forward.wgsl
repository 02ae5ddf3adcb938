// cross_entropy_forward: nats of each row's target, and on request the gradient in place of the logits.
// Math:     nats = log Σ exp(l) - l[target],  l = cap · tanh(z / cap) with CAPPED, else l = z
//           dZ = SCALE · (softmax(l) - onehot(target)) · (1 - (l / cap)²)   with GRADIENT
// Shapes:   logits [ROWS,C] row-major f32; targets i32 [ROWS]; nats f32 [ROWS]
// Dispatch: LANES invocations per row, WG / LANES rows per workgroup; grid folded to GRID_X wide
// Saves:    nothing
// Writes:   nats overwrites (0 where ignored); with GRADIENT logits become dZ (0 where ignored).
//           Accumulates: nothing.
// Limits:   any C >= 1 (vec4 when C % 4 = 0); a target outside [0,C) is ignored
// Check:    src/reference/crossEntropy.ts; nats atol 3e-6, rtol 1e-5; gradient atol 2e-6 × SCALE, rtol 1e-4
// Source:   one-pass normaliser: Milakov & Gimelshein 2018, arXiv:1805.02867; soft cap: Gemma 2, arXiv:2408.00118
#if GRADIENT
@group(0) @binding(0) var<storage, read_write> logits: array<#{V}>;
#else
@group(0) @binding(0) var<storage, read> logits: array<#{V}>;
#end
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read_write> nats: array<f32>;

fn cap(z: #{V}) -> #{V} {
#if CAPPED && VEC == 4
  return f32(#{CAP}) * safeTanh4(z / f32(#{CAP}));
#else
#if CAPPED
  return f32(#{CAP}) * safeTanh(z / f32(#{CAP}));
#else
  return z;
#end
#end
}

fn pick(value: #{V}, component: u32) -> f32 {
#if VEC == 4
  return value[component];
#else
  return value;
#end
}

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let own = share(group, local, #{ROWS}u, #{UNITS}u);
  let row = own.row;
  let live = row < #{ROWS}u;
  let lane = local % #{LANES}u;

  // the first own value opens the running maximum; a lane without elements gets an empty sum below any other
  var top = f32(-3e38);
  var sum = 0.0;
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    {
      let v = cap(logits[i + #{u * LANES}u]);
#if GRADIENT && CAPPED
      logits[i + #{u * LANES}u] = v;
#end
      let higher = max(top, highest(v));
      sum = sum * exp(max(top - higher, -100.0)) + across(exp(v - higher));
      top = higher;
    }
#end
  }
  let rowTop = rowMax(top, local);
  let total = rowSum(sum * exp(max(top - rowTop, -100.0)), local);

  let wanted = select(-1, targets[min(row, #{ROWS - 1}u)], live);
  let counted = wanted >= 0 && wanted < #{C};
#if GRADIENT
  let factor = select(0.0, f32(#{SCALE}), counted);
  let probability = factor / total;
#end
  // the lane that owns the target reads it before anything else overwrites it: no race between lanes
  let unit = u32(max(wanted, 0)) / #{VEC}u;
  let component = u32(max(wanted, 0)) % #{VEC}u;
  let at = row * #{UNITS}u + unit;
  let owner = counted && unit % #{LANES}u == lane;
  var slope = 1.0;
  if (owner) {
#if GRADIENT
    let value = pick(logits[at], component);
#else
    let value = pick(cap(logits[at]), component);
#end
    nats[row] = log(total) + (rowTop - value);
#if CAPPED
    slope = 1.0 - value / f32(#{CAP}) * (value / f32(#{CAP}));
#end
  }
  if (live && !counted && lane == 0u) {
    nats[row] = 0.0;
  }
#if GRADIENT
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    {
      let v = logits[i + #{u * LANES}u];
      var d = exp(v - rowTop) * probability;
#if CAPPED
      let t = v / f32(#{CAP});
      d *= 1.0 - t * t;
#end
      logits[i + #{u * LANES}u] = d;
    }
#end
  }
  if (owner) {
#if VEC == 4
    logits[at][component] -= factor * slope;
#else
    logits[at] -= factor * slope;
#end
  }
#end
}
