// update_elementwise: one optimiser step of every parameter whose rule looks at one element at a time.
// Math:     g is first scaled by min(1, clip / gradNorm) with CLIP
//           adamw: m = β1·m + (1-β1)·g; v = β2·v + (1-β2)·g²; w -= lr·((m/bias1)/(√(v/bias2) + eps) + decay·w)
//           lion:  w -= lr·(sign(β1·m + (1-β1)·g) + decay·w); then m = β2·m + (1-β2)·g
//           sgd:   m = momentum·m + g; w -= lr·(m + decay·w)
//           muon:  w is left to muon_apply
//           then, with EMA, ema = d·ema + (1-d)·w for every rule
// Shapes:   params,grads,m,v,ema [COUNT] f32; groupOf u32 [COUNT/64], 0xffffffff = leave the block alone;
//           hyper f32 [groups,16], see HYPER in update.ts; gradNorm f32 [1]
// Dispatch: one invocation per PER vec4 of one block of 64; grid folded to GRID_X wide
// Saves:    nothing
// Writes:   params, m, v, ema in place.
// Limits:   COUNT % 64 = 0
// Check:    src/reference/optimizers.ts; atol 2e-6 × the largest value, rtol 1e-5 (a dozen f32 roundings a step)
// Source:   AdamW arXiv:1711.05101; Lion arXiv:2302.06675
@group(0) @binding(0) var<storage, read_write> params: array<vec4f>;
@group(0) @binding(1) var<storage, read> grads: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> groupOf: array<u32>;
@group(0) @binding(5) var<storage, read> hyper: array<vec4f>;
#if CLIP
@group(0) @binding(#{CLIP_AT}) var<storage, read> gradNorm: array<f32>;
#end
#if EMA
@group(0) @binding(#{EMA_AT}) var<storage, read_write> ema: array<vec4f>;
#end

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (group.y * #{GRID_X}u + group.x) * #{WG}u + local;
  let first = index * #{PER}u;
  if (first >= #{COUNT / 4}u) {
    return;
  }
  let row = groupOf[first / 16u];
  if (row == 0xffffffffu) {
    return;
  }
  let h0 = hyper[row * 4u];
  let h1 = hyper[row * 4u + 1u];
  let h2 = hyper[row * 4u + 2u];
  let lr = h0.y;
  let beta1 = h0.z;
  let beta2 = h0.w;
  let eps = h1.x;
  let decay = h1.y;
  let momentum = h1.z;
  let unbias1 = 1.0 / h1.w;
  let unbias2 = 1.0 / h2.x;
#if CLIP
  let norm = gradNorm[0];
  let shrink = select(1.0, h2.y / norm, norm > h2.y);
#else
  let shrink = 1.0;
#end
  let end = first + #{PER}u;

  // the rule is the same for the whole block: asked once, not per element
  switch u32(h0.x) {
    case 0u: {
      for (var i = first; i < end; i++) {
        let g = grads[i] * shrink;
        let w = params[i];
        let m1 = beta1 * m[i] + (1.0 - beta1) * g;
        let v1 = beta2 * v[i] + (1.0 - beta2) * g * g;
        params[i] = w - lr * ((m1 * unbias1) / (sqrt(v1 * unbias2) + eps) + decay * w);
        m[i] = m1;
        v[i] = v1;
      }
    }
    case 1u: {
      for (var i = first; i < end; i++) {
        let g = grads[i] * shrink;
        let w = params[i];
        let m0 = m[i];
        params[i] = w - lr * (sign(beta1 * m0 + (1.0 - beta1) * g) + decay * w);
        m[i] = beta2 * m0 + (1.0 - beta2) * g;
      }
    }
    case 2u: {
      for (var i = first; i < end; i++) {
        let w = params[i];
        let m1 = momentum * m[i] + grads[i] * shrink;
        params[i] = w - lr * (m1 + decay * w);
        m[i] = m1;
      }
    }
    default: {
    }
  }
#if EMA
  for (var i = first; i < end; i++) {
    ema[i] = h2.z * ema[i] + (1.0 - h2.z) * params[i];
  }
#end
}
