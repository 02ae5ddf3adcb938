import { describe, expect, it } from 'vitest'
import type { AdapterInfo } from '../../judge/types'
import { engineLine, engineName, whyProcessor } from './engine'
import { explain, readAgent } from './gpuSupport'

const GPU: AdapterInfo = {
  backend: 'webgpu', vendor: 'nvidia', architecture: 'hopper', description: '', tier: 'discrete',
  subgroups: true, f16: true, caps: {
    backend: 'webgpu', software: false, subgroups: true, subgroupMinSize: 0, f16: true, maxWorkgroupsPerDimension: 65535,
    maxWorkgroupStorageBytes: 16384, maxInvocationsPerWorkgroup: 256, maxStorageBuffers: 8, maxBindingBytes: 1e9, maxBufferBytes: 1e9,
  },
} // prettier-ignore
const CPU: AdapterInfo = { ...GPU, backend: 'wasm', vendor: '', architecture: 'wasm', tier: 'software', threads: 3, replicas: 1 }

describe('what trains', () => {
  it('is named with what it has', () => {
    expect(engineName(GPU)).toBe('nvidia hopper')
    expect(engineLine(GPU)).toBe('nvidia hopper, through WebGPU')
    expect(engineLine(CPU)).toBe('Your processor: WebAssembly SIMD, 3 threads')
    expect(engineLine({ ...CPU, threads: 1, replicas: 2 })).toContain('2 threads, each with its own memory')
    expect(engineName({ ...CPU, threads: 1 })).toBe('Processor, 1 thread')
  })

  it('says why it is the processor only where nobody asked for it', () => {
    const missing = explain('missing', readAgent(''))
    expect(whyProcessor(CPU, 'auto', missing)).toContain('navigator.gpu is missing')
    expect(whyProcessor(CPU, 'auto', { ...missing, ok: true, what: '' })).toContain('slower')
    expect(whyProcessor(CPU, 'wasm', missing)).toBe('')
    expect(whyProcessor(GPU, 'auto', missing)).toBe('')
  })
})
