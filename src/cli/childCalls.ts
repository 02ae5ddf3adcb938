// Calls to a process of its own, over Node's channel: what the trainer and the benchmark's contestants in Node share.

import { fork, spawnSync, type StdioOptions } from 'node:child_process'
import { LabError } from '../core/errors'
import type { LabErrorJson } from '../core/errors'

interface Call {
  id: number
  method: string
  args: unknown[]
}

/** Events, then one result. */
type Reply =
  | { id: number; kind: 'event'; event: unknown }
  | { id: number; kind: 'done'; value: unknown }
  | { id: number; kind: 'failed'; error: LabErrorJson }

interface Waiting {
  onEvent?: (event: never) => void
  resolve: (value: unknown) => void
  reject: (error: LabError) => void
}

/** A process that answers calls. */
export interface Child {
  call(method: string, args: readonly unknown[], onEvent?: (event: never) => void): Promise<unknown>
  /** Ends it at once; calls in progress stay open for ever: whoever ends it knows why. */
  kill(): void
}

export interface ChildOptions {
  /** arguments of the script */
  args: string[]
  stdio?: StdioOptions
  /** of the error with which calls in progress reject when it ends by itself */
  message: string
  hint?: string
  /** it has ended, by itself or not */
  onEnd?: () => void
}

/**
 * Starts a script that answers by serveParent. Calls reject with what the method threw, or with "gpu.lost" when the
 * process ends by itself.
 */
export function startChild(script: URL, { args, stdio, message, hint, onEnd }: ChildOptions): Child {
  const child = fork(script, args, { execArgv: [...process.execArgv, ...relaxedSimd()], serialization: 'advanced', stdio })
  const waiting = new Map<number, Waiting>()
  let nextId = 0
  child.on('message', (reply: Reply) => {
    const call = waiting.get(reply.id)
    if (!call) return
    if (reply.kind === 'event') return call.onEvent?.(reply.event as never)
    waiting.delete(reply.id)
    if (reply.kind === 'done') call.resolve(reply.value)
    else call.reject(LabError.fromJSON(reply.error))
  })
  const ended = (why: string) => {
    onEnd?.()
    for (const { reject } of waiting.values()) reject(new LabError('gpu.lost', `${message}: ${why}.`, { hint }))
    waiting.clear()
  }
  child.on('error', (error) => ended(error.message))
  child.on('exit', (code, signal) => ended(signal ?? `code ${code}`))
  return {
    call(method, callArgs, onEvent) {
      const request: Call = { id: nextId++, method, args: [...callArgs] }
      return new Promise((resolve, reject) => {
        waiting.set(request.id, { onEvent, resolve, reject })
        child.send(request)
      })
    },
    kill() {
      waiting.clear()
      child.kill('SIGKILL')
    },
  }
}

/**
 * Answers the parent's calls with these methods, and ends with the parent.
 * @param withEvents methods that take, last, a function for events
 */
export function serveParent(methods: object, withEvents: readonly string[] = []): void {
  const reply = (message: Reply) => void process.send?.(message)
  process.on('message', async ({ id, method, args }: Call) => {
    const events = withEvents.includes(method) ? [(event: unknown) => reply({ id, kind: 'event', event })] : []
    try {
      const work = (methods as Record<string, (...args: unknown[]) => unknown>)[method]
      reply({ id, kind: 'done', value: await work(...args, ...events) })
    } catch (thrown) {
      reply({ id, kind: 'failed', error: LabError.from(thrown).toJSON() })
    }
  })
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
}

/** Node 20 has relaxed SIMD behind a flag; where the flag is not known it is not needed. */
function relaxedSimd(): string[] {
  const flag = '--experimental-wasm-relaxed-simd'
  const needed = Number(process.versions.node.split('.')[0]) < 22 && !process.execArgv.includes(flag)
  return needed && spawnSync(process.execPath, [flag, '--version'], { stdio: 'ignore' }).status === 0 ? [flag] : []
}
