import { expect, it } from 'vitest'
import { buildTape } from '../../graph/autodiff'
import { GraphWriter } from '../../graph/sampleGraphs'
import { attrsOf, cumulativeMean, recurrence, scaledNorm, squaredRelu, type SampleKernel } from '../../graph/sampleKernels'
import { inferShapes } from '../../graph/shapes'
import type { CustomKernel } from '../../graph/wgsl/kernel'
import { prepareKernels } from '../../graph/wgsl/prepare'
import { describeGpu, expectClose, openDevice, runLowering } from '../testing/dawn'
import { bothStyles, drawTensor, narrowGpu } from '../testing/tensors'
import { authorLine, customBackward, customForward } from './custom'

const SEED = 31
const SIZES = [{ B: 1, T: 1 }, { B: 3, T: 7 }, { B: 2, T: 40 }] // prettier-ignore

/** The kernel as the planner hands it over; inputs after the first are parameters [C]. */
async function prepared(sample: SampleKernel): Promise<CustomKernel> {
  const g = new GraphWriter()
  const [C] = sample.dims
  const x = g.op('embedding', [g.param('table', 5, C), g.op('tokens', [])])
  const inputs = sample.names.split(' ').map((name, i) => (i === 0 ? x : g.param(name, C)))
  const graph = g.finish(g.linear(g.op('wgsl', inputs, attrsOf(sample)), 'head', 5, C))
  const shapes = inferShapes(graph, 5)
  const op = buildTape(await prepareKernels(graph, shapes), shapes, 1, 2, { kind: 'score' }).ops.find(({ kind }) => kind === 'custom')
  if (op?.kind !== 'custom') throw new Error('there is no custom op')
  return op.kernel
}

interface Reference {
  y: Float64Array
  dx: Float64Array
  /** gradient of the parameter, summed */
  dp?: Float64Array
}

/** What each sample computes, in float64: x, dy [B·T, C], p [C]. */
const REFERENCES: [SampleKernel, (x: Float64Array, p: Float64Array, dy: Float64Array, B: number, T: number, C: number) => Reference][] = [
  [squaredRelu(10), (x, _, dy) => ({ y: x.map((v) => Math.max(v, 0) ** 2), dx: x.map((v, i) => 2 * Math.max(v, 0) * dy[i]) })],
  [cumulativeMean(7), (x, _, dy, B, T, C) => {
    const [y, dx] = [new Float64Array(x.length), new Float64Array(x.length)]
    for (let b = 0; b < B; b++)
      for (let c = 0; c < C; c++) {
        const at = (t: number) => (b * T + t) * C + c
        for (let t = 0, sum = 0; t < T; t++) y[at(t)] = (sum += x[at(t)]) / (t + 1)
        for (let t = T - 1, sum = 0; t >= 0; t--) dx[at(t)] = sum += dy[at(t)] / (t + 1)
      }
    return { y, dx }
  }],
  [scaledNorm(9), (x, w, dy, B, T, C) => {
    const [y, dx, dp] = [new Float64Array(x.length), new Float64Array(x.length), new Float64Array(C)]
    for (let n = 0; n < B * T; n++) {
      const row = x.subarray(n * C, (n + 1) * C)
      const r = 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / C + 1e-6)
      const along = row.reduce((sum, v, i) => sum + dy[n * C + i] * w[i] * v, 0)
      for (let i = 0; i < C; i++) {
        y[n * C + i] = row[i] * r * w[i]
        dx[n * C + i] = r * (dy[n * C + i] * w[i] - (row[i] * along * r * r) / C)
        dp[i] += dy[n * C + i] * row[i] * r
      }
    }
    return { y, dx, dp }
  }],
  [recurrence(5), (x, a, dy, B, T, C) => {
    const [y, dx, dp] = [new Float64Array(x.length), new Float64Array(x.length), new Float64Array(C)]
    for (let b = 0; b < B; b++)
      for (let c = 0; c < C; c++) {
        const at = (t: number) => (b * T + t) * C + c
        const d = 1 / (1 + Math.exp(-a[c]))
        for (let t = 0, h = 0; t < T; t++) y[at(t)] = h = d * h + x[at(t)]
        for (let t = T - 1, carry = 0; t >= 0; t--) {
          const g = dy[at(t)] + carry
          dx[at(t)] = g
          if (t > 0) dp[c] += g * y[at(t - 1)] * d * (1 - d)
          carry = g * d
        }
      }
    return { y, dx, dp }
  }],
] // prettier-ignore

describeGpu('custom kernels', () => {
  it.each(REFERENCES)('$name follows its formula, forward and backward, in both styles', async (sample, reference) => {
    const kernel = await prepared(sample)
    const [C] = sample.dims
    const [first, second] = kernel.inputs.map(({ name }) => name)
    for (const { caps } of await bothStyles())
      for (const { B, T } of SIZES) {
        const x = drawTensor('normal', B * T * C, SEED)
        const p = drawTensor('normal', C, SEED + 1)
        const dy = drawTensor('normal', B * T * C, SEED + 2)
        const expected = reference(Float64Array.from(x), Float64Array.from(p), Float64Array.from(dy), B, T, C)
        const names = kernel.inputs.map(({ name }) => name)
        const inputs = { [`in_${first}`]: x, ...(second && { [`in_${second}`]: p }) }
        const place = `${sample.name} ${B}x${T}`
        // what is in the output's memory before does not matter
        const stale = () => new Float32Array(B * T * C).fill(NaN)
        const { out_y } = await runLowering(customForward({ kernel, B, T, names }, caps), { ...inputs, out_y: stale() })
        const y = new Float32Array(out_y)
        expectClose(y, expected.y, { atol: 1e-5, rtol: 1e-5, seed: SEED, name: place })
        const parts = kernel.per === 'row' ? B : B * T
        const lowering = customBackward({ kernel, B, T, names, grads: names, y: true }, caps)
        const outputs = { [`out_d${first}`]: stale(), ...(second && { [`out_d${second}`]: new Float32Array(parts * C).fill(NaN) }) }
        const back = await runLowering(lowering, { ...inputs, in_y: y, in_dy: dy, ...outputs })
        expectClose(new Float32Array(back[`out_d${first}`]), expected.dx, { atol: 1e-4, rtol: 1e-4, seed: SEED, name: `${place} dx` })
        if (!second || !expected.dp) continue
        const dp = new Float64Array(C)
        for (const [i, value] of new Float32Array(back[`out_d${second}`]).entries()) dp[i % C] += value
        expectClose(Float32Array.from(dp), expected.dp, { atol: 1e-3, rtol: 1e-3, seed: SEED, name: `${place} d${second}` })
      }
  })

  it('goes over grids that are folded', async () => {
    const kernel = await prepared(squaredRelu(10))
    const caps = await narrowGpu()
    const [B, T] = [8, 40]
    const x = drawTensor('normal', B * T * 10, SEED)
    const lowering = customForward({ kernel, B, T, names: ['x'] }, caps)
    expect(lowering.kernels[0].workgroups[1]).toBeGreaterThan(1)
    const { out_y } = await runLowering(lowering, { in_x: x, out_y: x.byteLength })
    expectClose(new Float32Array(out_y), Float64Array.from(x, (v) => Math.max(v, 0) ** 2), { atol: 1e-6, rtol: 1e-6, seed: SEED, name: 'folded' })
  })

  it('a gradient that nobody needs is neither bound nor written', async () => {
    const kernel = await prepared(scaledNorm(4))
    const { caps } = await openDevice()
    const [only] = customBackward({ kernel, B: 1, T: 2, names: ['x', 'w'], grads: ['w'], y: false }, caps).kernels
    expect(only.bindings.map(({ name }) => name)).toEqual(['in_x', 'in_w', 'in_dy', 'out_dw'])
    const [x, w, dy] = [8, 4, 8].map((length, i) => drawTensor('normal', length, SEED + i))
    const { out_dw } = await runLowering({ kernels: [only] }, { in_x: x, in_w: w, in_dy: dy, out_dw: 32 })
    expect(new Float32Array(out_dw).every((value) => value !== 0)).toBe(true)
  })

  it('work is known beforehand: too much for one invocation is refused, and long dispatches can be cut', async () => {
    const { caps } = await openDevice()
    const kernel = await prepared({ ...scaledNorm(64), trips: 60_000 })
    const [forward] = customForward({ kernel, B: 4, T: 64, names: ['x', 'w'] }, caps).kernels
    expect(forward.slowness! * forward.flops!).toBeGreaterThan(4 * 64 * 60_000 * 5)
    const heavy = await prepared({ ...recurrence(4), trips: 60_000, forward: recurrence(4).forward.replace('set_y', 'for (var i = 0; i < 9; i++) { set_state(0, state(0)); } set_y') })
    const refused = () => customForward({ kernel: heavy, B: 1, T: 4096, names: ['x', 'a'] }, caps)
    expect(refused).toThrow(expect.objectContaining({ code: 'program.graph', hint: expect.stringMatching(/Lower its trips to \d+/) }))
    const many = { ...caps, maxStorageBuffers: 4 }
    expect(() => customBackward({ kernel, B: 1, T: 1, names: ['x', 'w'], grads: ['x', 'w'], y: false }, many)).toThrow(expect.objectContaining({ code: 'program.graph' }))
  })

  it('knows the author’s lines in the text that is compiled', async () => {
    const kernel = await prepared(squaredRelu(4))
    const { caps } = await openDevice()
    const [{ code }] = customForward({ kernel, B: 1, T: 1, names: ['x'] }, caps).kernels
    const line = authorLine({ code }, kernel.forward)
    expect(code.split('\n')[line - 1]).toBe('fn f_forward(v_t: u32, v_lane: u32) {')
  })
})
