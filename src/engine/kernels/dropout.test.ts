import { it } from 'vitest'
import { describeGpu, expectClose, runLowering } from '../testing/dawn'
import { bothStyles, drawTensor, VALUE_KINDS } from '../testing/tensors'
import { dropout } from './dropout'

const SEED = 16

/** The mask's definition, written a second time. */
function scramble(value: number): number {
  let h = (value ^ (value >>> 16)) >>> 0
  h = Math.imul(h, 0x7feb352d) >>> 0
  h = (h ^ (h >>> 15)) >>> 0
  h = Math.imul(h, 0x846ca68b) >>> 0
  return (h ^ (h >>> 16)) >>> 0
}

function truth(x: Float32Array, rate: number, node: number, [seed, step, micro]: Uint32Array): Float64Array {
  const key = [step, micro, node].reduce((k, next) => scramble((k ^ next) >>> 0), scramble((seed + 0x9e3779b9) >>> 0))
  return Float64Array.from(x, (value, i) =>
    scramble((scramble(i) + key) >>> 0) >= rate * 2 ** 32 ? value / (1 - rate) : 0,
  )
}

describeGpu('dropout', () => {
  it('draws the mask of its definition and scales the rest, in both styles', async () => {
    const stepState = Uint32Array.of(123456789, 17, 3, 0)
    for (const { caps } of await bothStyles()) {
      for (const count of [1, 7, 1000, 4097]) {
        for (const kind of VALUE_KINDS) {
          const x = drawTensor(kind, count, SEED)
          const { y } = await runLowering(dropout({ count, rate: 0.3, node: 5 }, caps), { x, stepState, y: 4 * count })
          const expected = truth(x, 0.3, 5, stepState)
          const options = { atol: 0, rtol: 1e-6, seed: SEED }
          expectClose(new Float32Array(y), expected, { ...options, name: `dropout ${count} ${kind}` })
        }
      }
    }
  })
})
