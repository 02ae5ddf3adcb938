// The box in a worker of its own, seen from outside: one job at a time, and whoever is late is ended with its thread.

import { LabError } from '../core/errors'
import type { ProgramSpec } from '../graph/program'
import type { Box, BoxRequest } from './contract'
import { brokenError } from './failures'
import type { BoxMessage } from './serveBox'

/** What the box needs of a Worker; Node's threads can be dressed as one (nodeBox.ts). */
export type BoxWorker = Pick<Worker, 'postMessage' | 'terminate'> & {
  addEventListener(type: 'message' | 'error', listener: EventListener): void
  removeEventListener(type: 'message' | 'error', listener: EventListener): void
}

/** Loading QuickJS, and one job including its own limit of 500 ms; past these the worker is ended. */
const READY_MS = 20_000
const JOB_MS = 2_000

/**
 * A box in a worker that is kept warm between jobs. A job that does not answer within 2 s, or that breaks the box,
 * ends its worker, and the next job gets a new one. `close` refuses whatever still waits.
 * @param spawn starts src/sandbox/boxWorker.ts as a module worker
 */
export function createWorkerBox(spawn: () => BoxWorker): Box {
  const closing = new AbortController()
  let last: Promise<unknown> = Promise.resolve()
  let warm: { worker: BoxWorker; ready: Promise<BoxMessage> } | null = start()

  function start() {
    const worker = spawn()
    const ready = nextMessage(worker, READY_MS, closing.signal)
    // told to whoever asks for the first job
    ready.catch(() => undefined)
    return { worker, ready }
  }

  function end() {
    warm?.worker.terminate()
    warm = null
  }

  async function answer(request: BoxRequest): Promise<BoxMessage> {
    closing.signal.throwIfAborted()
    warm ??= start()
    const { worker, ready } = warm
    const opened = await ready
    if (opened.kind !== 'ready') return opened
    worker.postMessage(request)
    return nextMessage(worker, JOB_MS, closing.signal)
  }

  async function runJob(request: BoxRequest): Promise<ProgramSpec> {
    let message: BoxMessage
    try {
      message = await answer(request)
    } catch (thrown) {
      end()
      throw thrown
    }
    if (message.kind === 'described') return message.program
    if (message.kind === 'ready') throw new LabError('lab.internal', 'the box answered out of turn')
    if (message.fatal) end()
    throw LabError.fromJSON(message.error)
  }

  return {
    describe(request) {
      const job = last.then(() => runJob(request))
      // the next job waits for this one, however it ends
      last = job.catch(() => undefined)
      return job
    },
    close() {
      closing.abort(new LabError('lab.state', 'the box is closed', { hint: 'Open a new one.' }))
      end()
    },
  }
}

/** The worker's next message; rejects when it crashes, is late, or the box is closed. */
function nextMessage(worker: BoxWorker, limitMs: number, closing: AbortSignal): Promise<BoxMessage> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      clearTimeout(timer)
      worker.removeEventListener('message', onMessage)
      worker.removeEventListener('error', onError)
      closing.removeEventListener('abort', onClose)
      finish()
    }
    const onMessage = (event: Event) => settle(() => resolve((event as MessageEvent<BoxMessage>).data))
    const onError = (event: Event) => settle(() => reject(brokenError((event as ErrorEvent).message)))
    const onClose = () => settle(() => reject(closing.reason))
    const timer = setTimeout(() => settle(() => reject(lateError(limitMs))), limitMs)
    worker.addEventListener('message', onMessage)
    worker.addEventListener('error', onError)
    closing.addEventListener('abort', onClose)
  })
}

function lateError(limitMs: number): LabError {
  return new LabError('sandbox.timeout', `the box did not answer within ${limitMs} ms and was ended`, {
    hint: 'Look for a loop that never ends in train.js; if there is none, the machine is very busy: try again.',
  })
}
