// Our engine in Node as one of the benchmark's contestants, and the processor's limit where there is no browser.

import { Worker } from 'node:worker_threads'
import type { PageContestant } from './benchBrowser'
import type { BenchChild } from './benchChild'
import type { Texts } from './benchContestant'
import { startChild, type Child } from './childCalls'

/** The same face as a page's, over a process. */
export interface NodeContestant extends PageContestant {
  ask<M extends keyof BenchChild>(method: M, ...args: Parameters<BenchChild[M]>): Promise<Awaited<ReturnType<BenchChild[M]>>>
}

/** @param text what `learn` and `recipe` read */
export function nodeContestant(backend: 'webgpu' | 'wasm', text: () => Promise<Texts>): NodeContestant {
  let child: Child | null = null
  const ask: NodeContestant['ask'] = (method, ...args) => {
    child ??= startChild(new URL('./benchChild.js', import.meta.url), { args: [backend], message: 'The process ended' })
    return child.call(method, args) as never
  }

  return {
    ask,
    async first(setup) {
      const begun = performance.now()
      const first = await ask('first', setup)
      return { ...first, ms: performance.now() - begun }
    },
    load: () => ask('load', backend),
    async call(method, ...args) {
      if (method === 'learn' || method === 'recipe') await ask('give', await text())
      return ask(method, ...(args as never)) as never
    },
    async close() {
      child?.kill()
      child = null
    },
  }
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
