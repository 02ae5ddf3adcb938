// The box in a worker of its own, seen from outside: one job at a time, and whoever is late, says too much or breaks
// is ended with its worker. One implementation for a page's frame and for Node's thread.

import { LabError } from '../core/errors'
import type { ProgramSpec } from '../graph/program'
import type { BoxAnswer } from './answer'
import type { Box, BoxRequest } from './contract'
import { brokenError } from './failures'
import { checkRequest, isSpent, readAnswer } from './readAnswer'

/** A box's worker, wherever it runs: a thread (nodeBox.ts), a worker in a frame (src/worker/frameBox.ts). */
export interface BoxWorker {
  post(request: BoxRequest): void
  /** Whatever the worker says; nothing about it is known yet. Called once. */
  onMessage(listener: (message: unknown) => void): void
  /** The worker died. Called once. */
  onDeath(listener: (reason: string) => void): void
  /** Ends the worker in the middle of whatever it does. */
  end(): void
}

/** Loading QuickJS, and one job: its steps are counted, but a builtin may take any time. Past these the worker is ended. */
const READY_MS = 20_000
const JOB_MS = 5_000

/**
 * A box in a worker that is kept warm between jobs. A job that is not answered within 5 s or that breaks the box ends
 * its worker, and another one is started for the next job. `close` refuses whatever still waits.
 * @param spawn starts a worker with serveBox.ts inside
 */
export function createWorkerBox(spawn: () => BoxWorker): Box {
  let closed: LabError | null = null
  let last: Promise<unknown> = Promise.resolve()
  let warm = start()

  function start(): Line {
    const line = openLine(spawn())
    line.ready.catch(() => undefined) // told to whoever asks for the first job
    return line
  }

  async function runJob(request: BoxRequest): Promise<ProgramSpec> {
    if (closed) throw closed
    checkRequest(request)
    if (warm.ended) warm = start() // it spoke or died between jobs
    const answer = await warm.ask(request)
    const { programOf } = await import('./programOf')
    try {
      return await programOf(answer, request)
    } catch (thrown) {
      // no honest box writes what cannot even be read
      if (isSpent(answer) || LabError.from(thrown).code === 'sandbox.output') warm.end()
      throw thrown
    }
  }

  return {
    describe(request) {
      const job = last.then(() => runJob(request)).finally(() => {
        if (warm.ended && !closed) warm = start()
      })
      // the next job waits for this one, however it ends
      last = job.catch(() => undefined)
      return job
    },
    close() {
      closed = new LabError('lab.state', 'the box is closed', { hint: 'Open a new one.' })
      warm.end(closed)
    },
  }
}

/** One worker and what is waited for from it. Every failure ends it. */
interface Line {
  readonly ready: Promise<void>
  readonly ended: boolean
  ask(request: BoxRequest): Promise<BoxAnswer>
  /** @param reason what whoever waits is told */
  end(reason?: unknown): void
}

function openLine(worker: BoxWorker): Line {
  let waiting: { resolve(answer: BoxAnswer): void; reject(error: unknown): void } | null = null
  let ended = false

  function end(reason?: unknown): void {
    if (ended) return
    ended = true
    worker.end()
    waiting?.reject(reason)
  }

  worker.onMessage((message) => {
    if (ended) return
    // one text a question: nobody who speaks unasked can be believed the next time
    if (waiting === null) return end()
    try {
      const answer = readAnswer(message)
      waiting.resolve(answer)
      waiting = null
    } catch (thrown) {
      end(thrown)
    }
  })
  worker.onDeath((reason) => end(brokenError(reason)))

  async function next(limitMs: number): Promise<BoxAnswer> {
    const timer = setTimeout(() => end(lateError(limitMs)), limitMs)
    const answer = new Promise<BoxAnswer>((resolve, reject) => {
      waiting = { resolve, reject }
    })
    return answer.finally(() => clearTimeout(timer))
  }

  async function open(): Promise<void> {
    const { kind, text } = await next(READY_MS)
    if (kind === 'ready') return
    end()
    throw brokenError(kind === 'broken' ? text.slice(0, 500) : 'it never opened')
  }

  const ready = open()
  return {
    ready,
    get ended() {
      return ended
    },
    async ask(request) {
      await ready
      if (ended) throw brokenError('it ended before its first job')
      worker.post(request)
      return next(JOB_MS)
    },
    end,
  }
}

function lateError(limitMs: number): LabError {
  return new LabError('sandbox.timeout', `the box did not answer within ${limitMs} ms and was ended`, {
    hint: 'Look for a loop that never ends in train.js; if there is none, the machine is very busy: try again.',
  })
}
