import { expect, it } from 'vitest'
import * as oracle from '../../reference/norm'
import type { Capabilities, Lowering } from '../kernel'
import { describeGpu, expectClose, runLowering } from '../testing/dawn'
import { bothStyles, drawTensor, magnitude, narrowGpu, VALUE_KINDS, type ValueKind } from '../testing/tensors'
import { layerNormBackward, layerNormForward, rmsNormBackward, rmsNormForward, rmsNormScale, type NormShape } from './norm'

type Forward = (x: Float64Array, shape: NormShape) => Float64Array
type Backward = (dOut: Float64Array, x: Float64Array, shape: NormShape) => Float64Array
type Build = (shape: NormShape, caps: Capabilities) => Lowering

const SEED = 11
const SHAPES: NormShape[] = [
  { rows: 1, C: 1, eps: 1e-6 },
  { rows: 3, C: 7, eps: 1e-6 },
  { rows: 67, C: 24, eps: 1e-6 },
  { rows: 5, C: 1031, eps: 1e-6 },
  { rows: 2, C: 260, eps: 1e-5 },
]

const OPS: { name: string; forward: [Build, Forward]; backward: [Build, Backward] }[] = [
  {
    name: 'rmsNorm',
    forward: [rmsNormForward, oracle.rmsNormForward],
    backward: [rmsNormBackward, oracle.rmsNormBackward],
  },
  {
    name: 'layerNorm',
    forward: [layerNormForward, oracle.layerNormForward],
    backward: [layerNormBackward, oracle.layerNormBackward],
  },
]

/** f32 sums of C products err by about √C/8 ulp; outputs are of order 1, so 1e-5 leaves room. */
async function checkForward([build, truth]: [Build, Forward], shape: NormShape, caps: Capabilities, kind: ValueKind) {
  const x = drawTensor(kind, shape.rows * shape.C, SEED)
  const { y } = await runLowering(build(shape, caps), { x, y: x.byteLength })
  const name = `${build.name} ${shape.rows}x${shape.C} ${kind}`
  const expected = truth(Float64Array.from(x), shape)
  expectClose(new Float32Array(y), expected, { atol: 1e-5, rtol: 1e-4, seed: SEED, name })
}

/**
 * The terms of dX, each as large as rstd·|dOut|, nearly cancel along x (and along 1), so the error is measured
 * against the largest of them: 1e-5 of it.
 */
async function checkBackward([build, truth]: [Build, Backward], shape: NormShape, caps: Capabilities, kind: ValueKind) {
  const { rows, C, eps } = shape
  const x = drawTensor(kind, rows * C, SEED)
  const dOut = drawTensor('normal', rows * C, SEED + 1)
  const { dX } = await runLowering(build(shape, caps), { dOut, x, dX: x.byteLength })
  const expected = truth(Float64Array.from(dOut), Float64Array.from(x), shape)
  for (let row = 0; row < rows; row++) {
    const values = x.subarray(row * C, (row + 1) * C)
    const spread = build === layerNormBackward ? oracle.layerNormForward : oracle.rmsNormForward
    // rstd, from how much the forward scaled the row
    const scaled = magnitude(spread(Float64Array.from(values), { rows: 1, C, eps }))
    const rstd = Math.min(1 / Math.sqrt(eps), scaled > 0 ? scaled / magnitude(values, 1e-30) : 1 / Math.sqrt(eps))
    expectClose(new Float32Array(dX).subarray(row * C, (row + 1) * C), expected.subarray(row * C, (row + 1) * C), {
      atol: 1e-5 * Math.max(rstd * magnitude(dOut), 1e-30),
      rtol: 1e-4,
      seed: SEED,
      name: `${build.name} ${rows}x${C} row ${row} ${kind}`,
    })
  }
}

describeGpu('norms', () => {
  it.each(OPS)('$name agrees with the reference in both styles, any shape', async ({ forward, backward }) => {
    for (const { caps } of await bothStyles()) {
      for (const shape of SHAPES) {
        await checkForward(forward, shape, caps, 'normal')
        await checkBackward(backward, shape, caps, 'normal')
      }
    }
  })

  it.each(OPS)('$name survives zeros, constants, 1e4 and 1e-8', async ({ forward, backward }) => {
    for (const { caps } of await bothStyles()) {
      for (const kind of VALUE_KINDS) {
        for (const shape of [SHAPES[1], SHAPES[2]]) {
          await checkForward(forward, shape, caps, kind)
          await checkBackward(backward, shape, caps, kind)
        }
      }
    }
  })

  it('sees small differences on a large mean', async () => {
    const shape = { rows: 1, C: 999, eps: 1e-5 }
    const noise = drawTensor('normal', 999, SEED)
    for (const offset of [1e4 / 3, 40_000]) {
      const x = noise.map((value) => offset + value)
      const dOut = drawTensor('normal', 999, SEED + 1)
      for (const { caps } of await bothStyles()) {
        const forward = await runLowering(layerNormForward(shape, caps), { x, y: x.byteLength })
        const backward = await runLowering(layerNormBackward(shape, caps), { dOut, x, dX: x.byteLength })
        const options = { atol: 1e-5, rtol: 1e-5, seed: SEED, name: `mean ${offset}` }
        const wide = Float64Array.from(x)
        expectClose(new Float32Array(forward.y), oracle.layerNormForward(wide, shape), options)
        const dX = oracle.layerNormBackward(Float64Array.from(dOut), wide, shape)
        expectClose(new Float32Array(backward.dX), dX, options)
      }
    }
  })

  it.each(OPS)('the gradient of $name adds to what is there', async ({ name, backward: [build, truth] }) => {
    const shape = { ...SHAPES[2], accumulate: true }
    const { rows, C } = shape
    const [x, dOut, before] = [SEED, SEED + 1, SEED + 2].map((seed) => drawTensor('normal', rows * C, seed))
    const expected = truth(Float64Array.from(dOut), Float64Array.from(x), shape).map((value, i) => value + before[i])
    for (const { caps } of await bothStyles()) {
      const { dX } = await runLowering(build(shape, caps), { dOut, x, dX: before })
      expectClose(new Float32Array(dX), expected, { atol: 2e-5, rtol: 1e-4, seed: SEED, name })
    }
  })

  it("a row's factor alone, and the gradient that reads it", async () => {
    for (const shape of SHAPES) {
      const { rows, C, eps } = shape
      const x = drawTensor('normal', rows * C, SEED)
      const dOut = drawTensor('normal', rows * C, SEED + 1)
      const rows1 = Array.from({ length: rows }, (_, row) => x.subarray(row * C, (row + 1) * C))
      const factors = rows1.map((row) => 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / C + eps))
      for (const { style, caps } of await bothStyles()) {
        const { rstd } = await runLowering(rmsNormScale(shape, caps), { x, rstd: new Float32Array(rows).fill(NaN) })
        expectClose(new Float32Array(rstd), factors, { atol: 0, rtol: 1e-5, seed: SEED, name: `rstd ${style}` })
        const lowering = rmsNormBackward({ ...shape, rstd: true }, caps)
        const { dX } = await runLowering(lowering, { dOut, x, dX: x.byteLength, rstds: new Float32Array(rstd) })
        const whole = await runLowering(rmsNormBackward(shape, caps), { dOut, x, dX: x.byteLength })
        const options = { atol: 1e-5 * Math.max(1, ...factors), rtol: 1e-4, seed: SEED, name: `dX from rstd ${style}` }
        expectClose(new Float32Array(dX), new Float32Array(whole.dX), options)
      }
    }
  })

  it('covers every row when the grid is folded', async () => {
    const caps = await narrowGpu()
    const shape = { rows: 131, C: 33, eps: 1e-6 }
    expect(rmsNormForward(shape, caps).kernels[0].workgroups[1]).toBeGreaterThan(1)
    await checkForward(OPS[0].forward, shape, caps, 'normal')
    await checkBackward(OPS[1].backward, shape, caps, 'normal')
  })
})
