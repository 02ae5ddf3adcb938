import { Worker } from 'node:worker_threads'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { Trainer } from '../judge/types'
import { hostTrainer } from './trainerHost'

/**
 * The trainer in a worker thread, in Node.
 * @param entry the built src/worker/trainerThread.ts
 */
export function createNodeTrainer(entry: URL): Trainer {
  return hostTrainer(() => {
    const worker = new Worker(entry)
    return {
      endpoint: nodeEndpoint(worker),
      end: () => void worker.terminate(),
      onDeath: (listener) => worker.on('error', (error) => listener(error.message)),
    }
  })
}
