// Our engine in Node as one of the benchmark's contestants, and the processor's limit where there is no browser.

import { Worker } from 'node:worker_threads'
import type { BenchWorker } from '../../e2e/bench/worker'
import type { OpenedDevice } from '../engine/backends/webgpu/device'
import type { Session } from '../engine/session'
import { runCeiling } from './benchCeiling'
import { yieldToDriver } from './dawn'
import { Timed, type Texts } from './benchContestant'
import type { PageContestant } from './benchBrowser'
import { ourContestant } from './benchOurs'

type PrintProfile = (model: string, opened: OpenedDevice, session: Session) => Promise<void>

/** The same face as a page's. @param text what `learn` reads */
export function nodeContestant(gpu: GPU, text: () => Promise<Texts>, print: PrintProfile) {
  let opened: OpenedDevice | null = null
  const ours = ourContestant(gpu, (given) => {
    opened = given
    if (given.caps.software) yieldToDriver()
  })
  const timed = new Timed(ours)
  const methods: BenchWorker = {
    load: async () => undefined,
    first: (setup) => timed.first(setup),
    // a plan knows its dispatches, whether or not the binding's classes can be listened to
    losses: async (count) => ({ ...(await timed.losses(count)), dispatches: ours.session().dispatchesPerStep }),
    round: (count) => timed.round(count),
    matmul: (shape, leastMs) => timed.matmul(shape, leastMs),
    learn: async (setup, seconds) => timed.learn(setup, await text(), seconds),
    ceiling: runCeiling,
  }
  const contestant: PageContestant & { profile(model: string): Promise<void> } = {
    async profile(model) {
      if (opened) await print(model, opened, ours.session())
    },
    async first(setup) {
      const begun = performance.now()
      const first = await timed.first(setup)
      return { ...first, ms: performance.now() - begun }
    },
    load: async () => undefined,
    call: (method, ...args) => (methods[method] as (...args: unknown[]) => Promise<never>)(...args),
    async close() {
      opened?.device.destroy()
    },
  }
  return contestant
}

/** The processor's own limit by WASM SIMD, one thread a core, without a browser. */
export function nodeCeiling(threads: number, ms: number): Promise<{ gflops: number; fused: boolean }[]> {
  const run = () =>
    new Promise<{ gflops: number; fused: boolean }>((done, fail) => {
      const worker = new Worker(new URL('./benchCeilingThread.js', import.meta.url), { workerData: ms })
      worker.once('message', done)
      worker.once('error', fail)
    })
  return Promise.all(Array.from({ length: threads }, run))
}
