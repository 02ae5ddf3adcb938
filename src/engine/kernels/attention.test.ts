// Tolerances. Inputs are standard normal, so scores, outputs and gradients are of order one; f32 rounds each
// term of a sum of at most T·D terms at 6e-8, and exp turns an absolute error of a score into a relative one of
// its probability: 1e-5 + 1e-4·|ref| holds with a margin of ten, twice that for gradients, which chain two such
// products. Where inputs are larger, the tolerance is scaled by their magnitude, as rounding is.

import { expect, it, vi } from 'vitest'
import { Rng } from '../../core/rng'
import * as reference from '../../reference/attention'
import type { Capabilities } from '../kernel'
import { describeGpu, expectClose, openDevice, runLowering } from '../testing/dawn'
import { attentionBackward, attentionForward, type AttentionShape } from './attention'

// compiling on a software adapter that others use too
vi.setConfig({ testTimeout: 180_000 })

type Inputs = Record<'q' | 'k' | 'v' | 'dOut', Float32Array>

function draw(shape: AttentionShape, seed: number, sizes: Partial<Record<keyof Inputs, number>> = {}): Inputs {
  const { B, T, H, KV, D } = shape
  const rng = new Rng(seed, 'attention')
  const fill = (heads: number, size = 1) => new Float32Array(B * T * heads * D).map(() => size * rng.normal())
  return { q: fill(H, sizes.q), k: fill(KV, sizes.k), v: fill(KV, sizes.v), dOut: fill(H, sizes.dOut) }
}

async function run(shape: AttentionShape, software: boolean, inputs: Inputs, other: Partial<Capabilities> = {}) {
  const device = await openDevice()
  const caps = { ...device.caps, software, ...other }
  const { B, T, H } = shape
  // NaN shows what is not overwritten
  const unwritten = (n: number) => new Float32Array(n).fill(NaN)
  const { q, k, v, dOut } = inputs
  const forward = { q, k, v, out: unwritten(q.length), lse: unwritten(B * H * T) }
  const { out, lse } = await runLowering(attentionForward(shape, caps), forward)
  const backward = { q, k, v, out: new Float32Array(out), lse: new Float32Array(lse), dOut,
    dQ: unwritten(q.length), dK: unwritten(k.length), dV: unwritten(k.length) } // prettier-ignore
  const { dQ, dK, dV } = await runLowering(attentionBackward(shape, caps), backward)
  return {
    out: new Float32Array(out), lse: new Float32Array(lse),
    dQ: new Float32Array(dQ), dK: new Float32Array(dK), dV: new Float32Array(dV),
  } // prettier-ignore
}

/** `sizes` scales the absolute tolerance of each result; 1 for inputs of order one. */
async function check(
  shape: AttentionShape,
  software: boolean,
  inputs: Inputs,
  seed: number | string,
  sizes: Partial<Record<'out' | 'lse' | 'dQ' | 'dK' | 'dV', number>> = {},
  other: Partial<Capabilities> = {},
) {
  const actual = await run(shape, software, inputs, other)
  const wide = (x: Float32Array) => Float64Array.from(x)
  const [q, k, v, dOut] = [wide(inputs.q), wide(inputs.k), wide(inputs.v), wide(inputs.dOut)]
  const expected = {
    ...reference.attentionForward(q, k, v, shape),
    ...reference.attentionBackward(dOut, q, k, v, shape),
  }
  for (const name of ['out', 'lse', 'dQ', 'dK', 'dV'] as const) {
    const atol = (name === 'out' || name === 'lse' ? 1e-5 : 2e-5) * (sizes[name] ?? 1)
    const label = `${software ? 'software' : 'tiled'} ${name} ${JSON.stringify(shape)}`
    expectClose(actual[name], expected[name], { atol, rtol: 1e-4, seed, name: label })
  }
}

const shape = (B: number, T: number, H: number, KV: number, D: number, window = 0, softcap = 0): AttentionShape => ({
  B, T, H, KV, D, window, softcap, scale: 1 / Math.sqrt(D),
}) // prettier-ignore

const COMMON = shape(2, 41, 4, 2, 8)
const WINDOWED = shape(1, 67, 3, 1, 18, 33, 5)

// The tiled kernels take seconds each to compile on a software adapter, so two shapes must show everything there:
// several tiles, a tail, groups, window, cap, both vector widths, more than one chunk of a head.
const shapesOf = (software: boolean) =>
  software
    ? [COMMON, WINDOWED, shape(1, 1, 1, 1, 2), shape(1, 37, 1, 1, 4, 1), shape(1, 19, 2, 1, 12, 30, 0.5)]
    : [COMMON, WINDOWED]

for (const software of [true, false]) {
  describeGpu(`attention, ${software ? 'registers and quads' : 'workgroup tiles'}`, () => {
    for (const each of shapesOf(software)) {
      const { B, T, H, KV, D, window, softcap } = each
      it(`B${B} T${T} H${H}/${KV} D${D} window ${window} cap ${softcap}`, () =>
        check(each, software, draw(each, T), T))
    }

    it('zeros: uniform attention over what is visible, and zero gradients of q and k', () =>
      check(COMMON, software, draw(COMMON, 2, { q: 0, k: 0 }), 2))

    it('constant q and k: uniform at a large score', () => {
      const inputs = draw(COMMON, 3)
      inputs.q.fill(3)
      inputs.k.fill(3)
      return check(COMMON, software, inputs, 3, { lse: 3, dQ: 10, dK: 10 })
    })

    // Scores near 1e8: softmax picks one key. dOut·v - delta cancels to rounding, which q and k magnify by 1e4.
    it('q and k of ±1e4: saturated without overflow', () =>
      check(COMMON, software, draw(COMMON, 4, { q: 1e4, k: 1e4 }), 4, { dQ: 1e4, dK: 1e4 }))

    it('everything 1e-8', () => {
      const sizes = { q: 1e-8, k: 1e-8, v: 1e-8, dOut: 1e-8 }
      return check(COMMON, software, draw(COMMON, 5, sizes), 5, { out: 1e-8, dQ: 1e-24, dK: 1e-24, dV: 1e-8 })
    })

    it('more workgroups than one dimension of the grid holds', () =>
      check(COMMON, software, draw(COMMON, 7), 7, {}, { maxWorkgroupsPerDimension: 5 }))

    it('later tokens change nothing, and two runs give the same bits', async () => {
      const inputs = draw(COMMON, 6)
      const before = await run(COMMON, software, inputs)
      expect(await run(COMMON, software, inputs)).toEqual(before)
      const { T, H, KV, D } = COMMON
      const cut = 9
      const changed = { ...inputs, k: inputs.k.slice(), v: inputs.v.slice() }
      for (let t = cut; t < T; t++) changed.k.fill(7, t * KV * D, (t + 1) * KV * D)
      for (let t = cut; t < T; t++) changed.v.fill(-7, t * KV * D, (t + 1) * KV * D)
      const after = await run(COMMON, software, changed)
      expect(after.out.slice(0, cut * H * D)).toEqual(before.out.slice(0, cut * H * D))
      expect(after.out.slice(cut * H * D, T * H * D)).not.toEqual(before.out.slice(cut * H * D, T * H * D))
    })
  })
}

describeGpu('attention without quads and at the largest head', () => {
  it('no subgroups', () => check(WINDOWED, true, draw(WINDOWED, 8), 8, {}, { subgroups: false, subgroupMinSize: 0 }))

  it('D 256, more rows than one tile', () => {
    const large = shape(1, 35, 1, 1, 256)
    return check(large, true, draw(large, 9), 9)
  })

  it('refuses an odd head and a grouping that does not divide', async () => {
    const { caps } = await openDevice()
    expect(() => attentionForward(shape(1, 4, 1, 1, 3), caps)).toThrow('head size 3')
    expect(() => attentionBackward(shape(1, 4, 3, 2, 4), caps)).toThrow('do not divide')
  })
})
