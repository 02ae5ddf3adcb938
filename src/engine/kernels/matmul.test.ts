import { expect, it } from 'vitest'
import { Rng } from '../../core/rng'
import { linearForward } from '../../reference/linear'
import { describeGpu, expectClose, openDevice, runLowering } from '../testing/dawn'
import { matmul, type MatmulShape, type Orient } from './matmul'

const SIZES: [number, number, number][] = [
  [1, 1, 1],
  [3, 5, 7],
  [4, 4, 4],
  [17, 12, 8],
  [16, 260, 20],
  [65, 33, 31],
  [68, 132, 36],
  [128, 96, 64],
]

/** The tiled kernel guards every side alike, and a barrier costs a second to compile on a software adapter. */
const HARDWARE_SIZES: typeof SIZES = [
  [3, 5, 7],
  [68, 132, 36],
]

/** op(A) [M,K] and op(B)ᵀ [N,K] laid out for the orientation. */
function operands(orient: Orient, M: number, N: number, K: number, rng: Rng, scale = 1) {
  const a = Float32Array.from({ length: M * K }, () => scale * rng.normal())
  const bT = Float32Array.from({ length: N * K }, () => rng.normal())
  const flip = (x: Float32Array, rows: number, cols: number) =>
    Float32Array.from({ length: rows * cols }, (_, i) => x[(i % rows) * cols + Math.floor(i / rows)])
  const expected = linearForward(Float64Array.from(a), Float64Array.from(bT), null, { M, K, N })
  return { a: orient === 'TN' ? flip(a, M, K) : a, b: orient === 'NT' ? bT : flip(bT, N, K), expected }
}

// sums of K products in another order than the oracle's: the error grows with √K
const tolerance = (K: number, scale = 1) => ({ atol: 1e-5 * Math.sqrt(K) * scale, rtol: 1e-4 })

describeGpu('matmul', () => {
  for (const orient of ['NN', 'NT', 'TN'] as const)
    for (const style of ['software', 'software without subgroups', 'hardware'] as const)
      it(`${orient} ${style} matches the oracle on awkward sizes`, async () => {
        const { caps } = await openDevice()
        const own = { ...caps, software: style !== 'hardware', subgroups: style === 'software' && caps.subgroups }
        for (const [seed, [M, N, K]] of (own.software ? SIZES : HARDWARE_SIZES).entries()) {
          const { a, b, expected } = operands(orient, M, N, K, new Rng(seed))
          const out = await runLowering(matmul({ orient, M, N, K }, own), { a, b, c: M * N * 4 })
          expectClose(new Float32Array(out.c), expected, { ...tolerance(K), seed, name: `${orient} ${M}×${N}×${K}` })
        }
      })

  for (const software of [true, false])
    it(`epilogues: accumulate, mix, bias, batch (software: ${software})`, async () => {
      const { caps } = await openDevice()
      const own = { ...caps, software }
      const [M, N, K] = [20, 24, 16]
      const rng = new Rng(5)
      const { a, b, expected } = operands('NT', M, N, K, rng)
      const d = Float32Array.from({ length: M * N }, () => rng.normal())
      const bias = Float32Array.from({ length: N }, () => rng.normal())
      const shape: MatmulShape = { orient: 'NT', M, N, K }
      const check = (out: ArrayBuffer, f: (c: number, i: number) => number, name: string) =>
        expectClose(new Float32Array(out), Float64Array.from(expected, f), { ...tolerance(K), seed: 5, name })
      const twice = await runLowering(matmul({ ...shape, accumulate: true }, own), { a, b, c: M * N * 4 }, 2)
      check(twice.c, (c) => 2 * c, 'accumulate')
      const mixture = Float32Array.of(-0.5, 3)
      const mixed = await runLowering(matmul({ ...shape, mix: true }, own), { a, b, c: M * N * 4, d, mixture })
      check(mixed.c, (c, i) => -0.5 * c + 3 * d[i], 'mixed')
      const shifted = await runLowering(matmul({ ...shape, bias: true }, own), { a, b, c: M * N * 4, bias })
      check(shifted.c, (c, i) => c + bias[i % N], 'bias')
      const stride = 512
      const stacked = new Float32Array(2 * stride)
      stacked.set(a, 0)
      stacked.set(
        a.map((x) => 2 * x),
        stride,
      )
      const batch = { count: 2, a: stride, b: 0, c: stride }
      const both = await runLowering(matmul({ ...shape, batch }, own), { a: stacked, b, c: 2 * stride * 4 })
      const c = new Float32Array(both.c)
      check(c.slice(0, M * N).buffer, (x) => x, 'batch 0')
      check(c.slice(stride, stride + M * N).buffer, (x) => 2 * x, 'batch 1')
    })

  it('large, tiny, zero and constant operands', async () => {
    const { caps } = await openDevice()
    for (const scale of [0, 1e-8, 1e4]) {
      const { a, b, expected } = operands('NN', 32, 32, 64, new Rng(9), scale)
      const out = await runLowering(matmul({ orient: 'NN', M: 32, N: 32, K: 64 }, caps), { a, b, c: 4096 })
      expectClose(new Float32Array(out.c), expected, { ...tolerance(64, scale), seed: 9, name: `scale ${scale}` })
      if (scale === 0) expect(new Float32Array(out.c).every((x) => x === 0)).toBe(true)
    }
  })
})
