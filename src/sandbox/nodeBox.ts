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
  return createWorkerBox(() => asWorker(new Thread(script)))
}

/** A thread with the few methods of a web Worker that the box uses. */
export function asWorker(thread: Thread): BoxWorker {
  const events = new EventTarget()
  const tell = (type: 'message' | 'error', fields: object) =>
    events.dispatchEvent(Object.assign(new Event(type), fields))
  thread.on('message', (data) => tell('message', { data }))
  thread.on('error', (error) => tell('error', { message: error.message }))
  thread.unref() // an idle box must not keep the process alive
  return {
    postMessage: (message) => thread.postMessage(message),
    terminate: () => void thread.terminate(),
    addEventListener: (type, listener) => events.addEventListener(type, listener),
    removeEventListener: (type, listener) => events.removeEventListener(type, listener),
  }
}
