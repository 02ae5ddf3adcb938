import { expect, it } from 'vitest'
import { Rng } from '../../../core/rng'
import type { TapeOp, TapeTensor } from '../../../graph/tape'
import * as loss from '../../../reference/crossEntropy'
import * as norms from '../../../reference/norm'
import { ropeBackward, ropeForward } from '../../../reference/rope'
import * as soft from '../../../reference/softmax'
import { assertClose } from '../../testing/close'
import { drawTensor, magnitude, VALUE_KINDS, type ValueKind } from '../../testing/values'
import { BUILDS, runBoth, type TensorInput } from '../../testing/wasm'
import { lowerOp } from './lower'

const SEED = 11
const wide = (x: Float32Array) => Float64Array.from(x)
const NO_TENSORS: TapeTensor[] = []

/** Runs an op whose tensors are numbered in any way: `lowerOp`'s binding names are what counts. */
async function run(op: TapeOp, tensors: Record<string, TensorInput>, relaxed: boolean): Promise<Record<string, Float32Array>> {
  const result = await runBoth(lowerOp(op, NO_TENSORS), tensors, { relaxed })
  return Object.fromEntries(Object.entries(result).map(([name, bytes]) => [name, new Float32Array(bytes)]))
}

const SHAPES = [
  { rows: 1, C: 1, eps: 1e-5 }, { rows: 7, C: 5, eps: 1e-6 }, { rows: 13, C: 96, eps: 1e-6 }, { rows: 5, C: 131, eps: 1e-5 },
] // prettier-ignore

for (const relaxed of BUILDS) {
  for (const norm of ['rms', 'layer'] as const) {
    const forward = norm === 'rms' ? norms.rmsNormForward : norms.layerNormForward
    const backward = norm === 'rms' ? norms.rmsNormBackward : norms.layerNormBackward
    it(`${norm} norm and its gradient (relaxed: ${relaxed})`, async () => {
      const cases: [(typeof SHAPES)[number], ValueKind][] = SHAPES.map((shape) => [shape, 'normal'])
      for (const kind of VALUE_KINDS) cases.push([SHAPES[1], kind], [SHAPES[2], kind])
      for (const [shape, kind] of cases) {
        const { rows, C, eps } = shape
        const x = drawTensor(kind, rows * C, SEED)
        const dOut = drawTensor('normal', rows * C, SEED + 1)
        const before = drawTensor('normal', rows * C, SEED + 2)
        const name = `${norm} ${rows}×${C} ${kind}`
        const { y } = await run({ kind: 'norm', norm, x: 0, output: 1, ...shape }, { x, y: x.byteLength }, relaxed)
        assertClose(y, forward(wide(x), shape), { atol: 1e-5, rtol: 1e-4, seed: SEED, name })
        const expected = backward(wide(dOut), wide(x), shape)
        for (const accumulate of [false, true]) {
          const op: TapeOp = { kind: 'normGrad', norm, dOut: 0, x: 1, output: 2, ...shape, accumulate }
          const { dX } = await run(op, { dOut, x, dX: accumulate ? before : x.byteLength }, relaxed)
          for (let row = 0; row < rows; row++) {
            const range = [row * C, (row + 1) * C] as const
            const values = x.subarray(...range)
            // terms of dX nearly cancel along x, so errors are measured against them: rstd·|dOut|
            const scaled = magnitude(forward(wide(values), { rows: 1, C, eps }))
            const rstd = Math.min(1 / Math.sqrt(eps), scaled > 0 ? scaled / magnitude(values, 1e-30) : 1 / Math.sqrt(eps))
            const target = expected.subarray(...range).map((d, i) => d + (accumulate ? before[range[0] + i] : 0))
            const atol = 1e-5 * Math.max(rstd * magnitude(dOut), accumulate ? 1 : 1e-30)
            assertClose(dX.subarray(...range), target, { atol, rtol: 1e-4, seed: SEED, name: `${name} gradient` })
          }
        }
      }
    })
  }

  it(`layer norm sees small differences on a large mean; an rms factor alone, and read back (relaxed: ${relaxed})`, async () => {
    const shape = { rows: 1, C: 999, eps: 1e-5 }
    const x = drawTensor('normal', 999, SEED).map((value) => 4e4 + value)
    const { y } = await run({ kind: 'norm', norm: 'layer', x: 0, output: 1, ...shape }, { x, y: x.byteLength }, relaxed)
    assertClose(y, norms.layerNormForward(wide(x), shape), { atol: 1e-5, rtol: 1e-5, seed: SEED, name: 'mean 4e4' })
    const [small] = SHAPES.slice(2)
    const { rows, C, eps } = small
    const z = drawTensor('normal', rows * C, SEED)
    const dOut = drawTensor('normal', rows * C, SEED + 1)
    const { rstd } = await run({ kind: 'rmsScale', x: 0, output: 1, ...small }, { x: z, rstd: 4 * rows }, relaxed)
    const factors = Array.from({ length: rows }, (_, r) => {
      const row = z.subarray(r * C, (r + 1) * C)
      return 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / C + eps)
    })
    assertClose(rstd, factors, { atol: 0, rtol: 1e-6, seed: SEED, name: 'rstd' })
    const op: TapeOp = { kind: 'normGrad', norm: 'rms', dOut: 0, x: 1, output: 2, rstd: 3, ...small }
    const { dX } = await run(op, { dOut, x: z, rstds: rstd, dX: z.byteLength }, relaxed)
    const expected = norms.rmsNormBackward(wide(dOut), wide(z), small)
    assertClose(dX, expected, { atol: 2e-5, rtol: 1e-4, seed: SEED, name: 'dX from rstd' })
  })

  it(`softmax and its gradient (relaxed: ${relaxed})`, async () => {
    for (const [rows, C] of [[1, 1], [5, 7], [9, 64], [3, 257]]) // prettier-ignore
      for (const kind of VALUE_KINDS) {
        const x = drawTensor(kind, rows * C, SEED)
        const dOut = drawTensor('normal', rows * C, SEED + 1)
        const options = { rtol: 1e-4, seed: SEED, name: `softmax ${rows}×${C} ${kind}` }
        const { y } = await run({ kind: 'softmax', x: 0, output: 1, rows, C }, { x, y: x.byteLength }, relaxed)
        assertClose(y, soft.softmaxForward(wide(x), { rows, C }), { atol: 1e-7, ...options })
        const { dX } = await run({ kind: 'softmaxGrad', dOut: 0, y: 1, output: 2, rows, C }, { dOut, y, dX: x.byteLength }, relaxed)
        const expected = soft.softmaxBackward(wide(dOut), wide(y), { rows, C })
        assertClose(dX, expected, { atol: 1e-6 * magnitude(dOut), ...options })
      }
  })

  it(`cross-entropy and its gradient (relaxed: ${relaxed})`, async () => {
    const cases: [number, number, number, ValueKind][] = [
      [1, 1, 0, 'normal'], [3, 7, 15, 'normal'], [69, 64, 15, 'normal'], [37, 256, 0, 'normal'], [2, 4099, 0, 'normal'],
    ] // prettier-ignore
    for (const kind of VALUE_KINDS) cases.push([5, 33, 15, kind], [6, 64, 0, kind])
    for (const [N, V, softcap, kind] of cases) {
      const scale = 1 / N
      const logits = drawTensor(kind, N * V, SEED)
      const rng = new Rng(SEED)
      const targets = Int32Array.from({ length: N }, (_, n) => (n % 5 === 4 ? -1 : rng.int(V)))
      const capped = softcap > 0 ? wide(logits).map((z) => softcap * Math.tanh(z / softcap)) : wide(logits)
      const natsExpected = loss.crossEntropyForward(capped, targets, { N, V })
      const slope = (i: number) => (softcap > 0 ? 1 - Math.tanh(logits[i] / softcap) ** 2 : 1)
      const expected = loss.crossEntropyBackward(capped, targets, { N, V }, scale).map((d, i) => d * slope(i))
      for (const gradient of [false, true]) {
        const op: TapeOp = { kind: 'crossEntropy', logits: 0, targets: 1, nats: 2, N, V, scale, softcap, gradient }
        const after = await run(op, { logits, targets, nats: 4 * N }, relaxed)
        const name = `${N}×${V} cap ${softcap} ${kind}`
        assertClose(after.nats, natsExpected, { atol: 3e-6, rtol: 1e-5, seed: SEED, name: `${name} nats` })
        if (!gradient) expect(after.logits).toEqual(logits)
        else assertClose(after.logits, expected, { atol: 2e-6 * scale, rtol: 1e-4, seed: SEED, name: `${name} gradient` })
      }
    }
  })

  it(`rope, its inverse, with the norm, and the gradient of that (relaxed: ${relaxed})`, async () => {
    for (const [B, T, H, D, base] of [[1, 1, 1, 2, 1e4], [2, 7, 3, 6, 1e4], [1, 67, 2, 24, 100], [1, 2048, 1, 16, 2e5]]) {
      const x = drawTensor('normal', B * T * H * D, SEED)
      const forward = drawTensor('normal', x.length, SEED + 1)
      const shape = { B, T, H, D, base }
      const rows = { rows: B * T * H, C: D, eps: 1e-6 }
      const y = x.byteLength
      for (const inverse of [false, true]) {
        const turned = (inverse ? ropeBackward : ropeForward)(wide(x), shape)
        const op = { kind: 'rope' as const, x: 0, output: 1, ...shape, inverse }
        const options = { rtol: 1e-5, seed: SEED, name: `rope T${T} D${D} inverse ${inverse}` }
        assertClose((await run(op, { x, y }, relaxed)).y, turned, { atol: 1e-6, ...options })
        const normed = await run({ ...op, eps: 1e-6 }, { x, y }, relaxed)
        assertClose(normed.y, norms.rmsNormForward(turned, rows), { atol: 1e-5, ...options })
        const grad = await run({ ...op, eps: 1e-6, forward: 2 }, { x, y, forward }, relaxed)
        assertClose(grad.y, norms.rmsNormBackward(turned, wide(forward), rows), { atol: 3e-5, ...options })
      }
    }
  })
}
