// shift_apply: move every sequence along T, forwards or backwards.
// Math:     y[b,t] = x[b,t-by], zero where t-by is outside 0..T-1; by < 0 is the backward of by > 0
// Shapes:   x,y [B,T,C] row-major, rows of NV #{VEC}
// Dispatch: one thread per vector, lib/strided.wgsl
// Saves:    nothing
// Writes:   y overwritten. Accumulates: nothing.
// Limits:   B*T*C < 2^31
// Check:    src/reference/sequence.ts; exact
// Source:   none

@group(0) @binding(0) var<storage, read> x: array<#{VEC}>;
@group(0) @binding(1) var<storage, read_write> y: array<#{VEC}>;

const NV = #{NV}u;

fn element(at: u32) {
  let source = i32(at / NV % #{T}u) - #{by};
  if (source >= 0 && source < #{T}) {
    y[at] = x[u32(i32(at) - #{by * NV})];
  } else {
    y[at] = #{VEC}();
  }
}
