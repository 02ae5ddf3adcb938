import type { Trainer } from '../judge/types'
import { nameOf } from './experimental'
import { spawnWorker } from './spawn'
import trainerAddress from './trainer?worker&url'
import { hostTrainer } from './trainerHost'

/** The trainer in a worker of its own, in a browser. */
export function createWorkerTrainer(): Trainer {
  return hostTrainer(() => {
    const worker = spawnWorker(trainerAddress, nameOf('assay trainer', self.name))
    return {
      endpoint: worker,
      end: () => worker.terminate(),
      onDeath: (listener) => worker.addEventListener('error', (event) => listener(event.message || 'the worker failed')),
    }
  })
}
