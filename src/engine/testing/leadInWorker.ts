// Entry of a worker that trains on two threads over one memory, the other of which belongs to whoever started this:
// it can be ended while this one computes, and nobody here is told.

import { parentPort, workerData } from 'node:worker_threads'
import { LabError } from '../../core/errors'
import { openWasm } from '../backends/wasm/engine'
import type { FromThread, ToThread } from '../backends/wasm/thread'
import type { PlanRequest } from '../planner'
import { Session, type MicroBatch } from '../session'

export interface Work {
  request: PlanRequest
  batch: MicroBatch[]
}

/** What is said to whoever started this: a message to pass on to the other thread, a step begun, how it ended. */
export type FromLead =
  | { kind: 'pass'; message: ToThread }
  | { kind: 'begun'; step: number }
  | { kind: 'ended'; code: string; reason: string; stepMs: number; longestMs: number }

const port = parentPort!
const say = (message: FromLead) => port.postMessage(message)

const engine = await openWasm({
  threads: 2,
  shared: true,
  spawn: () => ({
    post: (message) => say({ kind: 'pass', message }),
    onMessage: (listener) => void port.on('message', (message: FromThread) => listener(message)),
    onDeath: () => undefined,
    end: () => undefined,
  }),
})
const { request, batch } = workerData as Work
const session = await Session.open(engine, engine.caps, request, 1)
let longestMs = 0
for (let step = 1; ; step++) {
  say({ kind: 'begun', step })
  const begun = performance.now()
  try {
    await session.step(batch, { step, lr: 1, weightDecay: 1, momentum: null })
  } catch (thrown) {
    const stepMs = performance.now() - begun
    say({ kind: 'ended', code: LabError.from(thrown).code, reason: await engine.lost, stepMs, longestMs })
    break
  }
  longestMs = Math.max(longestMs, performance.now() - begun)
}
port.close()
