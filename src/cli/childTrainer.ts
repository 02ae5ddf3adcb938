// The trainer in a process of its own. A worker thread would not do: ending a thread while Dawn still owes it an
// answer aborts the whole process, and ending it at once is the very thing a time limit and Ctrl-C need.

import { fork, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { LabError } from '../core/errors'
import type { LabErrorJson } from '../core/errors'
import type { BackendChoice, RunEvent, RunResult, Trainer } from '../judge/types'

type Method = Exclude<keyof Trainer, 'terminate'>

/** What is asked of the child; an `onEvent` stays here. */
export interface TrainerCall {
  id: number
  method: Method
  args: unknown[]
}

/** What it answers: events, then one result. */
export type TrainerReply =
  | { id: number; kind: 'event'; event: RunEvent }
  | { id: number; kind: 'done'; value: unknown }
  | { id: number; kind: 'failed'; error: LabErrorJson }

interface Waiting {
  onEvent?: (event: RunEvent) => void
  resolve: (value: unknown) => void
  reject: (error: LabError) => void
}

/**
 * A trainer in a child process, which is started when first needed and again after its end.
 * Calls in progress reject with "gpu.lost" when it dies. When it is terminated they stay open, as with a worker:
 * whoever ends a run knows why, and must not be told by the run first.
 * @param script the built src/cli/trainerChild.ts
 * @param tuning the file in which it keeps what it measures of the adapter
 */
export function createChildTrainer(script: URL, tuning: string): Trainer {
  let child: ChildProcess | null = null
  let nextId = 0
  let choice: BackendChoice | undefined
  const waiting = new Map<number, Waiting>()

  function start(): ChildProcess {
    // whatever the driver prints goes to stderr: stdout is for the report
    const started = fork(script, [tuning], { execArgv: [...process.execArgv, ...relaxedSimd()], serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] })
    if (choice !== undefined) send(started, 'open', [choice]).catch(() => undefined) // whoever asks next is told what is wrong
    started.on('message', (reply: TrainerReply) => {
      const call = waiting.get(reply.id)
      if (!call) return
      if (reply.kind === 'event') return call.onEvent?.(reply.event)
      waiting.delete(reply.id)
      if (reply.kind === 'done') call.resolve(reply.value)
      else call.reject(LabError.fromJSON(reply.error))
    })
    const died = (why: string) => {
      if (child !== started) return
      child = null
      const hint = 'It is started again with the next run.'
      const error = new LabError('gpu.lost', `The trainer's process ended: ${why}.`, { hint })
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
    }
    started.on('error', (error) => died(error.message))
    started.on('exit', (code, signal) => died(signal ?? `code ${code}`))
    return started
  }

  function call<T>(method: Method, args: unknown[], onEvent?: Waiting['onEvent']): Promise<T> {
    child ??= start()
    return send(child, method, args, onEvent)
  }

  function send<T>(to: ChildProcess, method: Method, args: unknown[], onEvent?: Waiting['onEvent']): Promise<T> {
    const id = nextId++
    const request: TrainerCall = { id, method, args }
    return new Promise<T>((resolve, reject) => {
      waiting.set(id, { onEvent, resolve: resolve as (value: unknown) => void, reject })
      to.send(request)
    })
  }

  return {
    open(wanted) {
      // a process started later is told, too
      choice = wanted ?? choice
      return call('open', wanted === undefined ? [] : [wanted])
    },
    setData: (data) => call('setData', [data]),
    run: (job, onEvent) => call<RunResult>('run', [job], onEvent),
    sample: (...args) => call('sample', args),
    profile: (program) => call('profile', [program]),
    terminate() {
      const ended = child
      child = null
      waiting.clear()
      ended?.kill('SIGKILL')
    },
  }
}

/** Node 20 has relaxed SIMD behind a flag; where the flag is not known it is not needed. */
export function relaxedSimd(): string[] {
  const flag = '--experimental-wasm-relaxed-simd'
  const needed = Number(process.versions.node.split('.')[0]) < 22 && !process.execArgv.includes(flag)
  return needed && spawnSync(process.execPath, [flag, '--version'], { stdio: 'ignore' }).status === 0 ? [flag] : []
}
