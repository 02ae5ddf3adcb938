// A Trainer whose work is done in a worker that can be ended at any moment and is started when next needed.

import { proxy, releaseProxy, transfer, wrap, type Endpoint, type Remote } from 'comlink'
import { LabError } from '../core/errors'
import type { TokenData } from '../data/types'
import type { BackendChoice, RunResult, Trainer } from '../judge/types'
import { fromWorker } from './border'

/** A running worker: what to talk to, how to end it, and how to hear that it died. */
export interface SpawnedWorker {
  endpoint: Endpoint
  end(): void
  onDeath(listener: (reason: string) => void): void
}

/** @param spawn starts a fresh worker that exposes a Trainer */
export function hostTrainer(spawn: () => SpawnedWorker): Trainer {
  let current: { remote: Remote<Trainer>; worker: SpawnedWorker; died: Promise<never> } | null = null
  let choice: BackendChoice | undefined
  /** what came of the choice: scores are compared within a lab, so a worker started later opens the same */
  let settled: BackendChoice | undefined

  const connect = () => {
    if (current) return current
    const worker = spawn()
    const died = new Promise<never>((_, reject) => {
      worker.onDeath((reason) => {
        if (current?.worker === worker) current = null
        const hint = 'The lab starts it again with the next experiment.'
        reject(new LabError('gpu.lost', `The trainer stopped: ${reason}`, { hint }))
      })
    })
    died.catch(() => undefined) // heard only by whoever is waiting for a call
    const remote = wrap<Trainer>(worker.endpoint)
    current = { remote, worker, died }
    // a worker started later is told, too; whoever asks next is told what is wrong
    if (settled !== undefined) remote.open(settled).catch(() => undefined)
    return current
  }

  /** A call that also ends when the worker does. */
  const call = <T>(f: (remote: Remote<Trainer>) => Promise<T>): Promise<T> => {
    const { remote, died } = connect()
    return Promise.race([fromWorker(f(remote)), died])
  }

  return {
    async open(wanted) {
      const changed = wanted !== undefined && wanted !== choice
      if (changed) choice = settled = wanted
      const asked = choice
      const adapter = await call((remote) => remote.open(changed ? wanted : undefined))
      if (choice === asked) settled = adapter.backend
      return adapter
    },
    setData: (data) => call((remote) => remote.setData(transfer(data, buffersOf(data)))),
    run: (job, onEvent) => call<RunResult>((remote) => remote.run(job, proxy(onEvent)) as Promise<RunResult>),
    sample: (...args) => call((remote) => remote.sample(...args)),
    profile: (program) => call((remote) => remote.profile(program)),
    terminate() {
      if (!current) return
      const { worker, remote } = current
      current = null
      remote[releaseProxy]()
      worker.end()
    },
  }
}

function buffersOf(data: TokenData): ArrayBuffer[] {
  const arrays = [data.tokenBytes, ...[data.train, data.val, data.hidden].flatMap((s) => [s.tokens, s.offsets])]
  return [...new Set(arrays.map((a) => a.buffer as ArrayBuffer))]
}
