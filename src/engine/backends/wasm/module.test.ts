import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { BUILDS } from '../../testing/wasm'
import { compileAssembly, VARIANTS } from './build/assemblyPlugin.mjs'
import { instantiateKernels, KERNEL_NAMES } from './kernels'
import { compileKernels } from './module'

for (const relaxed of BUILDS)
  for (const shared of [false, true])
    it(`the build with relaxed ${relaxed} and shared ${shared} runs over its kind of memory, and has every kernel`, async () => {
      const module = await compileKernels(shared, relaxed)
      const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'function')
      expect(functions.map(({ name }) => name).sort()).toEqual([...KERNEL_NAMES].sort())
      const memory = new WebAssembly.Memory({ initial: 1, ...(shared ? { shared, maximum: 65536 } : {}) })
      const kernels = await instantiateKernels(module, memory)
      kernels.fill(0, 1, 1024, 5, 2.5)
      expect([...new Float32Array(memory.buffer, 1024, 6)]).toEqual([2.5, 2.5, 2.5, 2.5, 2.5, 0])
      const other = new WebAssembly.Memory({ initial: 1, ...(shared ? {} : { shared: true, maximum: 65536 }) })
      await expect(instantiateKernels(module, other)).rejects.toThrow(WebAssembly.LinkError)
    })

it('each build is small', async () => {
  for (const variant of VARIANTS) {
    const asText = Buffer.from(await compileAssembly(variant)).toString('base64')
    expect(gzipSync(asText).length).toBeLessThan(40_000)
  }
})
