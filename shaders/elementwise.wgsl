// elementwise: a fused chain of elementwise operations, one pass over memory.
// Math:     y[i] (+)= f(x0[i], x1[i], …), f put together from shaders/lib/elementwise.wgsl
// Shapes:   y has COUNT elements (vec4s where the last dim allows); broadcast inputs are indexed by their strides
// Dispatch: PER elements per thread, workgroup 64; grid folded over x and y
// Saves:    nothing
// Writes:   y overwrites; with ACC it accumulates.
// Limits:   any shape
// Check:    src/reference/elementwise.ts; atol 1e-6, rtol 2e-5 (f32 exp and tanh)
#{FUNCTIONS}
#{BINDINGS}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = (group.y * #{GRID_X}u + group.x) * #{PER * 64}u + thread;
  for (var p = 0u; p < #{PER}u; p++) {
    let i = first + p * 64u;
    if (i < #{COUNT}u) {
#{BODY}
    }
  }
}
