import { it } from 'vitest'
import * as oracle from '../../reference/softmax'
import type { Capabilities } from '../kernel'
import { describeGpu, expectClose, runLowering } from '../testing/dawn'
import { bothStyles, drawTensor, magnitude, VALUE_KINDS, type ValueKind } from '../testing/tensors'
import { softmaxBackward, softmaxForward, type SoftmaxShape } from './softmax'

const SEED = 12
const SHAPES: SoftmaxShape[] = [
  { rows: 1, C: 1 },
  { rows: 3, C: 7 },
  { rows: 70, C: 20 },
  { rows: 2, C: 4100 },
]

/** exp of an f32 difference d errs by about d·2⁻²⁴ relative and is 0 past 88: 1e-4 covers d up to 88. */
async function check({ rows, C }: SoftmaxShape, caps: Capabilities, kind: ValueKind): Promise<void> {
  const x = drawTensor(kind, rows * C, SEED)
  const { y } = await runLowering(softmaxForward({ rows, C }, caps), { x, y: x.byteLength })
  const expected = oracle.softmaxForward(Float64Array.from(x), { rows, C })
  const name = `softmax ${rows}x${C} ${kind}`
  expectClose(new Float32Array(y), expected, { atol: 1e-7, rtol: 1e-4, seed: SEED, name })

  const dOut = drawTensor(kind, rows * C, SEED + 1)
  const probabilities = new Float32Array(y)
  const lowering = softmaxBackward({ rows, C }, caps)
  const { dX } = await runLowering(lowering, { dOut, y: probabilities, dX: x.byteLength })
  // dOut − Σ dOut·y cancels: measured against dOut
  expectClose(
    new Float32Array(dX),
    oracle.softmaxBackward(Float64Array.from(dOut), Float64Array.from(probabilities), { rows, C }),
    { atol: 1e-6 * magnitude(dOut, 1e-30), rtol: 1e-4, seed: SEED, name: `${name} backward` },
  )
}

describeGpu('softmax', () => {
  it('agrees with the reference in both styles, any shape', async () => {
    for (const { caps } of await bothStyles()) {
      for (const shape of SHAPES) await check(shape, caps, 'normal')
    }
  })

  it('survives zeros, constants, 1e4 and 1e-8', async () => {
    for (const { caps } of await bothStyles()) {
      for (const kind of VALUE_KINDS) {
        for (const shape of [SHAPES[1], SHAPES[2]]) await check(shape, caps, kind)
      }
    }
  })
})
