// The elementwise primitives and their slopes (first derivatives), over V = f32 or vec4f; TANH is safeTanh or safeTanh4
// of math.wgsl.
// Saturating ones clamp first: exp of a large number is infinite, and WGSL promises nothing about infinities.
fn f_identity(x: V) -> V { return x; }
fn f_neg(x: V) -> V { return -x; }
fn f_abs(x: V) -> V { return abs(x); }
fn f_square(x: V) -> V { return x * x; }
fn f_sqrt(x: V) -> V { return sqrt(x); }
fn f_rsqrt(x: V) -> V { return inverseSqrt(x); }
fn f_reciprocal(x: V) -> V { return V(1.0) / x; }
fn f_exp(x: V) -> V { return exp(x); }
fn f_log(x: V) -> V { return log(x); }
fn f_sin(x: V) -> V { return sin(x); }
fn f_cos(x: V) -> V { return cos(x); }
fn f_sigmoid(x: V) -> V { return V(1.0) / (V(1.0) + exp(-clamp(x, V(-80.0), V(80.0)))); }
fn f_tanh(x: V) -> V { return #{TANH}(x); }
fn f_relu(x: V) -> V { return max(x, V(0.0)); }
fn f_reluSquared(x: V) -> V { let r = max(x, V(0.0)); return r * r; }
fn f_gelu(x: V) -> V { return 0.5 * x * (V(1.0) + f_tanh(0.7978845608 * (x + 0.044715 * x * x * x))); }
fn f_silu(x: V) -> V { return x * f_sigmoid(x); }
fn f_softcap(x: V, cap: V) -> V { return cap * f_tanh(x / cap); }
fn f_affine(x: V, scale: V, offset: V) -> V { return scale * x + offset; }

fn f_negSlope(x: V) -> V { return V(-1.0); }
fn f_absSlope(x: V) -> V { return sign(x); }
fn f_squareSlope(x: V) -> V { return 2.0 * x; }
fn f_sqrtSlope(x: V) -> V { return 0.5 * inverseSqrt(x); }
fn f_rsqrtSlope(x: V) -> V { let r = inverseSqrt(x); return -0.5 * r * r * r; }
fn f_reciprocalSlope(x: V) -> V { return V(-1.0) / (x * x); }
fn f_expSlope(x: V) -> V { return exp(x); }
fn f_logSlope(x: V) -> V { return V(1.0) / x; }
fn f_sinSlope(x: V) -> V { return cos(x); }
fn f_cosSlope(x: V) -> V { return -sin(x); }
fn f_sigmoidSlope(x: V) -> V { let s = f_sigmoid(x); return s * (V(1.0) - s); }
fn f_tanhSlope(x: V) -> V { let t = f_tanh(x); return V(1.0) - t * t; }
fn f_reluSlope(x: V) -> V { return select(V(0.0), V(1.0), x > V(0.0)); }
fn f_reluSquaredSlope(x: V) -> V { return 2.0 * max(x, V(0.0)); }
fn f_geluSlope(x: V) -> V {
  let t = f_tanh(0.7978845608 * (x + 0.044715 * x * x * x));
  return 0.5 * (V(1.0) + t) + 0.5 * x * (V(1.0) - t * t) * 0.7978845608 * (V(1.0) + 0.134145 * x * x);
}
fn f_siluSlope(x: V) -> V { let s = f_sigmoid(x); return s * (V(1.0) + x * (V(1.0) - s)); }
fn f_softcapSlope(x: V, cap: V) -> V { let t = f_tanh(x / cap); return V(1.0) - t * t; }

fn f_add(a: V, b: V) -> V { return a + b; }
fn f_sub(a: V, b: V) -> V { return a - b; }
fn f_mul(a: V, b: V) -> V { return a * b; }
fn f_div(a: V, b: V) -> V { return a / b; }
fn f_maximum(a: V, b: V) -> V { return max(a, b); }
fn f_minimum(a: V, b: V) -> V { return min(a, b); }
fn f_atLeast(a: V, b: V) -> V { return select(V(0.0), V(1.0), a >= b); }
fn f_above(a: V, b: V) -> V { return select(V(0.0), V(1.0), a > b); }
