// The engine's threads in Node.

import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { ThreadHost } from './engine'

/**
 * @param script the built kernelThread.ts
 * @param threads all of the processor's, if not given: whoever started this process mostly sleeps
 * @param shared false for replicas, as where a page may not share memory
 */
export function nodeHost(script: URL, threads = availableParallelism(), shared = true): ThreadHost {
  return {
    threads,
    shared,
    spawn() {
      const worker = new Worker(script)
      worker.unref() // an idle thread must not keep the process alive
      return {
        post: (message, transfer) => worker.postMessage(message, transfer),
        onMessage: (listener) => void worker.on('message', listener),
        onDeath(listener) {
          for (const event of ['error', 'messageerror'] as const) worker.on(event, (error: Error) => listener(error.message))
          worker.on('exit', (code) => listener(`a thread ended with code ${code}`))
        },
        end: () => void worker.terminate(),
      }
    },
  }
}
