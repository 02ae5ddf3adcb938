import { expect, it } from 'vitest'
import type { Lowering } from '../kernel'
import { comparisonCount, describeGpu, expectClose, openDevice, runLowering } from './dawn'

function doubling(body: string): Lowering {
  const code = `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3u) {
  ${body}
}`
  const bindings = [{ name: 'x', access: 'read' as const }, { name: 'y', access: 'read_write' as const }] // prettier-ignore
  return { kernels: [{ name: 'double', code, bindings, workgroups: [3, 1, 1] }] }
}

describeGpu('test device', () => {
  it('runs a kernel and reads every tensor back', async () => {
    const { caps } = await openDevice()
    expect(caps.maxStorageBuffers).toBeGreaterThanOrEqual(8)
    const x = new Float32Array([1, -2, 3])
    const result = await runLowering(doubling('y[id.x] = 2.0 * x[id.x];'), { x, y: 12 })
    expectClose(new Float32Array(result.y), [2, -4, 6], { atol: 0, rtol: 0, seed: 0, name: 'y' })
    expect([...new Float32Array(result.x)]).toEqual([...x])
  })

  it('shows what accumulates when run twice', async () => {
    const result = await runLowering(doubling('y[id.x] += x[id.x];'), { x: new Float32Array([1, 2, 3]), y: 12 }, 2)
    expectClose(new Float32Array(result.y), [2, 4, 6], { atol: 0, rtol: 0, seed: 0, name: 'y' })
  })

  it('names the line of a shader that does not compile', async () => {
    const broken = runLowering(doubling('y[id.x] = wrong;'), { x: 12, y: 12 })
    await expect(broken).rejects.toMatchObject({ code: 'gpu.shader', message: expect.stringContaining('double:4') })
    await expect(broken).rejects.toThrow('y[id.x] = wrong;')
  })

  it('names a binding without a tensor', async () => {
    const missing = runLowering(doubling('y[id.x] = x[id.x];'), { x: 12 })
    await expect(missing).rejects.toThrow('no tensor for binding "y"')
  })

  it('fails on a difference, on NaN and on Inf, naming index, values and seed', () => {
    const options = { atol: 1e-3, rtol: 0, seed: 7, name: 'loss' }
    const before = comparisonCount()
    expect(() => expectClose(new Float32Array([1, 2, 3]), [1, 2.01, 3.5], options)).toThrow(
      /loss: worst at \[2\] of 3: got 3, expected 3.5.*seed 7/,
    )
    expect(() => expectClose(new Float32Array([NaN]), [1], options)).toThrow('[0]')
    expect(() => expectClose(new Float32Array([Infinity]), [Infinity], options)).toThrow('[0]')
    expect(() => expectClose(new Float32Array([1]), [NaN], options)).toThrow('[0]')
    expect(() => expectClose(new Float32Array(1), [1, 2], options)).toThrow('1 values, expected 2')
    expect(comparisonCount() - before).toBe(5)
  })
})
