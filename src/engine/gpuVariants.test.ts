// Which texts a matrix product has on a GPU; what needs Dawn's own options, and so does not run in a browser.

import { describe, expect, it } from 'vitest'
import { create, globals } from 'webgpu'
import { MATRIX_FEATURE } from './backends/webgpu/device'
import { storeAsHalf } from './half'
import type { Capabilities } from './kernel'
import { matmul, matmulKey, type MatmulShape } from './kernels/matmul'
import { splitLong } from './splitLong'

Object.assign(globalThis, globals)

// NVIDIA's, Apple's: what they have is what the texts are made for
const UNITS = [
  { type: 'f16', M: 16, N: 16, K: 16, threads: 32 },
  { type: 'f32', M: 8, N: 8, K: 8, threads: 32 },
] as const

describe('variants of a GPU', () => {
  const gpu: Capabilities = {
    backend: 'webgpu', software: false, subgroups: true, subgroupMinSize: 32, f16: true, maxWorkgroupsPerDimension: 65535,
    maxWorkgroupStorageBytes: 32768, maxInvocationsPerWorkgroup: 1024, maxStorageBuffers: 10, maxBindingBytes: 2 ** 30, maxBufferBytes: 2 ** 30,
  } // prettier-ignore
  const textOf = (shape: MatmulShape, caps: Capabilities) => matmul(shape, caps).kernels[0]
  const offered = (caps: Capabilities) => matmul({ orient: 'NN', M: 512, N: 512, K: 512 }, caps).kernels[0].tunable!.variants.join('\n')

  it('quads need subgroups of four, matrix units must be asked for', () => {
    expect(offered(gpu)).toContain('quads')
    expect(offered(gpu)).not.toContain('matrix')
    expect(offered({ ...gpu, subgroups: false, subgroupMinSize: 0 })).not.toContain('quads')
    for (const subgroupMatrix of UNITS) expect(offered({ ...gpu, subgroupMatrix })).toContain(`matrix ${subgroupMatrix.type}`)
    // a choice made with them is not followed without them
    const shape: MatmulShape = { orient: 'NN', M: 512, N: 512, K: 512 }
    const choices = { [matmulKey(shape)]: 'tiled 64x64 32x32 k16 s1 matrix f32' }
    expect(textOf(shape, { ...gpu, choices }).code).toBe(textOf(shape, gpu).code)
    expect(textOf(shape, { ...gpu, choices, subgroupMatrix: UNITS[1] }).code).toContain('subgroup_matrix_left<f32, 8, 8>')
  })

  it('one text serves every shape that ends as it does', () => {
    const at = (M: number, N: number, K: number) => textOf({ orient: 'NT', M, N, K }, gpu)
    expect(at(1024, 512, 256).code).toBe(at(512, 2048, 1024).code)
    expect(at(1024, 512, 256).constants).not.toEqual(at(512, 2048, 1024).constants)
    expect(at(1024, 512, 256).constants).toMatchObject({ M: 1024, N: 512, K: 256, ROW: 128 })
  })

  // an adapter that runs nothing, but whose compiler knows matrix units
  it('the compiler takes the texts with matrix units, in every orientation, split, with tails, as f16 and in pieces', async () => {
    const idle = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis'])
    Object.defineProperty(globalThis, 'idleInstance', { value: idle })
    const device = await (await idle.requestAdapter())!.requestDevice({ requiredFeatures: ['subgroups', 'shader-f16', MATRIX_FEATURE] })
    for (const unit of UNITS)
      for (const orient of ['NN', 'NT', 'TN'] as const)
        for (const [M, splits] of [[128, 1], [130, 2]] as const) { // prettier-ignore
          const shape: MatmulShape = { orient, M, N: M, K: M, scale: true }
          const choices = { [matmulKey(shape)]: `tiled 64x64 32x32 k16 s${splits} matrix ${unit.type}` }
          const [kernel] = matmul(shape, { ...gpu, subgroupMatrix: unit, choices }).kernels
          const half = storeAsHalf(kernel, new Set(['a']))
          const [piece] = splitLong({ kernels: [half] }, () => 0, { flops: 1, bytes: 1 }).kernels
          expect(piece.code).toContain('groupOfPiece + dispatchPiece.first')
          for (const { code } of [kernel, half, piece]) {
            device.pushErrorScope('validation')
            const { messages } = await device.createShaderModule({ code }).getCompilationInfo()
            await device.popErrorScope()
            expect(messages.map(({ message, lineNum }) => `${lineNum}: ${message}`)).toEqual([])
            expect(code).toContain('subgroupMatrixMultiplyAccumulate(')
          }
        }
    device.destroy()
  })
})
