import { it } from 'vitest'
import math from '../../../shaders/lib/math.wgsl?raw'
import type { Lowering } from '../kernel'
import { describeGpu, expectClose, runLowering } from '../testing/dawn'

const VALUES = [0, 1e-30, 1e-8, 1e-3, 0.1, 0.2499, 0.25, 0.2501, 0.5, 1, 3, 8.9, 9.1, 10.5, 88, 100, 1e4, 3e38]

function tanhOf(count: number): Lowering {
  const code = `${math}
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> one: array<f32>;
@group(0) @binding(2) var<storage, read_write> four: array<f32>;
@compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3u) {
  one[id.x] = safeTanh(x[id.x]);
  four[id.x] = safeTanh4(vec4f(0.0, x[id.x], 0.0, 0.0)).y;
}`
  const bindings = [
    { name: 'x', access: 'read' as const },
    { name: 'one', access: 'read_write' as const },
    { name: 'four', access: 'read_write' as const },
  ]
  return { kernels: [{ name: 'safe_tanh', code, bindings, workgroups: [count, 1, 1] }] }
}

describeGpu('safeTanh', () => {
  it('keeps its digits near 0, where its two forms meet, and where exp overflows', async () => {
    const x = Float32Array.from([...VALUES, ...VALUES.map((value) => -value)])
    const result = await runLowering(tanhOf(x.length), { x, one: x.byteLength, four: x.byteLength })
    const expected = Float64Array.from(x, Math.tanh)
    for (const name of ['one', 'four']) {
      // exp to a few ulp; 1e-6 of the value everywhere, tiny values included
      expectClose(new Float32Array(result[name]), expected, { atol: 0, rtol: 1e-6, seed: 0, name })
    }
  })
})
