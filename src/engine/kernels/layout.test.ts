// Copies and fills move bits: everything here is exact. Accumulating adds small integers, which is exact as well.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describeGpu, expectClose, openDevice, runLowering } from '../testing/dawn'
import { copyStrided, fill, type StridedCopy } from './layout'

/** The copy, one index at a time. */
function expectedCopy(copy: StridedCopy, x: Float32Array, y: Float32Array): Float32Array {
  const result = y.slice()
  const visit = (d: number, from: number, to: number): void => {
    if (d === copy.dims.length) {
      result[to] = copy.accumulate ? result[to] + x[from] : x[from]
      return
    }
    for (let i = 0; i < copy.dims[d]; i++) visit(d + 1, from + i * copy.inStrides[d], to + i * copy.outStrides[d])
  }
  visit(0, copy.inOffset, copy.outOffset)
  return result
}

async function check(copy: StridedCopy, xLength: number, yLength: number, software = true) {
  const { caps } = await openDevice()
  const x = new Float32Array(xLength).map((_, i) => i + 1)
  const y = new Float32Array(yLength).map((_, i) => -i)
  const lowering = copyStrided(copy, { ...caps, software })
  const result = await runLowering(lowering, { x, y })
  const exact = { atol: 0, rtol: 0, seed: 0, name: JSON.stringify(copy) }
  expectClose(new Float32Array(result.y), expectedCopy(copy, x, y), exact)
  return lowering.kernels[0].code
}

/** Row-major strides. */
function contiguous(dims: readonly number[]): number[] {
  const strides: number[] = []
  let step = 1
  for (let d = dims.length - 1; d >= 0; d--) {
    strides[d] = step
    step *= dims[d]
  }
  return strides
}

describeGpu('copyStrided and fill', () => {
  it('one element, by no dims at all', async () => {
    await check({ dims: [], inStrides: [], inOffset: 2, outStrides: [], outOffset: 1, accumulate: false }, 3, 3)
  })

  it('a slice of columns, in vectors where everything divides by four and not otherwise', async () => {
    const slice = { dims: [5, 8], inStrides: [16, 1], inOffset: 4, outStrides: [8, 1], outOffset: 0, accumulate: false }
    expect(await check(slice, 80, 40)).toContain('array<vec4f>')
    expect(await check({ ...slice, inOffset: 3 }, 80, 40)).toContain('array<f32>')
    expect(await check({ ...slice, dims: [5, 7] }, 80, 40)).toContain('array<f32>')
  })

  it('into the middle of a wider tensor, leaving the rest alone, adding or not, on both kinds of adapter', async () => {
    for (const accumulate of [false, true]) {
      const copy = { dims: [300, 4], inStrides: [4, 1], inOffset: 0, outStrides: [12, 1], outOffset: 4, accumulate }
      await check(copy, 1200, 3600, true)
      await check(copy, 1200, 3600, false)
    }
  })

  it('any transpose of up to six dims with unequal paddings', async () => {
    const dim = fc.integer({ min: 1, max: 4 })
    const cases = fc.array(dim, { minLength: 1, maxLength: 6 }).chain((dims) =>
      fc.record({
        dims: fc.constant(dims),
        order: fc.shuffledSubarray([...dims.keys()], { minLength: dims.length }),
        inOffset: fc.integer({ min: 0, max: 5 }),
        outOffset: fc.integer({ min: 0, max: 5 }),
        accumulate: fc.boolean(),
      }),
    )
    await fc.assert(
      fc.asyncProperty(cases, async ({ dims, order, ...rest }) => {
        const inStrides = contiguous(dims)
        const permuted = contiguous(order.map((d) => dims[d]))
        const outStrides = dims.map((_, d) => permuted[order.indexOf(d)])
        const size = dims.reduce((n, d) => n * d, 1)
        await check({ dims, inStrides, outStrides, ...rest }, size + rest.inOffset, size + rest.outOffset)
      }),
      { numRuns: 12, seed: 7 },
    )
  })

  it('refuses seven dims', async () => {
    const { caps } = await openDevice()
    const ones = [1, 1, 1, 1, 1, 1, 1]
    const copy = { dims: ones, inStrides: ones, inOffset: 0, outStrides: ones, outOffset: 0, accumulate: false }
    expect(() => copyStrided(copy, caps)).toThrow('at most six')
  })

  it('fills any count with any value', async () => {
    const { caps } = await openDevice()
    for (const [count, value] of [[1, 0.1], [67, -1e4], [4096, 0], [8, 1e-8]]) {
      const result = await runLowering(fill({ count, value }, caps), { y: new Float32Array(count).fill(NaN) })
      const expected = new Float32Array(count).fill(value)
      expectClose(new Float32Array(result.y), expected, { atol: 0, rtol: 0, seed: 0, name: `fill ${value}` })
    }
  })
})
