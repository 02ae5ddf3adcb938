import { expect, it } from 'vitest'
import type { Capabilities } from '../kernel'
import { describeGpu, expectClose, runLowering } from '../testing/dawn'
import { bothStyles, drawTensor, narrowGpu, VALUE_KINDS, type ValueKind } from '../testing/tensors'
import { reduceSum, type ReduceShape } from './reduce'

const SEED = 14

function shapeOf(outer: number, reduce: number, inner: number): ReduceShape {
  return { outer, reduce, inner, scale: 0.5, accumulate: true }
}

/** [outer, reduce, inner]: last dimension, bias gradients, scalars, awkward primes */
const SHAPES: ReduceShape[] = [
  shapeOf(1, 1, 1),
  shapeOf(3, 5, 7),
  shapeOf(131, 24, 1),
  shapeOf(67, 13, 1),
  shapeOf(1, 1000, 96),
  shapeOf(1, 20011, 3),
  shapeOf(2, 9, 260),
]

/**
 * Each sum errs by at most about 40 roundings of the running sum of |x| (runs of 32, then their sums), in practice by
 * √40: 1e-6 of Σ|x|.
 */
async function check(shape: ReduceShape, caps: Capabilities, kind: ValueKind): Promise<void> {
  const { outer, reduce, inner, scale, accumulate } = shape
  const x = drawTensor(kind, outer * reduce * inner, SEED)
  const before = drawTensor('normal', outer * inner, SEED + 1)
  const { y } = await runLowering(reduceSum(shape, caps), { x, y: before })
  const actual = new Float32Array(y)
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let sum = 0
      let size = 0
      for (let r = 0; r < reduce; r++) {
        sum += x[(o * reduce + r) * inner + i]
        size += Math.abs(x[(o * reduce + r) * inner + i])
      }
      const at = o * inner + i
      const expected = scale * sum + (accumulate ? before[at] : 0)
      expectClose(actual.subarray(at, at + 1), [expected], {
        atol: 1e-6 * scale * size + 1e-7,
        rtol: 1e-6,
        seed: SEED,
        name: `sum ${outer}x${reduce}x${inner} at ${at} ${kind}`,
      })
    }
  }
}

describeGpu('reduceSum', () => {
  it('agrees with float64 sums in both styles, any shape', async () => {
    for (const { caps } of await bothStyles()) {
      for (const shape of SHAPES) await check(shape, caps, 'normal')
    }
  })

  it('survives zeros, constants, 1e4 and 1e-8, overwriting', async () => {
    for (const { caps } of await bothStyles()) {
      for (const kind of VALUE_KINDS) {
        for (const shape of [SHAPES[1], SHAPES[4]]) await check({ ...shape, accumulate: false }, caps, kind)
      }
    }
  })

  it('sums a million equal values without drifting', async () => {
    const count = 2 ** 20
    const x = new Float32Array(count).fill(0.1)
    const shape = { outer: 1, reduce: count, inner: 1, scale: 1, accumulate: false }
    for (const { caps } of await bothStyles()) {
      const { y } = await runLowering(reduceSum(shape, caps), { x, y: 4 })
      const expected = count * Math.fround(0.1)
      expectClose(new Float32Array(y), [expected], { atol: 0, rtol: 2e-6, seed: 0, name: 'a million times 0.1' })
    }
  })

  it('gives the same bits twice', async () => {
    const x = drawTensor('normal', 50_000, SEED)
    for (const { caps } of await bothStyles()) {
      const lowering = reduceSum({ outer: 1, reduce: 50_000, inner: 1, scale: 1, accumulate: false }, caps)
      const [first, second] = [await runLowering(lowering, { x, y: 4 }), await runLowering(lowering, { x, y: 4 })]
      expect(new Uint32Array(first.y)).toEqual(new Uint32Array(second.y))
    }
  })

  it('covers every sum when the grid is folded', async () => {
    const caps = await narrowGpu()
    const shape = shapeOf(700, 40, 1)
    expect(reduceSum(shape, caps).kernels[0].workgroups[1]).toBeGreaterThan(1)
    await check(shape, caps, 'normal')
  })
})
