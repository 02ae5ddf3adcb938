import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Rng } from '../../core/rng'
import * as oracle from '../../reference/embedding'
import { describeGpu, expectClose, runLowering } from '../testing/dawn'
import { bothStyles, drawTensor, VALUE_KINDS } from '../testing/tensors'
import { embeddingBackward, embeddingForward, sortTokens } from './embedding'

const SEED = 15
const SHAPES = [
  { N: 1, V: 1, C: 1 },
  { N: 67, V: 11, C: 7 },
  { N: 300, V: 257, C: 24 },
  { N: 1500, V: 3, C: 132 },
]

/** Token 0 is half of all; the last row of the table is never used. */
function drawTokens(N: number, V: number): Int32Array {
  const rng = new Rng(SEED)
  return Int32Array.from({ length: N }, () => (rng.uniform() < 0.5 ? 0 : rng.int(Math.max(1, V - 1))))
}

function sorted(tokens: Int32Array, V: number) {
  const order = new Uint32Array(tokens.length)
  const starts = new Uint32Array(V + 1)
  sortTokens(tokens, V, order, starts)
  return { order, starts }
}

describe('sortTokens', () => {
  it('lists the positions of each token in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 })), (list) => {
        const { order, starts } = sorted(Int32Array.from(list), 7)
        const expected = list.map((_, n) => n).sort((a, b) => list[a] - list[b] || a - b)
        expect([...order]).toEqual(expected)
        expect([...starts]).toEqual(Array.from({ length: 8 }, (_, v) => list.filter((token) => token < v).length))
      }),
    )
  })

  it('names a token the table has no row for', () => {
    expect(() => sorted(Int32Array.of(0, 4), 4)).toThrow(expect.objectContaining({ code: 'program.graph' }))
    expect(() => sorted(Int32Array.of(-1), 4)).toThrow('token -1')
  })
})

describeGpu('embedding', () => {
  it('copies rows exactly in both styles', async () => {
    for (const { caps } of await bothStyles()) {
      for (const shape of SHAPES) {
        for (const kind of VALUE_KINDS) {
          const table = drawTensor(kind, shape.V * shape.C, SEED)
          const tokens = drawTokens(shape.N, shape.V)
          const lowering = embeddingForward(shape, caps)
          const { y } = await runLowering(lowering, { table, tokens, y: 4 * shape.N * shape.C })
          const expected = oracle.embeddingForward(Float64Array.from(table), tokens, shape)
          expectClose(new Float32Array(y), expected, { atol: 0, rtol: 0, seed: SEED, name: 'embedding' })
        }
      }
    }
  })

  it('collects gradients in both styles, absent tokens included', async () => {
    for (const { caps } of await bothStyles()) {
      for (const shape of SHAPES) {
        const { N, V, C } = shape
        const tokens = drawTokens(N, V)
        const dOut = drawTensor('normal', N * C, SEED)
        const before = drawTensor('normal', V * C, SEED + 1)
        const expected = oracle.embeddingBackward(Float64Array.from(dOut), tokens, shape)
        for (const accumulate of [false, true]) {
          const lowering = embeddingBackward({ ...shape, accumulate }, caps)
          const { dTable } = await runLowering(lowering, { dOut, ...sorted(tokens, V), dTable: before })
          // sums of up to N normal values in runs of 32: errors far under 1e-7·N
          const total = accumulate ? expected.map((value, i) => value + before[i]) : expected
          const options = { atol: 1e-6 + 1e-7 * N, rtol: 1e-5, seed: SEED }
          expectClose(new Float32Array(dTable), total, { ...options, name: `dTable ${N}x${V}x${C} ${accumulate}` })
        }
      }
    }
  })
})
