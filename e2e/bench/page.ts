// The page of one contestant: its worker is started when the stopwatch is.

import { wrap, type Remote } from 'comlink'
import type { Setup } from '../../src/cli/benchContestant'
import type { BenchWorker } from './worker'

/** What the command line asks of the page. */
export interface BenchPage {
  /** From no worker at all to the end of the first step. */
  first(framework: string, setup: Setup): Promise<{ ms: number; adapter: string; loss: number }>
  /** Loads a framework and no more. */
  load(framework: string): Promise<void>
  call(method: keyof BenchWorker, args: unknown[]): Promise<unknown>
  /** Rates of as many workers as there are cores, all at once. */
  ceiling(threads: number, ms: number): Promise<{ gflops: number; fused: boolean }[]>
}

declare global {
  interface Window {
    bench: BenchPage
  }
}

let remote: Remote<BenchWorker> | null = null
/** A call waits for its answer for ever: whoever calls must also hear when nobody is left to answer. */
let died: Promise<never> | null = null

function start(): Remote<BenchWorker> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  died = new Promise((_, reject) => {
    worker.addEventListener('error', ({ message }) => reject(new Error(message || 'the worker could not be started')))
  })
  died.catch(() => undefined) // heard by whoever is calling
  return wrap<BenchWorker>(worker)
}

const orDied = <T>(work: Promise<T>): Promise<T> => (died ? Promise.race([work, died]) : work)

window.bench = {
  async first(framework, setup) {
    const begun = performance.now()
    await this.load(framework)
    const first = await orDied((remote as Remote<BenchWorker>).first(setup))
    return { ...first, ms: performance.now() - begun }
  },
  async load(framework) {
    remote = start()
    await orDied(remote.load(framework))
  },
  async call(method, args) {
    if (!remote) throw new Error('The contestant was not started')
    const f = remote[method] as (...args: unknown[]) => Promise<unknown>
    return orDied(f(...args))
  },
  async ceiling(threads, ms) {
    const workers = Array.from({ length: threads }, start)
    await Promise.all(workers.map((worker) => worker.ceiling(1)))
    return Promise.all(workers.map((worker) => worker.ceiling(ms)))
  },
}
