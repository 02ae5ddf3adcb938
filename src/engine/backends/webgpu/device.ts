// Opens an adapter and says plainly what it is, or why there is none.

import { LabError } from '../../../core/errors'
import type { Capabilities } from '../../kernel'
import type { Engine } from '../backend'
import { onDevice } from './executor'

export interface OpenedDevice extends Engine {
  readonly device: GPUDevice
}

/** Whether an engine is a device, rather than the processor. */
export function isDevice(engine: Engine): engine is OpenedDevice {
  return engine.caps.backend === 'webgpu'
}

/** What an engine on a device is made of. */
export function engineOf(device: GPUDevice, caps: Capabilities, info: Engine['info'], faults: string[] = []): OpenedDevice {
  const lost = device.lost.then(({ message }) => message)
  return { ...onDevice(device), device, caps, info, faults, lost, destroy: () => device.destroy() }
}

/** Limits the engine can use more of than WebGPU guarantees; asked for as far as the adapter goes. */
export const WANTED_LIMITS = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxStorageBuffersPerShaderStage',
] as const

/** Matrix units, which browsers give only to those who allow unsafe WebGPU; unknown to the types, as its adapter info is. */
export const MATRIX_FEATURE = 'chromium-experimental-subgroup-matrix' as GPUFeatureName
interface MatrixConfig {
  componentType: string
  resultComponentType: string
  M: number
  N: number
  K: number
}

/** The first sizes and types of an adapter's matrix units that sum in f32, f32 operands before f16 ones. */
function matrixUnit(info: GPUAdapterInfo): Capabilities['subgroupMatrix'] {
  const { subgroupMatrixConfigs = [] } = info as GPUAdapterInfo & { subgroupMatrixConfigs?: readonly MatrixConfig[] }
  for (const type of ['f32', 'f16'] as const) {
    const found = subgroupMatrixConfigs.find((each) => each.componentType === type && each.resultComponentType === 'f32')
    if (found) return { type, M: found.M, N: found.N, K: found.K, threads: info.subgroupMaxSize ?? 32 }
  }
  return undefined
}

/**
 * Opens a device with every limit and feature the engine can use.
 * @param gpu navigator.gpu, or Dawn's in Node; undefined where the browser has none
 * @param options.experimental asks for matrix units, too, where the adapter has them
 * @throws LabError "gpu.unavailable"; its data.cause is "missing", "insecure" or "adapter"
 */
export async function openDevice(gpu: GPU | undefined, { experimental = false } = {}): Promise<OpenedDevice> {
  if (!gpu) throw unavailable(globalThis.isSecureContext === false ? 'insecure' : 'missing')
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter) throw unavailable('adapter')
  const wanted: GPUFeatureName[] = ['subgroups', 'shader-f16', 'timestamp-query']
  if (experimental) wanted.push(MATRIX_FEATURE)
  const features = wanted.filter((feature) => adapter.features.has(feature))
  const requiredLimits = Object.fromEntries(WANTED_LIMITS.map((name) => [name, adapter.limits[name]]))
  let device: GPUDevice
  try {
    device = await adapter.requestDevice({ label: 'assay', requiredFeatures: features, requiredLimits })
  } catch (cause) {
    throw new LabError('gpu.unavailable', 'The graphics adapter refused a device', {
      hint: 'Close other tabs that use the GPU and reload; if it stays so, restart the browser.',
      data: { cause: 'device' },
      cause,
    })
  }
  const faults: string[] = []
  device.addEventListener('uncapturederror', ({ error }) => faults.push(error.message))
  const { info } = adapter
  const integrated = /intel|apple|qualcomm|arm|img/i.test(info.vendor) && !/arc/i.test(info.description)
  const { vendor, architecture } = info
  return engineOf(device, capabilitiesOf(device, info), { vendor, architecture, description: info.description || info.device, integrated }, faults)
}

/** What a device (or an adapter) says of itself, as far as kernels care. */
export function capabilitiesOf({ features, limits }: Pick<GPUDevice, 'features' | 'limits'>, info: GPUAdapterInfo): Capabilities {
  const subgroups = features.has('subgroups')
  return {
    backend: 'webgpu',
    software: info.isFallbackAdapter || /swiftshader|llvmpipe|basic render|warp/i.test(`${info.architecture} ${info.description} ${info.device}`),
    subgroups,
    subgroupMinSize: subgroups ? (info.subgroupMinSize ?? 4) : 0,
    subgroupMatrix: subgroups && features.has(MATRIX_FEATURE) ? matrixUnit(info) : undefined,
    f16: features.has('shader-f16'),
    maxWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    maxWorkgroupStorageBytes: limits.maxComputeWorkgroupStorageSize,
    maxInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxStorageBuffers: limits.maxStorageBuffersPerShaderStage,
    maxBindingBytes: limits.maxStorageBufferBindingSize,
    maxBufferBytes: limits.maxBufferSize,
  }
}

function unavailable(cause: 'missing' | 'insecure' | 'adapter'): LabError {
  const messages = {
    missing: 'This browser has no WebGPU',
    insecure: 'WebGPU is only given to secure pages',
    adapter: 'WebGPU is here, but it found no graphics adapter',
  }
  const hints = {
    missing: 'Use Chrome or Edge 113+, Safari 26+, or Firefox 141+ on Windows (145+ on Apple silicon).',
    insecure: 'Open the page over https, or from localhost.',
    adapter:
      'On Linux, start Chrome with --enable-unsafe-webgpu --enable-features=Vulkan; elsewhere turn on "Use graphics acceleration" in the settings and update the driver.',
  }
  return new LabError('gpu.unavailable', messages[cause], { hint: hints[cause], data: { cause } })
}
