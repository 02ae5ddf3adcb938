// The engine's threads in a browser.

import type { ThreadHost } from '../engine/backends/wasm/engine'
import type { FromThread } from '../engine/backends/wasm/thread'
import kernelsAddress from './kernelsWorker?worker&url'
import { spawnWorker } from './spawn'

/**
 * One core is left for the page. Memory is shared where the page is isolated; elsewhere every thread has its own.
 * @param asked threads that somebody wants instead
 */
export function browserHost(asked: number | null = null): ThreadHost {
  return {
    threads: asked ?? Math.max(1, (navigator.hardwareConcurrency || 2) - 1),
    shared: globalThis.crossOriginIsolated,
    spawn() {
      const worker = spawnWorker(kernelsAddress, 'assay kernels')
      return {
        post: (message, transfer) => worker.postMessage(message, transfer),
        onMessage: (listener) => worker.addEventListener('message', ({ data }: MessageEvent<FromThread>) => listener(data)),
        onDeath(listener) {
          worker.addEventListener('error', (event) => listener(event.message || 'a worker failed'))
          worker.addEventListener('messageerror', () => listener('a message could not be read'))
        },
        end: () => worker.terminate(),
      }
    },
  }
}
