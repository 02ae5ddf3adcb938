// Tolerance: sine and cosine are within 2e-7 up to T = 4096 (a two-part frequency, then a Taylor polynomial on
// ±π/4), and two products are added: 1e-6 on inputs of order one, far inside the 1e-5 that is asked of it. With QK-norm
// the sum of D squares comes in: 1e-5.

import { expect, it } from 'vitest'
import { Rng } from '../../core/rng'
import { rmsNormBackward, rmsNormForward } from '../../reference/norm'
import { ropeBackward, ropeForward } from '../../reference/rope'
import { describeGpu, expectClose, openDevice, runLowering } from '../testing/dawn'
import { bothStyles, narrowGpu } from '../testing/tensors'
import type { Capabilities } from '../kernel'
import { rope, type RopeShape } from './rope'

async function run(shape: RopeShape, x: Float32Array, style?: Capabilities): Promise<Float32Array> {
  const caps = style ?? (await openDevice()).caps
  const { y } = await runLowering(rope(shape, caps), { x, y: new Float32Array(x.length).fill(NaN) })
  return new Float32Array(y)
}

const draw = ({ B, T, H, D }: RopeShape, seed: number, size = 1) => {
  const rng = new Rng(seed, 'rope')
  return new Float32Array(B * T * H * D).map(() => size * rng.normal())
}

const SHAPES: Omit<RopeShape, 'inverse'>[] = [
  { B: 1, T: 1, H: 1, D: 2, base: 10000 },
  { B: 2, T: 7, H: 3, D: 6, base: 10000 },
  { B: 1, T: 67, H: 1, D: 24, base: 100 },
  { B: 1, T: 4096, H: 1, D: 16, base: 200000 },
]

describeGpu('rope', () => {
  for (const shape of SHAPES) {
    for (const inverse of [false, true]) {
      const { B, T, H, D, base } = shape
      it(`B${B} T${T} H${H} D${D} base ${base}${inverse ? ' inverse' : ''}`, async () => {
        const x = draw({ ...shape, inverse }, T)
        const expected = (inverse ? ropeBackward : ropeForward)(Float64Array.from(x), shape)
        for (const { style, caps } of await bothStyles()) {
          const y = await run({ ...shape, inverse }, x, caps)
          expectClose(y, expected, { atol: 1e-6, rtol: 1e-6, seed: T, name: `rope y, ${style}` })
        }
      })
    }
  }

  it('±1e4, 1e-8 and zeros: relative to the size of the input', async () => {
    const shape = { ...SHAPES[2], inverse: false }
    for (const size of [1e4, 1e-8, 0]) {
      const x = draw(shape, 5, size)
      const expected = ropeForward(Float64Array.from(x), shape)
      expectClose(await run(shape, x), expected, { atol: 1e-6 * size, rtol: 1e-6, seed: 5, name: `rope ${size}` })
    }
  })

  it('more workgroups than one dimension of the grid holds', async () => {
    const shape = { ...SHAPES[2], T: 671, inverse: false }
    const caps = await narrowGpu()
    expect(rope(shape, caps).kernels[0].workgroups[1]).toBeGreaterThan(1)
    const x = draw(shape, 7)
    const expected = ropeForward(Float64Array.from(x), shape)
    expectClose(await run(shape, x, caps), expected, { atol: 1e-6, rtol: 1e-6, seed: 7, name: 'rope folded' })
  })

  // the two terms of the gradient nearly cancel along x: 1e-5 of the largest of them
  it.each([...SHAPES.slice(1), { B: 2, T: 5, H: 3, D: 40, base: 10000 }, { B: 1, T: 3, H: 2, D: 256, base: 10000 }])(
    'with QK-norm, B$B T$T H$H D$D: norm after rope, norm before rope, and the gradient',
    async (shape) => {
      const { B, T, H, D } = shape
      const norm = { rows: B * T * H, C: D, eps: 1e-4 }
      const x = draw({ ...shape, inverse: false }, 12)
      const dOut = draw({ ...shape, inverse: false }, 13)
      const [wide, dWide] = [Float64Array.from(x), Float64Array.from(dOut)]
      const rotated = ropeForward(wide, shape)
      for (const { style, caps } of await bothStyles()) {
        const options = { atol: 1e-5, rtol: 1e-5, seed: 12, name: `rope and norm, ${style}` }
        const y = await run({ ...shape, inverse: false, eps: norm.eps }, x, caps)
        expectClose(y, rmsNormForward(rotated, norm), options)
        expectClose(y, ropeForward(rmsNormForward(wide, norm), shape), options)
        const lowering = rope({ ...shape, inverse: true, eps: norm.eps, grad: true }, caps)
        const back = await runLowering(lowering, { x: dOut, y: new Float32Array(x.length).fill(NaN), forward: x })
        const scale = 1 / Math.sqrt(norm.eps)
        const gradient = { ...options, atol: 1e-5 * Math.min(scale, 10), name: `gradient of ${options.name}` }
        expectClose(new Float32Array(back.y), ropeBackward(rmsNormBackward(dWide, rotated, norm), shape), gradient)
        expectClose(new Float32Array(back.y), rmsNormBackward(ropeBackward(dWide, shape), wide, norm), gradient)
      }
    },
  )

  it('the inverse undoes it', async () => {
    const shape = { ...SHAPES[1], inverse: false }
    const x = draw(shape, 6)
    const back = await run({ ...shape, inverse: true }, await run(shape, x))
    expectClose(back, x, { atol: 1e-6, rtol: 1e-6, seed: 6, name: 'rope there and back' })
  })

  it('refuses an odd head', async () => {
    const { caps } = await openDevice()
    expect(() => rope({ B: 1, T: 1, H: 1, D: 3, base: 1, inverse: false }, caps)).toThrow('head size 3 is odd')
  })
})
