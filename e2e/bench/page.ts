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

const start = () => wrap<BenchWorker>(new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }))
let remote: Remote<BenchWorker> | null = null

window.bench = {
  async first(framework, setup) {
    const begun = performance.now()
    await this.load(framework)
    const first = await (remote as Remote<BenchWorker>).first(setup)
    return { ...first, ms: performance.now() - begun }
  },
  async load(framework) {
    remote = start()
    await remote.load(framework)
  },
  async call(method, args) {
    if (!remote) throw new Error('The contestant was not started')
    const f = remote[method] as (...args: unknown[]) => Promise<unknown>
    return f(...args)
  },
  async ceiling(threads, ms) {
    const workers = Array.from({ length: threads }, start)
    await Promise.all(workers.map((worker) => worker.ceiling(1)))
    return Promise.all(workers.map((worker) => worker.ceiling(ms)))
  },
}
