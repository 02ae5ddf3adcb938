// Runs kernels in Node on Dawn, so that a kernel's test is the real kernel on a real WebGPU device.
// Without an adapter the suites are skipped by name; with one, a suite that compared nothing fails.

import { appendFileSync } from 'node:fs'
import { afterAll, describe } from 'vitest'
import { create, globals } from 'webgpu'
import { LabError } from '../../core/errors'
import { capabilitiesOf, MATRIX_FEATURE, WANTED_LIMITS } from '../backends/webgpu/device'
import { pipelineOf } from '../backends/webgpu/pipelines'
import { readBack } from '../backends/webgpu/readBack'
import type { Capabilities, Lowering } from '../kernel'
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
  return { device, caps: capabilitiesOf(device, adapter.info) }
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
  for (const { name, bindings } of lowering.kernels) {
    const missing = bindings.find((binding) => !(binding.name in memory))
    if (missing) throw new LabError('gpu.shader', `${name}: no tensor for binding "${missing.name}"`)
  }
  device.pushErrorScope('validation')
  const compiled = await Promise.all(lowering.kernels.map((kernel) => pipelineOf(device, kernel))).finally(() => device.popErrorScope())
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
    const buffer = buffers.get(name) as GPUBuffer
    const { buffer: read } = await readBack(device, name, [{ buffer, offset: 0, bytes: buffer.size }])
    results[name] = (read as ArrayBuffer).slice(0, bytes)
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

/**
 * assertClose, counted: a suite on a device that compared nothing fails.
 */
export function expectClose(actual: Float32Array, expected: ArrayLike<number>, tolerance: Tolerance): void {
  comparisons++
  assertClose(actual, expected, tolerance)
}
