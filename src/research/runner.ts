// One run on the trainer, seen from outside it: opened when needed, ended when it overruns or is stopped,
// reopened after a lost device. A trainer that hangs cannot tell its own time, so the clock is here.

import { LabError } from '../core/errors'
import type { TokenData } from '../data/types'
import type { AdapterInfo, FailureStatus, RunEvent, RunJob, RunResult, Trainer } from '../judge/types'

/** Thrown through a run that the person stopped: a result, not a failure. */
export class Interrupted extends Error {
  constructor() {
    super('Stopped by you.')
    this.name = 'Interrupted'
  }
}

export interface RunnerDeps {
  trainer: Trainer
  /** a fresh copy each time: the trainer takes the arrays over */
  data: () => Promise<TokenData>
  onOpening?: () => void
  onDeviceLost?: (error: LabError) => void
  /** added to the task's wall limit before the worker is ended from outside */
  graceMs?: number
}

/** What a program may be told, and what it must fit. */
export interface Ready {
  adapter: AdapterInfo
  vocab: number
}

export interface Runner {
  /** Opens the adapter and hands over the data, unless that is done. @throws gpu.unavailable and errors of the data */
  ready(): Promise<Ready>
  /**
   * Runs a job; a lost device is reopened and the job tried once more.
   * @throws Interrupted after abort
   */
  run(job: RunJob, onEvent: (event: RunEvent) => void): Promise<RunResult>
  /** Ends the run in progress at once. */
  abort(): void
}

const GRACE_MS = 10_000

/** A runner over a trainer that it alone uses. */
export function createRunner(deps: RunnerDeps): Runner {
  let state: Ready | null = null
  const interrupts = new Set<() => void>()

  const endTrainer = () => {
    state = null
    deps.trainer.terminate()
  }

  /** The trainer's promises may stay open for ever once it is ended: abort settles what waits on them. */
  async function unlessAborted<T>(promises: Promise<T>[]): Promise<T> {
    let interrupt = () => {}
    const aborted = new Promise<never>((_, reject) => {
      interrupt = () => reject(new Interrupted())
    })
    interrupts.add(interrupt)
    try {
      return await Promise.race([...promises, aborted])
    } finally {
      interrupts.delete(interrupt)
    }
  }

  /** false after a run: it may have measured kernels, which have a say in the memory of the next */
  let measured = true

  async function ready(): Promise<Ready> {
    if (state && measured) return state
    if (state) {
      state = { ...state, adapter: await unlessAborted([deps.trainer.open()]) }
      measured = true
      return state
    }
    deps.onOpening?.()
    const adapter = await unlessAborted([deps.trainer.open()])
    const data = await unlessAborted([deps.data()])
    const { vocab } = data
    await unlessAborted([deps.trainer.setData(data)])
    state = { adapter, vocab }
    measured = true
    return state
  }

  async function once(job: RunJob, onEvent: (event: RunEvent) => void): Promise<RunResult> {
    await ready()
    let timer: ReturnType<typeof setTimeout> | undefined
    const overrun = new Promise<RunResult>((resolve) => {
      const limitMs = job.guards.maxWallSeconds * 1000 + (deps.graceMs ?? GRACE_MS)
      timer = setTimeout(() => {
        endTrainer()
        resolve(failure(job, 'timeout', overrunError(job.guards.maxWallSeconds)))
      }, limitMs)
    })
    try {
      return await unlessAborted([deps.trainer.run(job, onEvent), overrun])
    } catch (thrown) {
      if (thrown instanceof Interrupted) throw thrown
      // a worker that died rejects instead of answering; its device may be gone with it
      endTrainer()
      const error = LabError.from(thrown)
      return failure(job, error.code === 'gpu.lost' ? 'device_lost' : 'crash', error)
    } finally {
      clearTimeout(timer)
    }
  }

  async function reopened(job: RunJob, onEvent: (event: RunEvent) => void): Promise<RunResult> {
    try {
      return await once(job, onEvent)
    } catch (thrown) {
      if (thrown instanceof Interrupted) throw thrown
      return failure(job, 'device_lost', LabError.from(thrown))
    }
  }

  return {
    ready,
    async run(job, onEvent) {
      const result = await once(job, onEvent)
      measured = false
      // what hangs a device is not tried again; its worker is of no more use
      if (!result.ok && result.error.code === 'gpu.hung') endTrainer()
      if (result.ok || result.status !== 'device_lost') return result
      endTrainer()
      deps.onDeviceLost?.(LabError.fromJSON(result.error))
      const second = await reopened(job, onEvent)
      if (!second.ok && second.status === 'device_lost') endTrainer()
      return second
    },
    abort() {
      endTrainer()
      for (const interrupt of interrupts) interrupt()
    },
  }
}

function failure(job: RunJob, status: FailureStatus, error: LabError): RunResult {
  return { ok: false, runId: job.runId, seed: job.seed, status, error: error.toJSON(), measurements: null, evidence: null }
}

function overrunError(seconds: number): LabError {
  return new LabError('judge.timeout', `The run did not end within ${seconds} s, so its worker was ended.`, {
    hint: 'Make the program smaller, or raise the wall-clock guard of the task.',
    data: { maxWallSeconds: seconds },
  })
}
