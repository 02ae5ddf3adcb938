import { expect, it } from 'vitest'
import { Rng } from '../../../core/rng'
import { assertClose } from '../../testing/close'
import { operands, SIZES, tolerance } from '../../testing/products'
import { BUILDS, runBoth, runWasm } from '../../testing/wasm'
import { matmul, type MatmulShape } from './matmul'

for (const relaxed of BUILDS) {
  for (const orient of ['NN', 'NT', 'TN'] as const)
    it(`${orient} matches the oracle on awkward sizes, however it is cut (relaxed: ${relaxed})`, async () => {
      for (const [seed, [M, N, K]] of SIZES.entries()) {
        const { a, b, expected } = operands(orient, M, N, K, new Rng(seed))
        const out = await runBoth(matmul({ orient, M, N, K }), { a, b, c: M * N * 4 }, { relaxed })
        assertClose(new Float32Array(out.c), expected, { ...tolerance(K), seed, name: `${orient} ${M}×${N}×${K}` })
      }
    })

  it(`accumulate, scale, mix, bias, epilogue, batch (relaxed: ${relaxed})`, async () => {
    const [M, N, K] = [22, 27, 16]
    const rng = new Rng(5)
    const draw = (length: number) => Float32Array.from({ length }, () => rng.normal())
    for (const orient of ['NN', 'NT', 'TN'] as const) {
      const { a, b, expected } = operands(orient, M, N, K, rng)
      const shape: MatmulShape = { orient, M, N, K }
      const c = M * N * 4
      const check = (out: ArrayBuffer, f: (c: number, i: number) => number, name: string) =>
        assertClose(new Float32Array(out), Float64Array.from(expected, f), { ...tolerance(K), seed: 5, name: `${orient} ${name}` })

      const twice = await runWasm(matmul({ ...shape, accumulate: true }), { a, b, c: new Float32Array(M * N) }, { relaxed, repeats: 2 })
      check(twice.c, (x) => 2 * x, 'accumulate')

      const d = draw(M * N)
      const mixture = Float32Array.of(-0.5, 3)
      const mixed = await runBoth(matmul({ ...shape, mix: true }), { a, b, c, d, mixture }, { relaxed })
      check(mixed.c, (x, i) => -0.5 * x + 3 * d[i], 'mixed')

      const scale = orient === 'TN' ? new Float32Array(K).fill(-1.5) : draw(M)
      const scaled = await runBoth(matmul({ ...shape, scale: true }), { a, b, c, scale }, { relaxed })
      check(scaled.c, (x, i) => x * (orient === 'TN' ? -1.5 : scale[Math.floor(i / N)]), 'scaled')

      const e0 = draw(N)
      const bias = { inputShapes: [[1, N]], steps: [{ fn: 'add', args: [0, 1] }], pre: false }
      const shifted = matmul({ ...shape, epilogue: bias })
      expect(shifted.calls).toHaveLength(1)
      check((await runBoth(shifted, { a, b, c, e0 }, { relaxed })).c, (x, i) => x + e0[i % N], 'bias')

      const full = draw(M * N)
      const steps = [{ fn: 'square', args: [0] }, { fn: 'sub', args: [-1, 1] }] // prettier-ignore
      for (const pre of [false, true])
        for (const accumulate of [false, true]) {
          const lowering = matmul({ ...shape, accumulate, epilogue: { inputShapes: [[M, N]], steps, pre } })
          const tensors = { a, b, c: new Float32Array(M * N).fill(2), e0: full, ...(pre ? { pre: c } : {}) }
          const out = await runBoth(lowering, tensors, { relaxed })
          const was = accumulate ? 2 : 0
          assertClose(new Float32Array(out.c), Float64Array.from(expected, (x, i) => was + x * x - full[i]), {
            atol: 1e-3, rtol: 1e-4, seed: 5, name: 'epilogue',
          }) // prettier-ignore
          if (pre) check(out.pre, (x) => x, 'pre')
        }

      const stride = 640
      const stacked = new Float32Array(2 * stride)
      stacked.set(a, 0)
      stacked.set(a.map((x) => 2 * x), stride) // prettier-ignore
      const batch = { count: 2, a: stride, b: 0, c: stride }
      const both = new Float32Array((await runBoth(matmul({ ...shape, batch }), { a: stacked, b, c: 2 * stride * 4 }, { relaxed })).c)
      check(both.slice(0, M * N).buffer, (x) => x, 'batch 0')
      check(both.slice(stride, stride + M * N).buffer, (x) => 2 * x, 'batch 1')
    }
  })

  it(`symmetric products equal the full ones bit for bit (relaxed: ${relaxed})`, async () => {
    for (const [seed, [n, K]] of [[1, 3], [8, 8], [21, 40], [96, 24]].entries()) // prettier-ignore
      for (const orient of ['NT', 'TN'] as const) {
        const rng = new Rng(seed, 'symmetric')
        const a = Float32Array.from({ length: n * K }, () => rng.normal())
        const shape = { orient, M: n, N: n, K, mix: false }
        const tensors = { a, b: a, c: n * n * 4 }
        const half = await runBoth(matmul({ ...shape, symmetric: true }), tensors, { relaxed })
        const full = await runWasm(matmul(shape), tensors, { relaxed })
        expect(new Float32Array(half.c)).toEqual(new Float32Array(full.c))
      }
  })
}

it('large, tiny, zero and constant operands', async () => {
  for (const scale of [0, 1e-8, 1e4]) {
    const { a, b, expected } = operands('NN', 32, 32, 64, new Rng(9), scale)
    const out = await runWasm(matmul({ orient: 'NN', M: 32, N: 32, K: 64 }), { a, b, c: 4096 })
    assertClose(new Float32Array(out.c), expected, { ...tolerance(64, scale), seed: 9, name: `scale ${scale}` })
  }
})
