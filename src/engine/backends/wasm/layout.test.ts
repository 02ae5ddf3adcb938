import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Rng } from '../../../core/rng'
import type { TapeOp, TapeTensor } from '../../../graph/tape'
import { embeddingBackward, embeddingForward } from '../../../reference/embedding'
import { convBackward, convForward, shiftBackward, shiftForward } from '../../../reference/sequence'
import { sortTokens } from '../../kernels/embedding'
import { assertClose } from '../../testing/close'
import { drawTensor } from '../../testing/values'
import { runBoth, type TensorInput } from '../../testing/wasm'
import { copyStrided, lowerOp } from './lower'

const SEED = 12
const EXACT = { atol: 0, rtol: 0, seed: SEED }
const SUMS = { atol: 1e-5, rtol: 1e-5, seed: SEED }
const wide = (x: Float32Array) => Float64Array.from(x)
const tensor = (size: number): TapeTensor => ({ shape: [size], size, role: 'activation', name: '' })

async function run(op: TapeOp, tensors: Record<string, TensorInput>, count = 1): Promise<Record<string, Float32Array>> {
  const result = await runBoth(lowerOp(op, [tensor(count)]), tensors)
  return Object.fromEntries(Object.entries(result).map(([name, bytes]) => [name, new Float32Array(bytes)]))
}

it('copies any permutation of a block, adding or not, and leaves the rest alone', async () => {
  const strides = (dims: readonly number[]) => dims.map((_, axis) => dims.slice(axis + 1).reduce((n, d) => n * d, 1))
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 0, maxLength: 4 }), fc.integer({ min: 0, max: 23 }), fc.boolean(),
      async (dims, seed, accumulate) => {
        const order = dims.map((_, d) => d).sort((a, b) => ((seed + 7 * a) % 5) - ((seed + 7 * b) % 5))
        const permuted = order.map((d) => dims[d])
        const own = strides(dims)
        const copy = { dims: permuted, inStrides: order.map((d) => own[d]), inOffset: 2, outStrides: strides(permuted), outOffset: 3, accumulate }
        const count = dims.reduce((n, d) => n * d, 1)
        const x = new Float32Array(count + 5).map((_, i) => i + 1)
        const y = new Float32Array(count + 6).map((_, i) => -i)
        const expected = y.slice()
        const visit = (d: number, from: number, to: number): void => {
          if (d === permuted.length) expected[to] = accumulate ? expected[to] + x[from] : x[from]
          else for (let i = 0; i < permuted[d]; i++) visit(d + 1, from + i * copy.inStrides[d], to + i * copy.outStrides[d])
        }
        visit(0, 2, 3)
        const result = await runBoth(copyStrided(copy), { x, y })
        expect(new Float32Array(result.y)).toEqual(expected)
      },
    ),
    { numRuns: 25, seed: SEED },
  ) // prettier-ignore
})

it('fills and sums', async () => {
  for (const count of [1, 7, 2051]) {
    const { y } = await run({ kind: 'fill', output: 0, value: 2.5 }, { y: 4 * count }, count)
    assertClose(y, new Float64Array(count).fill(2.5), { ...EXACT, name: 'fill' })
  }
  for (const [outer, reduce, inner] of [[1, 1, 1], [3, 1000, 1], [1, 67, 5], [2, 130, 12], [1, 513, 96]]) // prettier-ignore
    for (const accumulate of [false, true]) {
      const x = drawTensor('normal', outer * reduce * inner, SEED)
      const op: TapeOp = { kind: 'reduceSum', x: 0, output: 1, outer, reduce, inner, scale: -0.5, accumulate }
      const { y } = await run(op, { x, y: new Float32Array(outer * inner).fill(3) })
      const expected = new Float64Array(outer * inner).fill(accumulate ? 3 : 0)
      x.forEach((v, i) => (expected[Math.floor(i / inner / reduce) * inner + (i % inner)] -= 0.5 * v))
      assertClose(y, expected, { ...SUMS, atol: 5e-7 * Math.sqrt(reduce), name: `sum ${outer},${reduce},${inner}` })
    }
})

it('looks tokens up, and gathers their gradients', async () => {
  for (const [N, V, C] of [[1, 1, 1], [40, 11, 5], [100, 7, 96]]) { // prettier-ignore
    const rng = new Rng(SEED)
    const tokens = Int32Array.from({ length: N }, () => rng.int(Math.max(1, V - 1)))
    const table = drawTensor('normal', V * C, SEED)
    const dOut = drawTensor('normal', N * C, SEED + 1)
    const { y } = await run({ kind: 'embedding', table: 0, tokens: 1, output: 2, N, V, C }, { table, tokens, y: 4 * N * C })
    assertClose(y, embeddingForward(wide(table), tokens, { N, V, C }), { ...EXACT, name: 'embedding' })
    const [order, starts] = [new Uint32Array(N), new Uint32Array(V + 1)]
    sortTokens(tokens, V, order, starts)
    for (const accumulate of [false, true]) {
      const op: TapeOp = { kind: 'embeddingGrad', dOut: 0, order: 1, starts: 2, output: 3, N, V, C, accumulate }
      const { dTable } = await run(op, { dOut, order, starts, dTable: new Float32Array(V * C).fill(2) })
      const expected = embeddingBackward(wide(dOut), tokens, { N, V, C }).map((d) => d + (accumulate ? 2 : 0))
      assertClose(dTable, expected, { ...SUMS, name: 'dTable' })
    }
  }
})

it('shifts and convolves along T, and back', async () => {
  for (const [B, T, C, K] of [[1, 1, 1, 1], [2, 7, 5, 3], [3, 33, 8, 4], [1, 5, 6, 9]]) { // prettier-ignore
    const x = drawTensor('normal', B * T * C, SEED)
    const dOut = drawTensor('normal', B * T * C, SEED + 1)
    const w = drawTensor('normal', C * K, SEED + 2)
    const bytes = x.byteLength
    for (const by of [1, 3, T + 1]) {
      const shifted = await run({ kind: 'shift', x: 0, output: 1, B, T, C, by }, { x, y: bytes })
      assertClose(shifted.y, shiftForward(wide(x), { B, T, C, by }), { ...EXACT, name: 'shift' })
      const back = await run({ kind: 'shift', x: 0, output: 1, B, T, C, by: -by }, { x, y: bytes })
      assertClose(back.y, shiftBackward(wide(x), { B, T, C, by }), { ...EXACT, name: 'shift back' })
    }
    const shape = { B, T, C, K }
    const { y } = await run({ kind: 'conv', x: 0, w: 1, output: 2, ...shape }, { x, w, y: bytes })
    assertClose(y, convForward(wide(x), wide(w), shape), { ...SUMS, name: 'conv' })
    const expected = convBackward(wide(dOut), wide(x), wide(w), shape)
    const { dX } = await run({ kind: 'convInputGrad', dOut: 0, w: 1, output: 2, ...shape }, { dOut, w, dX: bytes })
    assertClose(dX, expected.dX, { ...SUMS, name: 'conv dX' })
    for (const accumulate of [false, true]) {
      const op: TapeOp = { kind: 'convWeightGrad', dOut: 0, x: 1, output: 2, ...shape, accumulate }
      const { dW } = await run(op, { dOut, x, dW: new Float32Array(C * K).fill(1) })
      assertClose(dW, expected.dW.map((d) => d + (accumulate ? 1 : 0)), { ...SUMS, name: 'conv dW' }) // prettier-ignore
    }
  }
})

/** The mask's definition, written a second time. */
function scramble(value: number): number {
  let h = (value ^ (value >>> 16)) >>> 0
  h = Math.imul(h, 0x7feb352d) >>> 0
  h = (h ^ (h >>> 15)) >>> 0
  h = Math.imul(h, 0x846ca68b) >>> 0
  return (h ^ (h >>> 16)) >>> 0
}

it('draws the mask of dropout', async () => {
  const [seed, step, micro] = [123456789, 17, 3]
  for (const count of [1, 1000, 4097])
    for (const rate of [0.3, 0.75]) {
      const x = drawTensor('normal', count, SEED)
      const stepState = Uint32Array.of(seed, step, micro, 0)
      const { y } = await run({ kind: 'dropout', x: 0, output: 1, rate, node: 5 }, { x, stepState, y: 4 * count }, count)
      const key = [step, micro, 5].reduce((k, next) => scramble((k ^ next) >>> 0), scramble((seed + 0x9e3779b9) >>> 0))
      const kept = (i: number) => scramble((scramble(i) + key) >>> 0) >= rate * 2 ** 32
      const expected = Float64Array.from(x, (v, i) => (kept(i) ? v / (1 - rate) : 0))
      assertClose(y, expected, { ...EXACT, rtol: 1e-6, name: `dropout ${count}` })
    }
})
