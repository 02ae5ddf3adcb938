// Our engine in Node as one of the benchmark's contestants, and the processor's limit where there is no browser.

import { fork, type ChildProcess } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import type { PageContestant } from './benchBrowser'
import type { BenchChild, ChildCall, ChildReply } from './benchChild'
import type { Texts } from './benchContestant'
import { relaxedSimd } from './childTrainer'

/** The same face as a page's, over a process. */
export interface NodeContestant extends PageContestant {
  ask<M extends keyof BenchChild>(method: M, ...args: Parameters<BenchChild[M]>): Promise<Awaited<ReturnType<BenchChild[M]>>>
}

/** @param text what `learn` and `recipe` read */
export function nodeContestant(backend: 'webgpu' | 'wasm', text: () => Promise<Texts>): NodeContestant {
  let child: ChildProcess | null = null
  let nextId = 0
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()

  const start = () => {
    const script = new URL('./benchChild.js', import.meta.url)
    const execArgv = [...process.execArgv, ...relaxedSimd()]
    const started = fork(script, [backend], { execArgv, serialization: 'advanced' })
    const died = (why: string) => {
      for (const { reject } of waiting.values()) reject(new Error(`the process ended: ${why}`))
      waiting.clear()
    }
    started.on('message', (reply: ChildReply) => {
      const call = waiting.get(reply.id)
      waiting.delete(reply.id)
      if ('error' in reply) call?.reject(new Error(reply.error))
      else call?.resolve(reply.value as never)
    })
    started.on('error', (error) => died(error.message))
    started.on('exit', (code, signal) => died(signal ?? `code ${code}`))
    return started
  }
  const ask: NodeContestant['ask'] = (method, ...args) => {
    child ??= start()
    const call: ChildCall = { id: nextId++, method, args }
    return new Promise((resolve, reject) => {
      waiting.set(call.id, { resolve, reject })
      child?.send(call)
    })
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
      child?.kill('SIGKILL')
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
