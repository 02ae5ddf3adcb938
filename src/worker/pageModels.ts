// Models in the page, seen from the lab worker: each in a worker of its own, started with the first question.

import { proxy, wrap } from 'comlink'
import type { SpawnedEngine } from '../research/models/page/client'
import type { PageModelEngine } from '../research/models/page/types'
import { fromWorker } from './border'
import { nameOf } from './experimental'
import modelAddress from './pageModelWorker?worker&url'
import { spawnWorker } from './spawn'

/** Starts a worker for a model; nothing is loaded into it yet. */
export function spawnPageModel(): SpawnedEngine {
  const worker = spawnWorker(modelAddress, nameOf('assay model', self.name))
  const remote = wrap<PageModelEngine>(worker)
  return {
    engine: {
      load: (spec, onProgress) => fromWorker(remote.load(spec, proxy(onProgress))),
      generate: (request, onText) => fromWorker(remote.generate(request, proxy(onText))),
      interrupt: () => fromWorker(remote.interrupt()),
      forget: (spec) => fromWorker(remote.forget(spec)),
    },
    end: () => worker.terminate(),
    onDeath: (listener) => worker.addEventListener('error', (event) => listener(event.message || 'the worker failed')),
  }
}
