// What trains the models: the person's choice, and how it is called on the page.

import type { AdapterInfo, BackendChoice } from '../../judge/types'
import { plural } from './format'
import type { GpuSupport } from './gpuSupport'

const KEY = 'assay.backend'

export const BACKEND_CHOICES: readonly { value: BackendChoice; label: string }[] = [
  { value: 'auto', label: 'Automatic' },
  { value: 'webgpu', label: 'Graphics card (WebGPU)' },
  { value: 'wasm', label: 'Processor (WebAssembly)' },
]

/** The choice of last time; it belongs to the machine, so it is no part of a shared address. */
export function loadBackend(): BackendChoice {
  try {
    const saved = localStorage.getItem(KEY)
    return BACKEND_CHOICES.find(({ value }) => value === saved)?.value ?? 'auto'
  } catch {
    return 'auto'
  }
}

export function saveBackend(choice: BackendChoice): void {
  try {
    localStorage.setItem(KEY, choice)
  } catch {
    // private windows may refuse storage: the choice then lasts as long as the page
  }
}

function threadsOf({ threads = 1, replicas = 1 }: AdapterInfo): string {
  return plural(threads * replicas, 'thread')
}

/** In a few words: 'SwiftShader', 'Processor, 2 threads'. */
export function engineName(adapter: AdapterInfo): string {
  if (adapter.backend === 'wasm') return `Processor, ${threadsOf(adapter)}`
  const name = adapter.description || [adapter.vendor, adapter.architecture].filter(Boolean).join(' ') || 'GPU'
  return /swiftshader/i.test(name) ? 'SwiftShader' : name
}

/** In full: 'Your processor: WebAssembly SIMD, 2 threads'. */
export function engineLine(adapter: AdapterInfo): string {
  if (adapter.backend === 'webgpu') return `${engineName(adapter)}, through WebGPU${adapter.tier === 'software' ? ' (emulated in software)' : ''}`
  const each = (adapter.replicas ?? 1) > 1 ? ', each with its own memory' : ''
  return `Your processor: WebAssembly SIMD, ${threadsOf(adapter)}${each}`
}

/** Why the processor was taken although nobody asked for it; empty where that is not so. */
export function whyProcessor(adapter: AdapterInfo, choice: BackendChoice, support: GpuSupport | null): string {
  if (adapter.backend !== 'wasm' || choice !== 'auto' || !support) return ''
  return support.what || 'The graphics adapter of this device was tried for a moment and was slower.'
}
