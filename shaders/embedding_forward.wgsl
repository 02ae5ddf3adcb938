// embedding_forward: one table row per token.
// Math:     y[n] = table[tokens[n]]
// Shapes:   table [V,C], y [N,C] row-major f32, in units of V; tokens i32 [N]
// Dispatch: LANES invocations per token, WG / LANES tokens per workgroup; grid folded to GRID_X wide
// Saves:    nothing
// Writes:   y overwrites. Accumulates: nothing.
// Limits:   any shape >= 1 (vec4 when C % 4 = 0); a token outside [0,V) takes the nearest row
// Check:    src/reference/embedding.ts; exact
// Source:   definition
@group(0) @binding(0) var<storage, read> table: array<#{V}>;
@group(0) @binding(1) var<storage, read> tokens: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<#{V}>;

@compute @workgroup_size(#{WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (group.y * #{GRID_X}u + group.x) * #{WG}u + local;
  let row = index / #{LANES}u;
  if (row >= #{ROWS}u) {
    return;
  }
  let source = u32(clamp(tokens[row], 0, #{TABLE_ROWS - 1})) * #{UNITS}u;
  for (var i = index % #{LANES}u; i < #{UNITS}u; i += #{LANES}u) {
    y[row * #{UNITS}u + i] = table[source + i];
  }
}
