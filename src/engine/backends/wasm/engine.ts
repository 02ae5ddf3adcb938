// Opens the processor as an engine: the kernels that this WebAssembly runs, and as many threads as the host gives.

import type { Engine } from '../backend'
import { makeControl, Member, threadLost } from './crew'
import { WasmExecutor, type Machine } from './executor'
import { Heap } from './heap'
import { compileKernels, hasRelaxedSimd } from './module'
import { Patience } from './patience'
import { Remote, type Thread } from './remote'
import { Listening } from './results'
import type { ToThread } from './thread'

/** What the host has to give. */
export interface ThreadHost {
  /** threads that may compute, this one included */
  threads: number
  /** whether they may share memory; otherwise each trains a replica */
  shared: boolean
  spawn(): Thread
}

const GIB = 2 ** 30
/** A thread that is not ready by then is done without. */
const START_MS = 30_000

/**
 * Compiles the kernels and starts the threads; with none to be had, this one computes alone.
 * @throws LabError "gpu.unavailable" where WebAssembly has no SIMD
 */
export async function openWasm(host: ThreadHost): Promise<Engine> {
  const started: Thread[] = []
  const module = await compileKernels(host.shared)
  const heap = new Heap(host.shared)
  const control = makeControl(host.shared)
  let death: string | null = null
  let tellLost: (reason: string) => void = () => undefined
  const lost = new Promise<string>((resolve) => (tellLost = resolve))
  let remotes: Remote[] = []
  const die = (reason: string) => {
    if (death !== null) return
    death = reason
    for (const thread of started) thread.end()
    for (const remote of remotes) remote.lose(reason)
    tellLost(reason)
  }

  let count = Math.max(1, Math.floor(host.threads))
  try {
    const invitation = (index: number): ToThread => ({ kind: 'join', module, memory: heap.memory, control, index, count })
    for (let index = 1; index < count; index++) started.push(host.spawn())
    await Promise.all(started.map((thread, i) => answer(thread, host.shared ? invitation(i + 1) : { kind: 'found', module })))
  } catch {
    // a page may be refused workers: slower is better than nothing
    for (const thread of started) thread.end()
    started.length = 0
    count = 1
  }
  for (const thread of started) {
    thread.onDeath(die)
    thread.onMessage((message) => message.kind === 'failed' && die(message.reason))
  }
  const patience = new Patience()
  if (!host.shared) remotes = started.map((thread) => new Remote(thread, patience, die))
  const threads = host.shared ? count : 1
  const member = await Member.join({ module, memory: heap.memory, control, index: 0, count: threads }, { patience, lose: die })
  const machine: Machine = { heap, member, threads, remotes, listening: new Listening(), dead: () => death }
  const arithmetic = hasRelaxedSimd() ? 'relaxed multiply-add' : 'plain multiply and add'
  const kind = count === 1 ? '1 thread' : `${count} threads, ${host.shared ? 'shared memory' : 'a replica each'}`
  return {
    caps: {
      backend: 'wasm',
      threads,
      replicas: remotes.length + 1,
      software: true,
      subgroups: false,
      subgroupMinSize: 0,
      f16: false,
      maxWorkgroupsPerDimension: 65535,
      maxWorkgroupStorageBytes: 16384,
      maxInvocationsPerWorkgroup: 256,
      maxStorageBuffers: 8,
      maxBindingBytes: 2 * GIB,
      maxBufferBytes: 2 * GIB,
    },
    info: { vendor: '', architecture: 'wasm', description: `CPU: WebAssembly SIMD, ${arithmetic}, ${kind}`, integrated: false },
    faults: [],
    lost,
    async allocate(plan) {
      if (death !== null) throw threadLost(death)
      return new WasmExecutor(machine, plan)
    },
    destroy: () => die('it was closed'),
  }
}

/** Sends a thread its first message and waits until it is ready. */
async function answer(thread: Thread, message: ToThread): Promise<void> {
  let late: ReturnType<typeof setTimeout> | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const refuse = (reason: string) => reject(threadLost(reason))
      late = setTimeout(refuse, START_MS, `one was not ready after ${START_MS / 1000} s`)
      thread.onDeath(refuse)
      thread.onMessage((reply) => {
        if (reply.kind === 'ready') resolve()
        else if (reply.kind === 'failed') refuse(reply.reason)
      })
      thread.post(message, [])
    })
  } finally {
    clearTimeout(late)
  }
}
