// Runs kernels in Node on Dawn, so that a kernel's test is the real kernel on a real WebGPU device.
// Without an adapter the suites are skipped by name; with one, a suite that compared nothing fails.

import { appendFileSync } from 'node:fs'
import { afterAll, describe } from 'vitest'
import { create, globals } from 'webgpu'
import { LabError } from '../../core/errors'
import { MATRIX_FEATURE, matrixUnit, WANTED_LIMITS } from '../backends/webgpu/device'
import { BINDING_TYPES } from '../backends/webgpu/pipelines'
import type { Capabilities, Kernel, Lowering } from '../kernel'
import { assertClose, type Tolerance } from './close'

export type { Tolerance }

export interface TestDevice {
  device: GPUDevice
  caps: Capabilities
}

export type TensorInput = Float32Array | Int32Array | Uint32Array | number

Object.assign(globalThis, globals)

// Dawn's instance must outlive everything made from it, but no device keeps it alive: were it collected, the
// next callback would take the process down. Hence a reference from the global object.
const gpu = create(process.env.ASSAY_EXPERIMENTAL ? ['enable-dawn-features=allow_unsafe_apis'] : [])
Object.defineProperty(globalThis, 'dawnInstance', { value: gpu })
const adapter = await gpu.requestAdapter()
let opened: Promise<TestDevice> | null = null
let comparisons = 0

/**
 * Opens the device every test of this file shares, with the adapter's own limits and, where it has them,
 * subgroups, timestamps and f16; with ASSAY_EXPERIMENTAL set, also matrix units.
 * @throws LabError "gpu.unavailable" without an adapter; "gpu.lost" is thrown by whatever runs next
 */
export function openDevice(): Promise<TestDevice> {
  opened ??= requestDevice(adapter, WANTED_LIMITS)
  return opened
}

/**
 * Opens another device, which has no more than WebGPU gives everybody and refuses what goes beyond; the caller's.
 * @throws LabError "gpu.unavailable" without an adapter
 */
export async function openDefaultDevice(): Promise<TestDevice> {
  return requestDevice(await gpu.requestAdapter(), [])
}

async function requestDevice(adapter: GPUAdapter | null, limits: readonly (keyof GPUSupportedLimits & string)[]): Promise<TestDevice> {
  if (!adapter) {
    throw new LabError('gpu.unavailable', 'Dawn found no WebGPU adapter', {
      hint: 'Install a Vulkan driver, or point VK_ICD_FILENAMES at SwiftShader.',
    })
  }
  const wanted: GPUFeatureName[] = ['subgroups', 'timestamp-query', 'shader-f16', MATRIX_FEATURE]
  const device = await adapter.requestDevice({
    requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(limits.map((name) => [name, adapter.limits[name] as number])),
  })
  const { info } = adapter
  const subgroups = device.features.has('subgroups')
  const named = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`
  const caps: Capabilities = {
    backend: 'webgpu',
    software: info.isFallbackAdapter || /swiftshader|llvmpipe/i.test(named),
    subgroups,
    subgroupMinSize: subgroups ? info.subgroupMinSize : 0,
    subgroupMatrix: subgroups && device.features.has(MATRIX_FEATURE) ? matrixUnit(info) : undefined,
    f16: device.features.has('shader-f16'),
    maxWorkgroupsPerDimension: device.limits.maxComputeWorkgroupsPerDimension,
    maxWorkgroupStorageBytes: device.limits.maxComputeWorkgroupStorageSize,
    maxInvocationsPerWorkgroup: device.limits.maxComputeInvocationsPerWorkgroup,
    maxStorageBuffers: device.limits.maxStorageBuffersPerShaderStage,
    maxBindingBytes: device.limits.maxStorageBufferBindingSize,
    maxBufferBytes: device.limits.maxBufferSize,
  }
  return { device, caps }
}

/**
 * A suite that needs a device: skipped by name where there is none, failed where there is one but nothing
 * was compared. With ASSAY_COMPARISONS set to a file, appends the count there for the whole job's check.
 * @param needs a feature without which the suite is skipped by name, too
 */
export function describeGpu(name: string, suite: () => void, needs?: GPUFeatureName): void {
  const lacks = !adapter ? 'WebGPU adapter' : needs && !adapter.features.has(needs) ? needs : ''
  describe.skipIf(lacks)(lacks ? `${name} (skipped: no ${lacks})` : name, () => {
    suite()
    const before = comparisons
    afterAll(() => {
      const log = process.env.ASSAY_COMPARISONS
      if (log) appendFileSync(log, `${comparisons - before}\t${name}\n`)
      if (comparisons === before) throw new Error(`${name}: the suite compared no kernel with its reference`)
    })
  })
}

// Frees the device's memory before the next test file opens its own.
afterAll(async () => {
  if (!opened) return
  const { device } = await opened
  device.destroy()
})

/**
 * A clock that stands still but for the steps of sessions, which take what they are given: `msOfSession[0]` in the first
 * session opened from now on, and so forth. In force until `end`.
 */
export function clockOfSteps(device: GPUDevice, msOfSession: readonly number[]): { now: () => number; end: () => void } {
  let [time, sessions] = [0, -1]
  const [makeBuffer, submit] = [device.createBuffer.bind(device), device.queue.submit.bind(device.queue)]
  device.createBuffer = (descriptor) => {
    if (descriptor.label === 'params') sessions++
    return makeBuffer(descriptor)
  }
  device.queue.submit = (commands) => {
    time += msOfSession[sessions] ?? 0
    return submit(commands)
  }
  const end = () => Object.assign(device, { createBuffer: makeBuffer }) && Object.assign(device.queue, { submit })
  return { now: () => time, end }
}

/** How many arrays this test file has compared so far. */
export function comparisonCount(): number {
  return comparisons
}

const pipelines = new Map<string, Promise<GPUComputePipeline>>()

/** Compiles a kernel, once per text. Errors carry the WGSL line. */
export function compileKernel(device: GPUDevice, kernel: Kernel): Promise<GPUComputePipeline> {
  const key = `${kernel.name}\n${JSON.stringify(kernel.constants ?? {})}\n${kernel.code}`
  let pipeline = pipelines.get(key)
  if (!pipeline) {
    pipeline = compile(device, kernel)
    pipelines.set(key, pipeline)
  }
  return pipeline
}

async function compile(device: GPUDevice, kernel: Kernel): Promise<GPUComputePipeline> {
  device.pushErrorScope('validation')
  const module = device.createShaderModule({ label: kernel.name, code: kernel.code })
  const info = await module.getCompilationInfo()
  const invalid = await device.popErrorScope()
  const error = info.messages.find((message) => message.type === 'error')
  if (error) {
    const line = kernel.code.split('\n')[error.lineNum - 1] ?? ''
    throw new LabError('gpu.shader', `${kernel.name}:${error.lineNum}: ${error.message}\n  ${line.trim()}`)
  }
  if (invalid) throw new LabError('gpu.shader', `${kernel.name}: ${invalid.message}`)
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
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, constants: kernel.constants },
    })
  } catch (cause) {
    throw new LabError('gpu.shader', `${kernel.name}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}

/**
 * Runs a lowering's kernels in order in one pass and reads every tensor back.
 * @param tensors by binding name: contents, or a number of bytes to fill with zeros; scratch is made here
 * @param repeats run the whole list this many times over (2 shows what accumulates)
 * @returns each tensor's bytes afterwards, owned by the caller
 * @throws LabError "gpu.shader" for text that does not compile, a binding without a tensor, or invalid use
 */
export async function runLowering(
  lowering: Lowering,
  tensors: Record<string, TensorInput>,
  repeats = 1,
): Promise<Record<string, ArrayBuffer>> {
  const { device } = await openDevice()
  const memory = { ...lowering.scratch, ...lowering.constants, ...tensors }
  const compiled = await Promise.all(lowering.kernels.map((kernel) => compileKernel(device, kernel)))
  for (const { name, bindings } of lowering.kernels) {
    const missing = bindings.find((binding) => !(binding.name in memory))
    if (missing) throw new LabError('gpu.shader', `${name}: no tensor for binding "${missing.name}"`)
  }
  device.pushErrorScope('validation')
  const buffers = new Map<string, GPUBuffer>()
  for (const [name, tensor] of Object.entries(memory)) {
    buffers.set(name, makeBuffer(device, name, tensor))
  }
  const groups = lowering.kernels.map((kernel, i) =>
    device.createBindGroup({
      label: kernel.name,
      layout: compiled[i].getBindGroupLayout(0),
      entries: kernel.bindings.map(({ name }, binding) => ({
        binding,
        resource: { buffer: buffers.get(name) as GPUBuffer },
      })),
    }),
  )
  const encoder = device.createCommandEncoder()
  const pass = encoder.beginComputePass()
  for (let r = 0; r < repeats; r++) {
    for (let i = 0; i < compiled.length; i++) {
      pass.setPipeline(compiled[i])
      pass.setBindGroup(0, groups[i])
      pass.dispatchWorkgroups(...lowering.kernels[i].workgroups)
    }
  }
  pass.end()
  device.queue.submit([encoder.finish()])
  const results: Record<string, ArrayBuffer> = {}
  for (const name of Object.keys(tensors)) {
    const tensor = tensors[name]
    const bytes = typeof tensor === 'number' ? tensor : tensor.byteLength
    results[name] = await readBuffer(device, buffers.get(name) as GPUBuffer, bytes)
  }
  for (const buffer of buffers.values()) buffer.destroy()
  const invalid = await device.popErrorScope()
  if (invalid) throw new LabError('gpu.shader', invalid.message)
  return results
}

function makeBuffer(device: GPUDevice, label: string, tensor: TensorInput): GPUBuffer {
  const bytes = typeof tensor === 'number' ? tensor : tensor.byteLength
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
  const buffer = device.createBuffer({ label, size: Math.max(4, bytes), usage })
  if (typeof tensor !== 'number') device.queue.writeBuffer(buffer, 0, tensor as Float32Array<ArrayBuffer>)
  return buffer
}

async function readBuffer(device: GPUDevice, source: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
  const staging = device.createBuffer({ size: source.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })
  const encoder = device.createCommandEncoder()
  encoder.copyBufferToBuffer(source, 0, staging, 0, source.size)
  device.queue.submit([encoder.finish()])
  await staging.mapAsync(GPUMapMode.READ)
  const copy = staging.getMappedRange().slice(0, bytes)
  staging.destroy()
  return copy
}

/**
 * assertClose, counted: a suite on a device that compared nothing fails.
 */
export function expectClose(actual: Float32Array, expected: ArrayLike<number>, tolerance: Tolerance): void {
  comparisons++
  assertClose(actual, expected, tolerance)
}
