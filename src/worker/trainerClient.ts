import type { Trainer } from '../judge/types'
import { nameOf } from './experimental'
import { hostTrainer } from './trainerHost'

/** The trainer in a worker of its own, in a browser. */
export function createWorkerTrainer(): Trainer {
  return hostTrainer(() => {
    const worker = new Worker(new URL('./trainer.ts', import.meta.url), { type: 'module', name: nameOf('assay trainer', self.name) })
    return {
      endpoint: worker,
      end: () => worker.terminate(),
      onDeath: (listener) => worker.addEventListener('error', (event) => listener(event.message || 'the worker failed')),
    }
  })
}
