// Compiled pipelines, kept per device: an experiment that changes one knob recompiles only what that knob touches.

import { LabError } from '../../../core/errors'
import type { Access, Kernel } from '../../kernel'

/** Pipelines, and texts, kept per device; the least recently used pipelines go first, and the oldest texts. */
const CACHE_SIZE = 600

/** What WebGPU calls the ways in which a kernel uses a buffer. */
const BINDING_TYPES: Record<Access, GPUBufferBindingType> = { read: 'read-only-storage', read_write: 'storage', uniform: 'uniform' }

/** A dispatch ready to encode: nothing about it changes from step to step. */
export interface Dispatch {
  pipeline: GPUComputePipeline
  group: GPUBindGroup
  workgroups: readonly [number, number, number]
}

/** Dispatches that run in one compute pass. */
export type DispatchList = readonly Dispatch[]

const caches = new WeakMap<GPUDevice, Map<string, Promise<GPUComputePipeline>>>()
const modules = new WeakMap<GPUDevice, Map<string, GPUShaderModule>>()

/**
 * Compiles a kernel, or returns the compiled one. Many may be asked for at once: they compile in parallel.
 * @throws LabError "gpu.shader" with the line of WGSL
 */
export function pipelineOf(device: GPUDevice, kernel: Kernel): Promise<GPUComputePipeline> {
  let cache = caches.get(device)
  if (!cache) caches.set(device, (cache = new Map()))
  const key = `${JSON.stringify(kernel.constants ?? {})}${kernel.code}`
  const found = cache.get(key)
  if (found) {
    cache.delete(key)
    cache.set(key, found)
    return found
  }
  const made = compile(device, kernel)
  cache.set(key, made)
  if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value!)
  return made
}

/** A shader module per text: kernels that differ only in their `override` constants share it. */
function moduleOf(device: GPUDevice, { name, code }: Kernel): GPUShaderModule {
  let cache = modules.get(device)
  if (!cache) modules.set(device, (cache = new Map()))
  const found = cache.get(code)
  if (found) return found
  const made = device.createShaderModule({ label: name, code })
  cache.set(code, made)
  if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value!)
  return made
}

async function compile(device: GPUDevice, kernel: Kernel): Promise<GPUComputePipeline> {
  const module = moduleOf(device, kernel)
  const layout = device.createBindGroupLayout({
    label: kernel.name,
    entries: kernel.bindings.map(({ access }, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: BINDING_TYPES[access] },
    })),
  })
  try {
    return await device.createComputePipelineAsync({
      label: kernel.name,
      layout: device.createPipelineLayout({ label: kernel.name, bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main', constants: kernel.constants },
    })
  } catch (cause) {
    const { messages } = await module.getCompilationInfo()
    const error = messages.find((message) => message.type === 'error')
    const line = (error && kernel.code.split('\n')[error.lineNum - 1]) ?? ''
    const where = error ? `:${error.lineNum}: ${error.message}\n  ${line.trim()}` : `: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new LabError('gpu.shader', kernel.name + where, {
      hint: 'This adapter cannot compile one of the kernels: please report it with the name of the adapter.',
      data: { kernel: kernel.name },
      cause,
    })
  }
}
