import { expect, it } from 'vitest'
import { Rng } from '../../core/rng'
import * as oracle from '../../reference/crossEntropy'
import type { Capabilities } from '../kernel'
import { describeGpu, expectClose, runLowering } from '../testing/dawn'
import { bothStyles, drawTensor, VALUE_KINDS, type ValueKind } from '../testing/tensors'
import { crossEntropy } from './crossEntropy'

const SEED = 13

interface Case {
  N: number
  V: number
  softcap: number
}

const CASES: Case[] = [
  { N: 1, V: 1, softcap: 0 },
  { N: 3, V: 7, softcap: 15 },
  { N: 69, V: 64, softcap: 15 },
  { N: 37, V: 256, softcap: 0 },
  { N: 2, V: 4099, softcap: 0 },
]

function truth(z: Float64Array, targets: Int32Array, { N, V, softcap }: Case, scale: number) {
  const capped = softcap > 0 ? z.map((value) => softcap * Math.tanh(value / softcap)) : z
  const slope = softcap > 0 ? z.map((value) => 1 - Math.tanh(value / softcap) ** 2) : z.map(() => 1)
  return {
    nats: oracle.crossEntropyForward(capped, targets, { N, V }),
    gradient: oracle.crossEntropyBackward(capped, targets, { N, V }, scale).map((d, i) => d * slope[i]),
  }
}

/**
 * Logits of magnitude L are subtracted in f32 and tanh and exp are good to a few ulp: 1e-6 absolute plus 1e-5 of
 * the value for nats; the gradient is scale × a probability: 2e-6 × scale plus 1e-4.
 */
async function check(shape: Case, caps: Capabilities, kind: ValueKind): Promise<void> {
  const { N, V, softcap } = shape
  const scale = 1 / N
  const logits = drawTensor(kind, N * V, SEED)
  const rng = new Rng(SEED)
  const targets = Int32Array.from({ length: N }, (_, n) => (n % 5 === 4 ? -1 : rng.int(V)))
  const expected = truth(Float64Array.from(logits), targets, shape, scale)
  const name = `cross-entropy ${N}x${V} cap ${softcap} ${kind}`
  for (const gradient of [false, true]) {
    const lowering = crossEntropy({ ...shape, scale, gradient }, caps)
    const result = await runLowering(lowering, { logits, targets, nats: new Float32Array(N).fill(9) })
    const nats = new Float32Array(result.nats)
    expectClose(nats, expected.nats, { atol: 3e-6, rtol: 1e-5, seed: SEED, name: `${name} nats` })
    const after = new Float32Array(result.logits)
    if (!gradient) expect(after).toEqual(logits)
    else expectClose(after, expected.gradient, { atol: 2e-6 * scale, rtol: 1e-4, seed: SEED, name: `${name} gradient` })
  }
}

describeGpu('cross-entropy', () => {
  it('agrees with the reference in both styles, any shape', async () => {
    for (const { caps } of await bothStyles()) {
      for (const shape of CASES) await check(shape, caps, 'normal')
    }
  })

  it('survives zeros, constants, 1e4 and 1e-8, with and without a soft cap', async () => {
    for (const { caps } of await bothStyles()) {
      for (const kind of VALUE_KINDS) {
        for (const shape of [CASES[2], CASES[3]]) await check(shape, caps, kind)
      }
    }
  })

  it('gives ln V for equal logits and nothing for ignored targets', async () => {
    for (const { caps } of await bothStyles()) {
      const lowering = crossEntropy({ N: 2, V: 50, scale: 1, gradient: true, softcap: 0 }, caps)
      const tensors = { logits: new Float32Array(100).fill(-7), targets: new Int32Array([49, -1]), nats: 8 }
      const result = await runLowering(lowering, tensors)
      const options = { atol: 1e-6, rtol: 1e-6, seed: 0 }
      expectClose(new Float32Array(result.nats), [Math.log(50), 0], { ...options, name: 'nats' })
      const gradient = Float64Array.from({ length: 100 }, (_, i) => (i > 49 ? 0 : i === 49 ? 0.02 - 1 : 0.02))
      expectClose(new Float32Array(result.logits), gradient, { ...options, name: 'gradient' })
    }
  })
})
