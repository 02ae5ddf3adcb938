// Threads that are ended, or fall silent, while a step needs them: whoever trains is told in seconds, by one error.

import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { Rng } from '../../../core/rng'
import type { ProgramSpec } from '../../../graph/program'
import { nanochatGraph } from '../../../graph/sampleGraphs'
import { inferShapes } from '../../../graph/shapes'
import type { ModelPlan } from '../../planner'
import { Session } from '../../session'
import { Upload } from '../../upload'
import type { FromLead, Work } from '../../testing/leadInWorker'
import { builtScript, threadScript } from '../../testing/wasmEngine'
import type { Engine } from '../backend'
import { call, lowering } from './call'
import { openWasm, type ThreadHost } from './engine'
import { nodeHost } from './nodeHost'
import type { Thread } from './remote'

/** What an executor reads of a plan. */
type Room = Pick<ModelPlan, 'buffers' | 'shares' | 'threadScratchBytes'>

const V = 64
const STEP = { step: 1, lr: 1, weightDecay: 1, momentum: null }

/** A step of some milliseconds. */
function work(): Work {
  const graph = nanochatGraph({ V, C: 32, H: 2, KV: 2, D: 16, hidden: 64, windows: [0], gateChannels: 8, softcap: 15 })
  const rule = { rule: 'adamw' as const, lr: 0.01, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0 }
  const program: ProgramSpec = {
    version: 1,
    batch: { rows: 4, context: 64, accumulate: 1 },
    training: { clip: 0, ema: 0 },
    graph,
    groups: [{ ...rule, params: graph.params.map((p) => p.name) }],
    schedule: { lr: [1], weightDecay: [1] },
    ramp: { momentum: [] },
  }
  const rng = new Rng(1)
  const ids = () => Int32Array.from({ length: 256 }, () => rng.int(V))
  const request = { program, shapes: inferShapes(graph, V), vocab: V, evaluation: { context: 64, tokens: 128 } }
  return { request, batch: [{ tokens: ids(), targets: ids() }] }
}

const engines: Engine[] = []
afterEach(() => engines.splice(0).forEach((engine) => engine.destroy()))

/** Two threads, of which `change` may alter how the second is talked to. */
async function open(shared: boolean, change: (thread: Thread) => Thread) {
  const host = nodeHost(await threadScript(), 2, shared)
  const altered: ThreadHost = { ...host, spawn: () => change(host.spawn()) }
  const engine = await openWasm(altered)
  engines.push(engine)
  const { request, batch } = work()
  const session = await Session.open(engine, engine.caps, request, 1)
  const step = async () => {
    await session.step(batch, STEP)
    return session.drain()
  }
  return { engine, step, again: () => Session.open(engine, engine.caps, request, 1) }
}

/** Milliseconds until it rejects as it should. */
async function lostAfter(attempt: Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await expect(attempt).rejects.toMatchObject({ code: 'gpu.lost', hint: expect.stringContaining('next run') })
  return performance.now() - begun
}

describe('a thread that shares the memory', () => {
  it('ended in the middle of a step, without a word: its silence ends the step', async () => {
    const scripts = [await builtScript('src/engine/testing/leadInWorker.ts'), await threadScript()]
    const [lead, other] = [new Worker(scripts[0], { workerData: work() }), new Worker(scripts[1])]
    other.on('message', (message) => lead.postMessage(message))
    const ended = await new Promise<Extract<FromLead, { kind: 'ended' }>>((resolve, reject) => {
      lead.on('error', reject)
      lead.on('message', (said: FromLead) => {
        if (said.kind === 'pass') other.postMessage(said.message)
        else if (said.kind === 'ended') resolve(said)
        // this thread sees the step begin while the lead is in it
        else if (said.step === 20) void other.terminate()
      })
    })
    expect(ended).toMatchObject({ code: 'gpu.lost', reason: expect.stringMatching(/silent for \d+ s in the middle of a step/) })
    expect(ended.stepMs).toBeGreaterThan(4_000)
    expect(ended.stepMs).toBeLessThan(Math.max(5_000, 20 * ended.longestMs) + 30_000)
    await lead.terminate()
  })

  it('ended between steps: the engine is lost at once', async () => {
    const ends: (() => void)[] = []
    const { engine, step, again } = await open(true, (thread) => (ends.push(thread.end), thread))
    expect(await step()).toHaveLength(1)
    ends[0]()
    expect(await engine.lost).toContain('ended')
    await lostAfter(step())
    await lostAfter(again())
  })

  it('a kernel that traps, on whichever thread, takes all of them with it at once', async () => {
    const { engine, again } = await open(true, (thread) => thread)
    const range = { buffer: 0, offset: 0, bytes: 2 ** 22 }
    const room: Room = { buffers: [{ label: 'y', bytes: range.bytes }], shares: { count: 1, rows: 1, micros: 1 }, threadScratchBytes: 0 }
    const executor = await engine.allocate(room as ModelPlan)
    // far more than the memory holds
    const { kernels } = lowering({ calls: [call('fill', 2 ** 20, ['y'], [2 ** 30], [1])] })
    const program = await executor.prepare(kernels.map((kernel) => ({ kernel, ranges: [range] })))
    expect(() => executor.submit(program, [new Upload({ ...range, bytes: 0 }, [])])).toThrow()
    expect(await engine.lost).not.toBe('')
    await lostAfter(again())
  })
})

describe('a thread with a replica', () => {
  it('ended in the middle of a step: the step ends at once', async () => {
    const ends: (() => void)[] = []
    const { engine, step } = await open(false, (thread) => (ends.push(thread.end), thread))
    expect(await step()).toHaveLength(1)
    const attempt = step()
    ends[0]()
    await lostAfter(attempt)
    expect(await engine.lost).toContain('ended') // and not: silent
  })

  it('that never answers: its silence ends the step', async () => {
    let deaf = false
    const { engine, step } = await open(false, (thread) => ({
      ...thread,
      post: (message, transfer) => (deaf && message.kind === 'run' ? undefined : thread.post(message, transfer)),
    }))
    expect(await step()).toHaveLength(1)
    deaf = true
    expect(await lostAfter(step())).toBeGreaterThan(4_000)
    expect(await engine.lost).toMatch(/silent for \d+ s/)
  })
})
