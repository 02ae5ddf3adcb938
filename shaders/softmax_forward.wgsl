// softmax_forward: probabilities of each row.
// Math:     y = exp(x - max) / Σ exp(x - max), maximum and sum found in one pass
// Shapes:   x,y [ROWS,C] row-major f32
// Dispatch: LANES invocations per row, WG / LANES rows per workgroup; grid folded to GRID_X wide
// Saves:    y for softmax_backward
// Writes:   y overwrites. Accumulates: nothing.
// Limits:   any C >= 1 (vec4 when C % 4 = 0); finite x
// Check:    src/reference/softmax.ts; atol 1e-7, rtol 1e-4 (an f32 exponent d errs by d·2⁻²⁴)
// Source:   one-pass normaliser: Milakov & Gimelshein 2018, arXiv:1805.02867
@group(0) @binding(0) var<storage, read> x: array<#{V}>;
@group(0) @binding(1) var<storage, read_write> y: array<#{V}>;

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let own = share(group, local, #{ROWS}u, #{UNITS}u);

  // a lane without elements takes part with the row's first value and an empty sum
  var top = highest(x[min(own.row, #{ROWS - 1}u) * #{UNITS}u]);
  var sum = 0.0;
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    {
      let v = x[i + #{u * LANES}u];
      let higher = max(top, highest(v));
      sum = sum * exp(top - higher) + across(exp(v - higher));
      top = higher;
    }
#end
  }
  let rowTop = rowMax(top, local);
  let scale = 1.0 / rowSum(sum * exp(top - rowTop), local);
  for (var i = own.start; i < own.end; i += #{LANES * UNROLL}u) {
#for u in 0..UNROLL
    y[i + #{u * LANES}u] = exp(x[i + #{u * LANES}u] - rowTop) * scale;
#end
  }
}
