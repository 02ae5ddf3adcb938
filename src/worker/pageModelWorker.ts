// Entry of the worker in which a language model runs: one model a worker.

import { expose } from 'comlink'
import runtimeAddress from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url'
import wasmAddress from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url'
import { openBrowserCache } from '../data/opfsCache'
import { capabilitiesOf } from '../engine/backends/webgpu/device'
import { createPageEngine } from '../research/models/page/engine'
import type { PageModelEngine } from '../research/models/page/types'
import { throwJson } from './border'
import { threadsAsked } from './experimental'
import { spawnWorker } from './spawn'

/** More would wait for memory rather than compute. */
const MOST_THREADS = 8

// ONNX Runtime starts its threads by their address, which the page's policy refuses; like ours, they begin as text
self.Worker = function (address: string | URL, options?: WorkerOptions) {
  return spawnWorker(String(address), options?.name ?? '')
} as unknown as typeof Worker

/** An adapter that only emulates a GPU is slower than the processor itself. */
async function realAdapter(): Promise<{ f16: boolean } | null> {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null)
  if (!adapter) return null
  const { software, f16 } = capabilitiesOf(adapter, adapter.info)
  return software ? null : { f16 }
}

// one core is left for the page; memory can be shared only where the page is isolated
const cores = Math.min(MOST_THREADS, Math.max(1, (navigator.hardwareConcurrency || 2) - 1))

const engine = createPageEngine({
  cache: () => openBrowserCache('assay-models'),
  adapter: realAdapter,
  // the build that has WebGPU and the processor, in every browser
  runtime: { mjs: new URL(runtimeAddress, import.meta.url).href, wasm: new URL(wasmAddress, import.meta.url).href },
  threads: self.crossOriginIsolated ? (threadsAsked(self.name) ?? cores) : 1,
})
expose(throwJson<PageModelEngine>(engine))
