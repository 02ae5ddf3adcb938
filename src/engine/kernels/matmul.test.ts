import { expect, it } from 'vitest'
import { Rng } from '../../core/rng'
import { linearForward } from '../../reference/linear'
import { MATRIX_FEATURE } from '../backends/webgpu/device'
import { describeGpu, expectClose, openDevice, runLowering } from '../testing/dawn'
import { operands, SIZES, tolerance } from '../testing/products'
import type { Capabilities } from '../kernel'
import { matmul, matmulKey, type MatmulShape } from './matmul'
import type { Finish } from './matmulStore'

type Size = [M: number, N: number, K: number]

// Vectors with tails on every side, and odd sides. A large tile or a barrier costs a second to compile on a
// software adapter: most are tried small, of which the large ones are only more.
const VARIANTS: [variant: string, sizes: Size[]][] = [
  ['software 4x4 4x1', [[36, 44, 52]]],
  ['software 8x4 4x2 quads', [[64, 64, 32]]],
  ['software 12x8 8x1 quads', [[36, 44, 52]]],
  ['software 8x8 4x1 quads', [[40, 56, 24]]],
  ['software 8x8 2x2', [[40, 56, 24]]],
  ['tiled 32x16 4x4 k8 s1', [[36, 44, 52], [35, 45, 53]]],
  ['tiled 16x32 4x4 k4 s3', [[35, 45, 53]]],
  ['tiled 16x32 4x4 k8 s2 quads', [[35, 45, 53]]],
] // prettier-ignore

/** This adapter's capabilities with one variant forced on a product. */
async function forced(shape: MatmulShape, variant: string): Promise<Capabilities> {
  const { caps } = await openDevice()
  return { ...caps, choices: { [matmulKey(shape)]: variant } }
}

describeGpu('matmul', () => {
  for (const orient of ['NN', 'NT', 'TN'] as const) {
    it(`${orient} matches the oracle on awkward sizes`, async () => {
      const { caps } = await openDevice()
      const software = { ...caps, software: true, choices: {} }
      for (const [seed, [M, N, K]] of SIZES.entries()) {
        const { a, b, expected } = operands(orient, M, N, K, new Rng(seed))
        for (const own of caps.subgroups ? [software, { ...software, subgroups: false }] : [software]) {
          const out = await runLowering(matmul({ orient, M, N, K }, own), { a, b, c: M * N * 4 })
          expectClose(new Float32Array(out.c), expected, { ...tolerance(K), seed, name: `${orient} ${M}×${N}×${K}` })
        }
      }
    })

    it(`${orient} matches the oracle in every variant`, async () => {
      for (const [variant, sizes] of VARIANTS)
        for (const [seed, [M, N, K]] of sizes.entries()) {
          const { a, b, expected } = operands(orient, M, N, K, new Rng(seed))
          const lowering = matmul({ orient, M, N, K }, await forced({ orient, M, N, K }, variant))
          expect(lowering.kernels.length).toBe(/ s[23]/.test(variant) ? 2 : 1)
          const out = await runLowering(lowering, { a, b, c: M * N * 4 })
          expectClose(new Float32Array(out.c), expected, { ...tolerance(K), seed, name: `${orient} ${M}×${N}×${K} ${variant}` })
        }
    })
  }

  it('the largest tiles match the oracle', async () => {
    for (const variant of ['software 32x8 4x1 quads', 'tiled 64x32 8x8 k8 s1']) {
      const [M, N, K] = [64, 64, 32]
      const { a, b, expected } = operands('NT', M, N, K, new Rng(2))
      const shape: MatmulShape = { orient: 'NT', M, N, K }
      const out = await runLowering(matmul(shape, await forced(shape, variant)), { a, b, c: M * N * 4 })
      expectClose(new Float32Array(out.c), expected, { ...tolerance(K), seed: 2, name: variant })
    }
  })

  // vectors, odd sides in registers, odd sides in workgroup memory, a split sum
  const FINISHERS: [variant: string, size: Size][] = [
    ['software 8x4 4x1', [20, 24, 16]],
    ['software 8x8 4x1', [24, 16, 16]],
    ['software 8x4 4x1', [19, 22, 17]],
    ['tiled 32x16 4x4 k8 s1', [20, 24, 16]],
    ['tiled 16x32 4x4 k4 s2', [19, 22, 17]],
  ]
  for (const [variant, [M, N, K]] of FINISHERS)
    it(`scale, mix, epilogue, accumulate, batch: ${variant} on ${M}×${N}×${K}`, async () => {
      const rng = new Rng(5)
      const draw = (length: number) => Float32Array.from({ length }, () => rng.normal())
      const { a, b, expected } = operands('NT', M, N, K, rng)
      const run = async (finish: Finish, extra: Record<string, Float32Array | number>, repeats = 1) => {
        const shape: MatmulShape = { orient: 'NT', M, N, K, ...finish }
        return runLowering(matmul(shape, await forced(shape, variant)), { a, b, c: M * N * 4, ...extra }, repeats)
      }
      const check = (out: ArrayBuffer, f: (c: number, i: number) => number, name: string) =>
        expectClose(new Float32Array(out), Float64Array.from(expected, f), { ...tolerance(K), seed: 5, name })
      const d = draw(M * N)
      const mixed = await run({ mix: true }, { d, mixture: Float32Array.of(-0.5, 3) })
      check(mixed.c, (c, i) => -0.5 * c + 3 * d[i], 'mixed')
      const scale = draw(M)
      const inputs = { e0: draw(N), e1: d, e2: draw(M), e3: draw(1) }
      const steps = [
        { fn: 'add', args: [0, 1] }, // the value and a bias
        { fn: 'relu', args: [-1] },
        { fn: 'mul', args: [-2, 2] },
        { fn: 'add', args: [-3, 3] },
        { fn: 'mul', args: [-4, 4] },
      ]
      const epilogue = { inputShapes: [[1, N], [M, N], [M, 1], [1, 1]], steps, pre: true } // prettier-ignore
      const { c, pre } = await run({ scale: true, epilogue, accumulate: true }, { scale, ...inputs, pre: M * N * 4 }, 2)
      const row = (i: number) => Math.floor(i / N)
      check(pre, (x, i) => x * scale[row(i)], 'pre')
      const { e0, e2, e3 } = inputs
      check(c, (x, i) => 2 * e3[0] * (Math.max(0, x * scale[row(i)] + e0[i % N]) * d[i] + e2[row(i)]), 'epilogue, twice')
      const stride = 512
      const stacked = new Float32Array(2 * stride)
      stacked.set(a, 0)
      for (const [i, x] of a.entries()) stacked[stride + i] = 2 * x
      const shape: MatmulShape = { orient: 'NT', M, N, K, batch: { count: 2, a: stride, b: 0, c: stride } }
      const both = await runLowering(matmul(shape, await forced(shape, variant)), { a: stacked, b, c: 2 * stride * 4 })
      const values = new Float32Array(both.c)
      check(values.slice(0, M * N).buffer, (x) => x, 'batch 0')
      check(values.slice(stride, stride + M * N).buffer, (x) => 2 * x, 'batch 1')
      // a transposed A is scaled along the sum
      const across = operands('TN', M, N, K, rng)
      const factors = draw(K)
      const shapeTN: MatmulShape = { orient: 'TN', M, N, K, scale: true }
      const outTN = await runLowering(matmul(shapeTN, await forced(shapeTN, variant)), { a: across.a, b: across.b, c: M * N * 4, scale: factors })
      const scaledA = across.a.map((x, i) => x * factors[Math.floor(i / M)])
      const columns = (x: Float32Array, cols: number) => Float64Array.from({ length: x.length }, (_, i) => x[(i % K) * cols + Math.floor(i / K)])
      const expectedTN = linearForward(columns(scaledA, M), columns(across.b, N), null, { M, K, N })
      expectClose(new Float32Array(outTN.c), expectedTN, { ...tolerance(K), seed: 5, name: 'TN with scale' })
    })

  for (const [variant, side] of [['software 8x4 4x1 quads', 76], ['software 8x8 4x1 quads', 72], ['software 8x4 4x1', 37], ['tiled 32x16 4x4 k8 s1', 37], ['tiled 16x32 4x4 k8 s1', 40]] as const) // prettier-ignore
    it(`half of a symmetric product and its mirror: ${variant} on ${side}`, async () => {
      for (const orient of ['NT', 'TN'] as const) {
        const K = 24
        const x = Float32Array.from({ length: side * K }, ((rng) => () => rng.normal())(new Rng(6)))
        const at = (i: number, k: number) => (orient === 'NT' ? x[i * K + k] : x[k * side + i])
        const rows = Float64Array.from({ length: side * K }, (_, i) => at(Math.floor(i / K), i % K))
        const gram = linearForward(rows, rows, null, { M: side, K, N: side })
        const d = Float32Array.from(gram)
        const stride = Math.ceil((side * side) / 4) * 4
        const shape: MatmulShape = { orient, M: side, N: side, K, mix: true, symmetric: true, batch: { count: 1, a: side * K, b: side * K, c: stride } }
        const tensors = { a: x, b: x, c: 4 * side * side, d, mixture: Float32Array.of(2, -0.5) }
        const c = new Float32Array((await runLowering(matmul(shape, await forced(shape, variant)), tensors)).c)
        expectClose(c, gram.map((v) => 1.5 * v), { ...tolerance(K), seed: 6, name: `${orient} ${side}` }) // prettier-ignore
        for (let i = 0; i < side; i++) for (let j = 0; j < i; j++) expect(c[i * side + j]).toBe(c[j * side + i])
      }
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

describeGpu(
  'matmul by matrix units',
  () => {
    it('matches the oracle as far as its operands are rounded', async () => {
      const { type } = (await openDevice()).caps.subgroupMatrix!
      for (const orient of ['NN', 'NT', 'TN'] as const)
        for (const [M, N, K, splits] of [[128, 64, 64, 1], [131, 73, 53, 1], [131, 73, 53, 2]]) { // prettier-ignore
          const { a, b, expected } = operands(orient, M, N, K, new Rng(3))
          const shape: MatmulShape = { orient, M, N, K }
          const variant = `tiled 64x64 32x32 k16 s${splits} matrix ${type}`
          const lowering = matmul(shape, await forced(shape, variant))
          expect(lowering.kernels[0].code).toContain('subgroupMatrixMultiplyAccumulate(')
          const out = await runLowering(lowering, { a, b, c: M * N * 4 })
          const within = type === 'f16' ? { atol: 4e-3 * Math.sqrt(K), rtol: 1e-2 } : tolerance(K)
          expectClose(new Float32Array(out.c), expected, { ...within, seed: 3, name: `${orient} ${M}×${N}×${K} ${variant}` })
        }
    })
  },
  MATRIX_FEATURE,
)
