import { expect, it } from 'vitest'
import { Rng } from '../../core/rng'
import { BINARY_OPS, UNARY_OPS } from '../../graph/ir'
import { binaryForward, unaryBackward, unaryForward } from '../../reference/elementwise'
import { describeGpu, expectClose, openDevice, runLowering } from '../testing/dawn'
import { elementwise } from './elementwise'

const ATTRS = { softcap: { cap: 3 }, affine: { scale: -1.5, offset: 0.25 } } as Record<string, Record<string, number>>
const CONSTANTS = { softcap: [3], affine: [-1.5, 0.25] } as Record<string, number[]>
// f32 against float64: exp, log, sin and their like are good to a few units in the last place; sin and cos less so
const TOLERANCE = { atol: 2e-6, rtol: 2e-5 }
const LOOSE = { atol: 1e-4, rtol: 1e-4 }

/** Values where the op is defined: logs and roots want positive ones. */
function values(op: string, count: number, rng: Rng): Float32Array {
  const positive = ['sqrt', 'rsqrt', 'log', 'reciprocal'].includes(op)
  return Float32Array.from({ length: count }, () => (positive ? 0.2 + 3 * rng.uniform() : 2 * rng.normal()))
}

describeGpu('elementwise', () => {
  it('every unary primitive and its slope match the oracle', async () => {
    const { caps } = await openDevice()
    for (const [seed, op] of UNARY_OPS.entries()) {
      const rng = new Rng(seed)
      for (const count of [1, 7, 64]) {
        const x = values(op, count, rng)
        const dOut = Float32Array.from({ length: count }, () => rng.normal())
        const run = async (fn: string, constants: number[] | undefined) => {
          const shape = { shape: [count], inputShapes: [[count]], steps: [{ fn, args: [0], constants }], accumulate: false }
          return new Float32Array((await runLowering(elementwise(shape, caps), { x0: x, y: count * 4 })).y)
        }
        const tolerance = op === 'sin' || op === 'cos' ? LOOSE : TOLERANCE
        const expected = unaryForward(op, Float64Array.from(x), ATTRS[op] ?? {})
        expectClose(await run(op, CONSTANTS[op]), expected, { ...tolerance, seed, name: op })
        if (op === 'affine') continue // its slope is its scale: no primitive
        const slope = await run(`${op}Slope`, CONSTANTS[op])
        const gradient = unaryBackward(op, Float64Array.from(dOut), Float64Array.from(x), ATTRS[op] ?? {})
        const got = slope.map((s, i) => s * dOut[i])
        expectClose(got, gradient, { atol: tolerance.atol * 5, rtol: tolerance.rtol * 5, seed, name: `${op}Slope` })
      }
    }
  })

  it('saturating primitives stay finite at ±1e4', async () => {
    const { caps } = await openDevice()
    const x = Float32Array.from([1e4, -1e4, 88, -88, 0, 1e-8, -1e-8, 15])
    for (const fn of ['sigmoid', 'tanh', 'silu', 'gelu', 'softcap', 'sigmoidSlope', 'tanhSlope', 'siluSlope', 'softcapSlope']) {
      const steps = [{ fn, args: [0], constants: fn.startsWith('softcap') ? [15] : undefined }]
      const shape = { shape: [8], inputShapes: [[8]], steps, accumulate: false }
      const y = new Float32Array((await runLowering(elementwise(shape, caps), { x0: x, y: 32 })).y)
      expect([...y].every(Number.isFinite), `${fn}: ${[...y].join(' ')}`).toBe(true)
    }
  })

  it('broadcasts along any run of dims, as vec4s and as scalars', async () => {
    const { caps } = await openDevice()
    const cases: [number[], number[], number[]][] = [
      [[6, 8], [6, 8], [1, 8]],
      [[6, 8], [6, 1], [6, 8]],
      [[5, 3, 4], [5, 3, 4], [5, 1, 4]],
      [[5, 3, 4], [5, 3, 1], [1, 1, 4]],
      [[4, 3, 5], [1, 3, 1], [4, 1, 5]],
      [[7], [1], [7]],
      [[2, 3, 2, 4], [2, 1, 2, 1], [1, 3, 1, 4]],
    ]
    for (const [seed, [shape, a, b]] of cases.entries()) {
      const rng = new Rng(seed)
      const size = (s: number[]) => s.reduce((n, d) => n * d, 1)
      const x0 = values('add', size(a), rng)
      const x1 = values('add', size(b), rng)
      for (const fn of BINARY_OPS) {
        const lowering = elementwise({ shape, inputShapes: [a, b], steps: [{ fn, args: [0, 1] }], accumulate: false }, caps)
        const y = new Float32Array((await runLowering(lowering, { x0, x1, y: size(shape) * 4 })).y)
        const expected = binaryForward(fn, Float64Array.from(x0), a, Float64Array.from(x1), b, shape)
        expectClose(y, expected, { ...TOLERANCE, seed, name: `${fn} ${a} ${b}` })
      }
    }
  })

  it('runs a chain in one kernel, adds to what is there, and folds a large grid', async () => {
    const { caps } = await openDevice()
    const count = 1000
    const rng = new Rng(3)
    const x0 = values('add', count, rng)
    const steps = [
      { fn: 'relu', args: [0] },
      { fn: 'affine', args: [-1], constants: [2, 1] },
      { fn: 'mul', args: [-2, 0] },
    ]
    const small = { ...caps, software: false, maxWorkgroupsPerDimension: 3 }
    const lowering = elementwise({ shape: [count], inputShapes: [[count]], steps, accumulate: true }, small)
    expect(lowering.kernels[0].workgroups[1]).toBeGreaterThan(1)
    const y = new Float32Array((await runLowering(lowering, { x0, y: count * 4 }, 2)).y)
    const expected = Float64Array.from(x0, (x) => 2 * (2 * Math.max(x, 0) + 1) * x)
    expectClose(y, expected, { ...TOLERANCE, seed: 3, name: 'chain' })
  })
})
