// copy_fill: set every element to one value.
// Math:     y[i] = value
// Shapes:   y [COUNT], in elements of #{VEC}
// Dispatch: one thread per element, lib/strided.wgsl
// Saves:    nothing
// Writes:   y overwritten. Accumulates: nothing.
// Limits:   fewer than 2^31 elements
// Check:    src/engine/kernels/layout.test.ts; exact
// Source:   none

@group(0) @binding(0) var<storage, read_write> y: array<#{VEC}>;

fn element(at: u32) {
  y[at] = #{VEC}(#{value});
}
