// Tolerances: shift moves bits, so it is exact. A convolution adds K products (1e-5 on inputs of order one); its
// weight gradient adds B·T of them, in slices (1e-4). Larger inputs scale the absolute tolerance with their product.

import { expect, it } from 'vitest'
import { Rng } from '../../core/rng'
import * as reference from '../../reference/sequence'
import { describeGpu, expectClose, openDevice, runLowering } from '../testing/dawn'
import { convForward, convInputGrad, convWeightGrad, shift, type ConvShape } from './sequence'

const SHAPES: ConvShape[] = [
  { B: 1, T: 1, C: 1, K: 1 },
  { B: 2, T: 5, C: 4, K: 7 },
  { B: 3, T: 67, C: 13, K: 3 },
]

const draw = (rng: Rng, count: number, size = 1) => new Float32Array(count).map(() => size * rng.normal())
const wide = (x: Float32Array) => Float64Array.from(x)
const unwritten = (count: number) => new Float32Array(count).fill(NaN)

for (const software of [true, false]) {
  describeGpu(`shift and conv, ${software ? 'few workgroups' : 'one thread an element'}`, () => {
    const capabilities = async () => ({
      ...(await openDevice()).caps,
      software,
      // a narrow grid, so that large shapes fold into a second dimension
      maxWorkgroupsPerDimension: 7,
    })

    for (const by of [0, 1, 4, 100]) {
      it(`shift by ${by}, and back`, async () => {
        const caps = await capabilities()
        for (const { B, T, C } of SHAPES) {
          const x = draw(new Rng(by, 'shift'), B * T * C)
          const shape = { B, T, C, by: Math.min(by, T) }
          const exact = { atol: 0, rtol: 0, seed: by, name: `shift ${JSON.stringify(shape)}` }
          const there = await runLowering(shift({ B, T, C, by }, caps), { x, y: unwritten(x.length) })
          expectClose(new Float32Array(there.y), reference.shiftForward(wide(x), shape), exact)
          const back = await runLowering(shift({ B, T, C, by: -by }, caps), { x, y: unwritten(x.length) })
          expectClose(new Float32Array(back.y), reference.shiftBackward(wide(x), shape), exact)
        }
      })
    }

    for (const size of [1, 0, 1e4, 1e-8]) {
      it(`conv forward and backward, inputs of ${size}`, async () => {
        const caps = await capabilities()
        for (const shape of SHAPES) {
          const { B, T, C, K } = shape
          const rng = new Rng(K, 'conv')
          const [x, dOut, w] = [draw(rng, B * T * C, size), draw(rng, B * T * C), draw(rng, C * K)]
          const name = JSON.stringify(shape)
          const { y } = await runLowering(convForward(shape, caps), { x, w, y: unwritten(x.length) })
          const forward = reference.convForward(wide(x), wide(w), shape)
          expectClose(new Float32Array(y), forward, { atol: 1e-5 * size, rtol: 1e-5, seed: K, name: `y ${name}` })
          const expected = reference.convBackward(wide(dOut), wide(x), wide(w), shape)
          const { dX } = await runLowering(convInputGrad(shape, caps), { dOut, w, dX: unwritten(x.length) })
          expectClose(new Float32Array(dX), expected.dX, { atol: 1e-5, rtol: 1e-5, seed: K, name: `dX ${name}` })
          const gradient = convWeightGrad({ ...shape, accumulate: false }, caps)
          const { dW } = await runLowering(gradient, { dOut, x, dW: unwritten(w.length) })
          const close = { atol: 1e-4 * size, rtol: 1e-4, seed: K, name: `dW ${name}` }
          expectClose(new Float32Array(dW), expected.dW, close)
          const again = await runLowering(gradient, { dOut, x, dW: unwritten(w.length) })
          expect(new Uint8Array(again.dW)).toEqual(new Uint8Array(dW))
        }
      })
    }

    it('dW is added to when accumulating', async () => {
      const caps = await capabilities()
      const shape = SHAPES[2]
      const { B, T, C, K } = shape
      const rng = new Rng(9, 'conv')
      const [x, dOut, dW] = [draw(rng, B * T * C), draw(rng, B * T * C), draw(rng, C * K)]
      const { dW: sum } = await runLowering(convWeightGrad({ ...shape, accumulate: true }, caps), { dOut, x, dW }, 2)
      const once = reference.convBackward(wide(dOut), wide(x), new Float64Array(C * K), shape).dW
      const expected = once.map((d, i) => dW[i] + 2 * d)
      expectClose(new Float32Array(sum), expected, { atol: 2e-4, rtol: 1e-4, seed: 9, name: 'dW twice' })
    })
  })
}
