// peak_arithmetic: nothing but multiply-adds in registers, to learn how many an adapter can do.
// Math:     t_j <- t_j·x + y, ROUNDS times for each of CHAINS independent vec4s
// Shapes:   y [threads] vec4f
// Dispatch: one chain set per thread; workgroup WG; grid (groups, 1, 1)
// Saves:    nothing
// Writes:   y overwrites, so that the loop is not optimised away
// Limits:   y as long as the grid has threads
// Check:    src/engine/tune/tune.test.ts (finite)
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(#{WG})
fn main(@builtin(global_invocation_id) id: vec3u) {
  // read, so that the compiler does not know them
  let p = x[0];
  let q = x[1];
  #for j in 0..CHAINS
  var t#{j} = p + #{j}.0;
  #end
  for (var i = 0u; i < #{ROUNDS}u; i++) {
    #for r in 0..4
    #for j in 0..CHAINS
    t#{j} = t#{j} * p + q;
    #end
    #end
  }
  y[id.x] = #{SUM};
}
