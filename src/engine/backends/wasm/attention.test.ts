// Tolerances as for the WGSL kernels: inputs are standard normal, or the tolerance is scaled by their magnitude.

import { expect, it } from 'vitest'
import { Rng } from '../../../core/rng'
import type { AttentionShape } from '../../../graph/tape'
import * as reference from '../../../reference/attention'
import { assertClose } from '../../testing/close'
import { BUILDS, runBoth } from '../../testing/wasm'
import { attentionBackward, attentionForward } from './lower'

type Inputs = Record<'q' | 'k' | 'v' | 'dOut', Float32Array>
type Results = Record<'out' | 'lse' | 'dQ' | 'dK' | 'dV', Float32Array>

const shape = (B: number, T: number, H: number, KV: number, D: number, window = 0, softcap = 0): AttentionShape => ({
  B, T, H, KV, D, window, softcap, scale: 1 / Math.sqrt(D),
}) // prettier-ignore

const COMMON = shape(2, 41, 4, 2, 8)
const SHAPES = [
  COMMON, shape(1, 67, 3, 1, 18, 33, 5), shape(1, 1, 1, 1, 2), shape(1, 37, 1, 1, 4, 1), shape(1, 19, 2, 1, 12, 30, 0.5),
  shape(2, 128, 2, 2, 24), shape(1, 35, 1, 1, 256),
] // prettier-ignore

function draw({ B, T, H, KV, D }: AttentionShape, seed: number, sizes: Partial<Record<keyof Inputs, number>> = {}): Inputs {
  const rng = new Rng(seed, 'attention')
  const fill = (heads: number, size = 1) => new Float32Array(B * T * heads * D).map(() => size * rng.normal())
  return { q: fill(H, sizes.q), k: fill(KV, sizes.k), v: fill(KV, sizes.v), dOut: fill(H, sizes.dOut) }
}

async function run(own: AttentionShape, inputs: Inputs, relaxed: boolean): Promise<Results> {
  const { q, k, v, dOut } = inputs
  const lseBytes = 4 * own.B * own.H * own.T
  const forward = await runBoth({ calls: [attentionForward(own)] }, { q, k, v, out: q.byteLength, lse: lseBytes }, { relaxed })
  const [out, lse] = [new Float32Array(forward.out), new Float32Array(forward.lse)]
  const tensors = { q, k, v, out, lse, dOut, dQ: q.byteLength, dK: k.byteLength, dV: k.byteLength }
  const { dQ, dK, dV } = await runBoth({ calls: attentionBackward(own) }, tensors, { relaxed })
  return { out, lse, dQ: new Float32Array(dQ), dK: new Float32Array(dK), dV: new Float32Array(dV) }
}

async function check(own: AttentionShape, inputs: Inputs, seed: number, sizes: Partial<Record<keyof Results, number>> = {}) {
  const [q, k, v, dOut] = (['q', 'k', 'v', 'dOut'] as const).map((name) => Float64Array.from(inputs[name]))
  const expected = { ...reference.attentionForward(q, k, v, own), ...reference.attentionBackward(dOut, q, k, v, own) }
  for (const relaxed of BUILDS) {
    const actual = await run(own, inputs, relaxed)
    for (const name of ['out', 'lse', 'dQ', 'dK', 'dV'] as const) {
      const atol = (name === 'out' || name === 'lse' ? 1e-5 : 2e-5) * (sizes[name] ?? 1)
      assertClose(actual[name], expected[name], { atol, rtol: 1e-4, seed, name: `${name} ${JSON.stringify(own)}` })
    }
  }
}

for (const each of SHAPES) {
  const { B, T, H, KV, D, window, softcap } = each
  it(`B${B} T${T} H${H}/${KV} D${D} window ${window} cap ${softcap}`, () => check(each, draw(each, T), T))
}

it('zeros, constants, saturated and tiny inputs', async () => {
  await check(COMMON, draw(COMMON, 2, { q: 0, k: 0 }), 2)
  const constant = draw(COMMON, 3)
  constant.q.fill(3)
  constant.k.fill(3)
  await check(COMMON, constant, 3, { lse: 3, dQ: 10, dK: 10 })
  // scores near 1e8: softmax picks one key, and dOut·v − delta cancels to rounding, which q and k magnify
  await check(COMMON, draw(COMMON, 4, { q: 1e4, k: 1e4 }), 4, { dQ: 1e4, dK: 1e4 })
  const sizes = { q: 1e-8, k: 1e-8, v: 1e-8, dOut: 1e-8 }
  await check(COMMON, draw(COMMON, 5, sizes), 5, { out: 1e-8, dQ: 1e-24, dK: 1e-24, dV: 1e-8 })
})

it('a negative scale turns the order of scores round', () => check({ ...COMMON, scale: -0.7 }, draw(COMMON, 7), 7))

it('later tokens change nothing', async () => {
  const inputs = draw(COMMON, 6)
  const { T, H, KV, D } = COMMON
  const cut = 9
  const changed = { ...inputs, k: inputs.k.slice(), v: inputs.v.slice() }
  changed.k.fill(7, cut * KV * D, T * KV * D)
  changed.v.fill(-7, cut * KV * D, T * KV * D)
  const [before, after] = [await run(COMMON, inputs, false), await run(COMMON, changed, false)]
  expect(after.out.slice(0, cut * H * D)).toEqual(before.out.slice(0, cut * H * D))
  expect(after.out.slice(cut * H * D, T * H * D)).not.toEqual(before.out.slice(cut * H * D, T * H * D))
})

it('refuses a grouping that does not divide', () => {
  expect(() => attentionForward(shape(1, 4, 3, 2, 4))).toThrow('do not divide')
})
