// Tolerances. Inputs are standard normal, so scores, outputs and gradients are of order one; f32 rounds each
// term of a sum of at most T·D terms at 6e-8, and exp turns an absolute error of a score into a relative one of
// its probability: 1e-5 + 1e-4·|ref| holds with a margin of ten, twice that for gradients, which chain two such
// products. Where inputs are larger, the tolerance is scaled by their magnitude, as rounding is.

import { expect, it, vi } from 'vitest'
import { Rng } from '../../core/rng'
import type { AttentionShape } from '../../graph/tape'
import * as reference from '../../reference/attention'
import { storeAsHalf } from '../half'
import type { Capabilities, Lowering } from '../kernel'
import { describeGpu, expectClose, openDevice, runLowering, type Tolerance } from '../testing/dawn'
import { attentionBackward, attentionForward } from './attention'

// compiling on a software adapter that others use too
vi.setConfig({ testTimeout: 180_000 })

type Inputs = Record<'q' | 'k' | 'v' | 'dOut', Float32Array>

function draw(shape: AttentionShape, seed: number, sizes: Partial<Record<keyof Inputs, number>> = {}): Inputs {
  const { B, T, H, KV, D } = shape
  const rng = new Rng(seed, 'attention')
  const fill = (heads: number, size = 1) => new Float32Array(B * T * heads * D).map(() => size * rng.normal())
  return { q: fill(H, sizes.q), k: fill(KV, sizes.k), v: fill(KV, sizes.v), dOut: fill(H, sizes.dOut) }
}

interface Results {
  out: Float32Array
  lse: Float32Array
  dQ: Float32Array
  dK: Float32Array
  dV: Float32Array
}

/** With `half`, every tensor but lse is stored as f16. */
async function run(shape: AttentionShape, software: boolean, inputs: Inputs, other: Partial<Capabilities> = {}, half = false) {
  const device = await openDevice()
  const caps = { ...device.caps, software, ...other }
  const { B, T, H } = shape
  const stored = (x: Float32Array) => (half ? packHalves(x) : x)
  const loaded = (x: ArrayBuffer) => (half ? unpackHalves(x) : new Float32Array(x))
  // NaN shows what is not overwritten
  const unwritten = (n: number) => stored(new Float32Array(n).fill(NaN))
  const [q, k, v, dOut] = [inputs.q, inputs.k, inputs.v, inputs.dOut].map(stored)
  const stores = (lowering: Lowering) => (half ? { ...lowering, kernels: lowering.kernels.map((k) => storeAsHalf(k, HALVES)) } : lowering)
  const forward = { q, k, v, out: unwritten(inputs.q.length), lse: new Float32Array(B * H * T).fill(NaN) }
  const { out, lse } = await runLowering(stores(attentionForward(shape, caps)), forward)
  const backward = { q, k, v, out: new Uint32Array(out), lse: new Float32Array(lse), dOut,
    dQ: unwritten(inputs.q.length), dK: unwritten(inputs.k.length), dV: unwritten(inputs.k.length) } // prettier-ignore
  const { dQ, dK, dV } = await runLowering(stores(attentionBackward(shape, caps)), backward)
  return { out: loaded(out), lse: new Float32Array(lse), dQ: loaded(dQ), dK: loaded(dK), dV: loaded(dV) }
}

const HALVES = new Set(['q', 'k', 'v', 'out', 'dOut', 'dQ', 'dK', 'dV'])

/** Two f16 to a word. Exact for NaN, 0 and values that f16 holds as normal numbers. */
function packHalves(x: Float32Array): Uint32Array {
  const bits = new Uint32Array(x.buffer, x.byteOffset, x.length)
  const half = (i: number) => {
    if (x[i] === 0) return 0
    if (Number.isNaN(x[i])) return 0x7e00
    return ((bits[i] >>> 16) & 0x8000) | ((((bits[i] >>> 23) & 255) - 112) << 10) | ((bits[i] >>> 13) & 1023)
  }
  return Uint32Array.from({ length: x.length / 2 }, (_, i) => half(2 * i) | (half(2 * i + 1) << 16))
}

function unpackHalves(buffer: ArrayBuffer): Float32Array {
  return Float32Array.from(new Uint16Array(buffer), (h) => {
    const [exponent, fraction] = [(h >>> 10) & 31, h & 1023]
    const size = exponent === 31 ? NaN : exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25)
    return h & 0x8000 ? -size : size
  })
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
  compare(actual, shape, inputs, (name) => ({
    atol: (name === 'out' || name === 'lse' ? 1e-5 : 2e-5) * (sizes[name] ?? 1),
    rtol: 1e-4,
    seed,
    name: `${software ? 'software' : 'tiled'} ${name} ${JSON.stringify(shape)}`,
  }))
}

function compare(actual: Results, shape: AttentionShape, inputs: Inputs, tolerance: (name: keyof Results) => Tolerance): void {
  const wide = (x: Float32Array) => Float64Array.from(x)
  const [q, k, v, dOut] = [wide(inputs.q), wide(inputs.k), wide(inputs.v), wide(inputs.dOut)]
  const expected = {
    ...reference.attentionForward(q, k, v, shape),
    ...reference.attentionBackward(dOut, q, k, v, shape),
  }
  for (const name of ['out', 'lse', 'dQ', 'dK', 'dV'] as const) expectClose(actual[name], expected[name], tolerance(name))
}

const shape = (B: number, T: number, H: number, KV: number, D: number, window = 0, softcap = 0): AttentionShape => ({
  B, T, H, KV, D, window, softcap, scale: 1 / Math.sqrt(D),
}) // prettier-ignore

const COMMON = shape(2, 41, 4, 2, 16)
const WINDOWED = shape(1, 67, 3, 1, 18, 33, 5)

// The tiled kernels take long to compile on a software adapter, so few shapes must show everything there: several
// tiles, a tail, groups, window, cap, both vector widths, more vectors of a head than are staged at a time.
const shapesOf = (software: boolean) =>
  software
    ? [COMMON, WINDOWED, shape(1, 1, 1, 1, 2), shape(1, 37, 1, 1, 4, 1), shape(1, 19, 2, 1, 24, 30, 0.5),
       shape(1, 37, 2, 2, 32, 3), shape(1, 21, 1, 1, 64, 9), shape(1, 21, 1, 1, 128)]
    : [COMMON, shape(1, 67, 3, 1, 34, 33, 5)] // prettier-ignore

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

// f16 rounds at 2^-11, relative: results, and out before the backward takes it.
describeGpu(
  'attention stored as f16',
  () => {
    for (const software of [true, false]) {
      it(software ? 'registers and quads' : 'workgroup tiles', async () => {
        const inputs = draw(COMMON, 10)
        for (const x of Object.values(inputs)) for (let i = 0; i < x.length; i++) x[i] = Math.round(x[i] * 64) / 64
        const actual = await run(COMMON, software, inputs, {}, true)
        compare(actual, COMMON, inputs, (name) => ({
          atol: name === 'lse' ? 1e-5 : 2e-3, rtol: name === 'lse' ? 1e-4 : 1e-3, seed: 10, name: `f16 ${name}`,
        })) // prettier-ignore
      })
    }
  },
  'shader-f16',
)

describeGpu('attention without quads and at the largest head', () => {
  it('no subgroups', () => check(WINDOWED, true, draw(WINDOWED, 8), 8, {}, { subgroups: false, subgroupMinSize: 0 }))

  it('D 256, more rows than one tile', () => {
    const large = shape(1, 11, 1, 1, 256)
    return check(large, true, draw(large, 9), 9)
  })

  it('count the work that is not masked', async () => {
    const { caps } = await openDevice()
    const { D } = WINDOWED
    const pairs = 3 * ((34 * 35) / 2 + 33 * 34)
    const [forward, q, kv] = [attentionForward(WINDOWED, caps), attentionBackward(WINDOWED, caps)].flatMap((l) => l.kernels)
    expect([forward.flops, q.flops, kv.flops]).toEqual([4 * D * pairs, 6 * D * pairs, 8 * D * pairs])
  })

  it('refuses an odd head and a grouping that does not divide', async () => {
    const { caps } = await openDevice()
    expect(() => attentionForward(shape(1, 4, 1, 1, 3), caps)).toThrow('head size 3')
    expect(() => attentionBackward(shape(1, 4, 3, 2, 4), caps)).toThrow('do not divide')
  })
})
