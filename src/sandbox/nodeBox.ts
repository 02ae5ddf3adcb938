// The box in a thread of its own in Node, where QuickJS on the main thread could be held up by one slow builtin.

import { Worker as Thread } from 'node:worker_threads'
import type { Box } from './contract'
import type { BoxWorker } from './workerBox'
import { createWorkerBox } from './workerBox'

/**
 * A box in a worker thread, ended and replaced like the browser's.
 * @param script the built src/sandbox/boxThread.ts
 */
export function createThreadBox(script: URL): Box {
  return createWorkerBox(() => threadWorker(new Thread(script)))
}

/** A thread as a box's worker. */
export function threadWorker(thread: Thread): BoxWorker {
  thread.unref() // an idle box must not keep the process alive
  return {
    post: (request) => thread.postMessage(request),
    onMessage: (listener) => void thread.on('message', listener),
    onDeath: (listener) => void thread.on('error', (error) => listener(error.message)),
    end: () => void thread.terminate(),
  }
}
