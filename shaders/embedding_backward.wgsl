// embedding_backward: each table row collects the gradients of all its tokens, in the order of their positions.
// Math:     dTable[v] (+)= Σ_{starts[v] <= k < starts[v+1]} dOut[order[k]]
// Shapes:   dOut [N,C], dTable [V,C] row-major f32; order u32 [N] positions sorted by token; starts u32 [V+1]
// Dispatch: one invocation per unit (vec4 or f32) of dTable; grid folded to GRID_X wide
// Saves:    nothing
// Writes:   dTable overwrites (0 for absent tokens), or accumulates with ACCUMULATE.
// Limits:   any shape >= 1 (vec4 when C % 4 = 0); a token's positions are added one after another
// Check:    src/reference/embedding.ts; atol 1e-6 + 1e-7 × N, rtol 1e-5 (plain f32 sums)
// Source:   gather instead of scatter: no atomics, so the same input gives the same bits
@group(0) @binding(0) var<storage, read> dOut: array<#{V}>;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read> starts: array<u32>;
@group(0) @binding(3) var<storage, read_write> dTable: array<#{V}>;

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (group.y * #{GRID_X}u + group.x) * #{WG}u + local;
  if (index >= #{TABLE_ROWS * UNITS}u) {
    return;
  }
  let row = index / #{UNITS}u;
  let unit = index % #{UNITS}u;
  let end = starts[row + 1u];

  var total = #{V}();
  for (var head = starts[row]; head < end; head += 32u) {
    var run = #{V}();
    let to = min(head + 32u, end);
    for (var k = head; k < to; k++) {
      run += dOut[order[k] * #{UNITS}u + unit];
    }
    total += run;
  }
#if ACCUMULATE
  dTable[index] += total;
#else
  dTable[index] = total;
#end
}
