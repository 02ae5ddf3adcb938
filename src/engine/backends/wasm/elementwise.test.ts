import { expect, it } from 'vitest'
import library from '../../../../shaders/lib/elementwise.wgsl?raw'
import { Rng } from '../../../core/rng'
import { BINARY_OPS, UNARY_OPS } from '../../../graph/ir'
import { binaryForward, unaryBackward, unaryForward } from '../../../reference/elementwise'
import { assertClose } from '../../testing/close'
import { BUILDS, runBoth, runWasm } from '../../testing/wasm'
import { elementwise, PRIMITIVES } from './elementwise'

const ATTRS = { softcap: { cap: 3 }, affine: { scale: -1.5, offset: 0.25 } } as Record<string, Record<string, number>>
const CONSTANTS = { softcap: [3], affine: [-1.5, 0.25] } as Record<string, number[]>
const TOLERANCE = { atol: 1e-6, rtol: 2e-6 }
const product = (dims: readonly number[]) => dims.reduce((n, d) => n * d, 1)

/** Values where the op is defined: logs and roots want positive ones. */
function values(op: string, count: number, rng: Rng): Float32Array {
  const positive = ['sqrt', 'rsqrt', 'log', 'reciprocal'].includes(op)
  return Float32Array.from({ length: count }, () => (positive ? 0.2 + 3 * rng.uniform() : 2 * rng.normal()))
}

it('numbers the primitives as the shader library lists them', () => {
  expect(PRIMITIVES).toEqual([...library.matchAll(/^fn f_(\w+)/gm)].map(([, name]) => name))
})

for (const relaxed of BUILDS) {
  it(`every unary primitive and its slope (relaxed: ${relaxed})`, async () => {
    for (const [seed, op] of UNARY_OPS.entries()) {
      const rng = new Rng(seed)
      for (const count of [1, 7, 1029]) {
        const x = values(op, count, rng)
        const run = async (fn: string) => {
          const shape = { shape: [count], inputShapes: [[count]], steps: [{ fn, args: [0], constants: CONSTANTS[op] }], accumulate: false }
          return new Float32Array((await runBoth(elementwise(shape), { x0: x, y: count * 4 }, { relaxed })).y)
        }
        const expected = unaryForward(op, Float64Array.from(x), ATTRS[op] ?? {})
        assertClose(await run(op), expected, { ...TOLERANCE, seed, name: op })
        if (op === 'affine') continue // its slope is its scale: no primitive
        const ones = new Float64Array(count).fill(1)
        const slope = unaryBackward(op, ones, Float64Array.from(x), ATTRS[op] ?? {})
        assertClose(await run(`${op}Slope`), slope, { atol: 5e-6, rtol: 1e-5, seed, name: `${op}Slope` })
      }
    }
  })

  it(`exp, log, tanh, sin, cos over their range (relaxed: ${relaxed})`, async () => {
    const count = 4001
    const spans = { exp: [-86, 88], log: [1e-30, 1e30], tanh: [-12, 12], sin: [-100, 100], cos: [-100, 100] } as const
    for (const [fn, [low, high]] of Object.entries(spans)) {
      const x = new Float32Array(count).map((_, i) => (fn === 'log' ? low * (high / low) ** (i / count) : low + ((high - low) * i) / count))
      const shape = { shape: [count], inputShapes: [[count]], steps: [{ fn, args: [0] }], accumulate: false }
      const { y } = await runWasm(elementwise(shape), { x0: x, y: count * 4 }, { relaxed })
      const exact = Float64Array.from(x, (v) => (Math as unknown as Record<string, (v: number) => number>)[fn](v))
      const atol = fn === 'sin' || fn === 'cos' ? 2e-7 : 1e-7
      assertClose(new Float32Array(y), exact, { atol: fn === 'exp' ? 0 : atol, rtol: 2.5e-7, seed: 0, name: fn })
    }
  })

  it(`saturates without NaN (relaxed: ${relaxed})`, async () => {
    const x = Float32Array.from([1e4, -1e4, 88, -88, 0, 1e-8, -1e-8, 15])
    const run = async (fn: string) => {
      const steps = [{ fn, args: [0], constants: fn.startsWith('softcap') ? [15] : undefined }]
      const { y } = await runWasm(elementwise({ shape: [8], inputShapes: [[8]], steps, accumulate: false }), { x0: x, y: 32 }, { relaxed })
      return [...new Float32Array(y)]
    }
    for (const fn of ['sigmoid', 'tanh', 'silu', 'gelu', 'softcap', 'sigmoidSlope', 'tanhSlope', 'siluSlope', 'softcapSlope'])
      expect((await run(fn)).every(Number.isFinite), fn).toBe(true)
    const exp = await run('exp')
    expect([exp[0], exp[1], exp[3]]).toEqual([Infinity, 0, 0])
    expect((await run('log'))[4]).toBe(-Infinity)
    expect((await run('log'))[1]).toBeNaN()
  })

  it(`broadcasts along any run of dims (relaxed: ${relaxed})`, async () => {
    const cases: [number[], number[], number[]][] = [
      [[6, 8], [6, 8], [1, 8]], [[6, 8], [6, 1], [6, 8]], [[5, 3, 4], [5, 3, 4], [5, 1, 4]], [[5, 3, 4], [5, 3, 1], [1, 1, 4]],
      [[4, 3, 5], [1, 3, 1], [4, 1, 5]], [[7], [1], [7]], [[2, 3, 2, 4], [2, 1, 2, 1], [1, 3, 1, 4]],
      [[70, 33], [70, 1], [1, 33]], [[3, 700], [1, 1], [3, 1]],
    ] // prettier-ignore
    for (const [seed, [shape, a, b]] of cases.entries()) {
      const rng = new Rng(seed)
      const x0 = values('add', product(a), rng)
      const x1 = values('add', product(b), rng)
      for (const fn of BINARY_OPS) {
        const lowering = elementwise({ shape, inputShapes: [a, b], steps: [{ fn, args: [0, 1] }], accumulate: false })
        const y = new Float32Array((await runBoth(lowering, { x0, x1, y: product(shape) * 4 }, { relaxed })).y)
        const expected = binaryForward(fn, Float64Array.from(x0), a, Float64Array.from(x1), b, shape)
        assertClose(y, expected, { ...TOLERANCE, seed, name: `${fn} ${a} ${b}` })
      }
    }
  })

  it(`a chain whose values live on, adding to what is there, and in place (relaxed: ${relaxed})`, async () => {
    for (const count of [1000, 507, 2049]) {
      const rng = new Rng(3)
      const x0 = values('add', count, rng)
      const steps = [
        { fn: 'relu', args: [0] }, { fn: 'affine', args: [-1], constants: [2, 1] }, { fn: 'mul', args: [-2, -1] },
        { fn: 'sub', args: [-3, -2] }, { fn: 'mul', args: [-4, 0] },
      ] // prettier-ignore
      const f = (x: number) => {
        const r = Math.max(x, 0)
        const a = 2 * r + 1
        return (a * r - a) * x
      }
      const shape = { shape: [count], inputShapes: [[count]], steps }
      const sum = elementwise({ ...shape, accumulate: true })
      const twice = await runWasm(sum, { x0, y: new Float32Array(count) }, { relaxed, repeats: 2 })
      assertClose(new Float32Array(twice.y), Float64Array.from(x0, (x) => 2 * f(x)), { ...TOLERANCE, seed: 3, name: 'sum' })
      const place = elementwise({ ...shape, accumulate: false }, ['y'])
      const inPlace = await runWasm(place, { y: x0 }, { relaxed })
      assertClose(new Float32Array(inPlace.y), Float64Array.from(x0, f), { ...TOLERANCE, seed: 3, name: 'in place' })
    }
  })
}
