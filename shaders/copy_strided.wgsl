// copy_strided: element copy between two strided views of up to six dimensions.
// Math:     y[outOffset + sum_d i_d outStride_d] (+)= x[inOffset + sum_d i_d inStride_d], for every index i
// Shapes:   any; sizes and strides are counted in elements of #{VEC}, the innermost dimension last
// Dispatch: one thread per element, lib/strided.wgsl
// Saves:    nothing
// Writes:   y, added to when ACCUMULATE, else overwritten; elements outside the view are left alone
// Limits:   the out view must not overlap itself; fewer than 2^31 elements
// Check:    src/engine/kernels/layout.test.ts; exact, except that accumulating rounds once
// Source:   none

@group(0) @binding(0) var<storage, read> x: array<#{VEC}>;
@group(0) @binding(1) var<storage, read_write> y: array<#{VEC}>;

fn element(at: u32) {
  var rest = at;
  var source = #{inOffset}u;
  var destination = #{outOffset}u;
#{steps}
#if ACCUMULATE
  y[destination] += x[source];
#else
  y[destination] = x[source];
#end
}
