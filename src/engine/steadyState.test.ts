// What a step may not do, however many there are: make anything on the device, submit twice, or leave anything behind.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Rng } from '../core/rng'
import type { ProgramSpec } from '../graph/program'
import { GraphWriter, nanochatGraph } from '../graph/sampleGraphs'
import { inferShapes } from '../graph/shapes'
import type { Engine } from './backends/backend'
import { Heap } from './backends/wasm/heap'
import { onDevice } from './backends/webgpu/executor'
import { Session } from './session'
import { describeGpu, expectClose, openDevice } from './testing/dawn'
import { openWasmEngine } from './testing/wasmEngine'

const STEP = { lr: 1, weightDecay: 1, momentum: null }
const RULE = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0.9 }

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** The smallest model that has a gradient of every kind. */
function tinyProgram(V: number): ProgramSpec {
  const g = new GraphWriter()
  const graph = g.finish(g.linear(g.op('embedding', [g.param('table', V, 4), g.op('tokens', [])]), 'head', V, 4))
  return {
    version: 1,
    batch: { rows: 1, context: 4, accumulate: 1 },
    training: { clip: 0, ema: 0 },
    graph,
    groups: [{ ...RULE, params: ['table', 'head'], rule: 'sgd', lr: 0.01 }],
    schedule: { lr: [1], weightDecay: [1] },
    ramp: { momentum: [] },
  }
}

/** Dropout, Muon and two micro-batches: all that draws or sums in an order of its own. */
function eventfulProgram(V: number): ProgramSpec {
  const graph = nanochatGraph({ V, C: 24, H: 4, KV: 2, D: 8, hidden: 40, windows: [3], gateChannels: 8, softcap: 15 })
  graph.output = graph.nodes.push({ op: 'dropout', inputs: [graph.output], attrs: { rate: 0.2 } }) - 1
  const [matrices, others] = [true, false].map((isMatrix) =>
    graph.params.map((p) => p.name).filter((name) => /layer\d\.(q|k|v|out|up|down|gate)$/.test(name) === isMatrix),
  )
  return {
    ...tinyProgram(V),
    batch: { rows: 2, context: 16, accumulate: 2 },
    graph,
    groups: [
      { ...RULE, params: matrices, rule: 'muon', lr: 0.02 },
      { ...RULE, params: others, rule: 'adamw', lr: 0.01 },
    ],
  }
}

type Opened = Pick<Engine, 'allocate' | 'caps'>

async function openOn({ engine }: Where, program: ProgramSpec, V: number, seed: number, evaluationTokens = program.batch.context) {
  const opened = await engine()
  const evaluation = { context: program.batch.context, tokens: evaluationTokens }
  return Session.open(opened, opened.caps, { program, shapes: inferShapes(program.graph, V), vocab: V, evaluation }, seed)
}

function draw(rng: Rng, size: number, V: number) {
  const tokens = () => Int32Array.from({ length: size }, () => rng.int(V))
  return { tokens: tokens(), targets: tokens() }
}

/** A backend, and how calls are counted that make something, or send something to a device. */
interface Where {
  engine(): Promise<Opened>
  watched(): Promise<{ made: Watched[]; sent: Watched[] }>
  /** calls that make something when batches are scored */
  forScores: Record<string, number>
}

type Watched = [of: object, name: string]

/** Counts calls until `end`. */
async function countCalls({ watched }: Where) {
  const restore: (() => void)[] = []
  const watch = (list: Watched[]) => {
    const counts: Record<string, number> = {}
    for (const [of, name] of list) {
      const was = Object.getOwnPropertyDescriptor(of, name)
      const call = (of as Record<string, (...args: unknown[]) => unknown>)[name]
      counts[name] = 0
      const counting = function (this: unknown, ...args: unknown[]) {
        counts[name]++
        return call.apply(this, args)
      }
      Object.defineProperty(of, name, { value: counting, configurable: true, writable: true })
      restore.push(() => (was ? Object.defineProperty(of, name, was) : Reflect.deleteProperty(of, name)))
    }
    return counts
  }
  const { made, sent } = await watched()
  return { made: watch(made), sent: watch(sent), end: () => restore.forEach((undo) => undo()) }
}

function steadyState(where: Where): void {
  const open = (...args: [program: ProgramSpec, V: number, seed: number]) => openOn(where, ...args)

  it('10,000 steps make nothing, submit and write once each, and leave nothing behind', async () => {
    const V = 5
    const session = await open(tinyProgram(V), V, 1)
    const batch = [draw(new Rng(2), 4, V)]
    let losses = 0
    let last = Number.NaN
    const run = async (from: number, to: number) => {
      for (let step = from; step <= to; step++) {
        for (const loss of await session.step(batch, { step, ...STEP })) {
          losses++
          last = loss
        }
      }
      losses += (await session.drain()).length
      // what the host held of the device is let go a turn after it was collected
      for (let i = 0; i < 3; i++) {
        collect()
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      const { heapUsed, external } = process.memoryUsage()
      return { heap: heapUsed + external, resident: process.memoryUsage.rss() }
    }
    const before = await run(1, 1000)
    const { made, sent, end } = await countCalls(where)
    const after = await run(1001, 11_000)
    end()
    expect(losses).toBe(11_000)
    expect(last).toBeLessThan(Math.log(V))
    for (const [name, count] of Object.entries(made)) expect(count, name).toBe(0)
    for (const [name, count] of Object.entries(sent)) expect(count, name).toBe(10_000)
    expect(after.heap - before.heap).toBeLessThan(2 ** 20)
    // the driver's allocator keeps tens of MiB for itself at will; 10 kB kept a step would be more than that
    expect(after.resident - before.resident).toBeLessThan(96 * 2 ** 20)
    session.destroy()
  })

  it('scores many batches as it scores each, in order, a few in flight', async () => {
    const V = 5
    const session = await open(tinyProgram(V), V, 4)
    const { B, T } = session.plan.score
    const batches = Array.from({ length: 40 }, (_, i) => draw(new Rng(i), B * T, V))
    const score = async (which: typeof batches) => {
      const all: Float32Array[] = []
      const fill = (i: number, tokens: Int32Array, targets: Int32Array) => {
        tokens.set(which[i].tokens)
        targets.set(which[i].targets)
      }
      await session.score(which.length, fill, (i, nats) => {
        expect(i).toBe(all.length)
        all.push(nats.slice())
      })
      return all
    }
    const { made, sent, end } = await countCalls(where)
    const together = await score(batches)
    end()
    expect(made).toMatchObject(where.forScores)
    for (const [name, count] of Object.entries(sent)) expect(count, name).toBe(40)
    expect(together).toHaveLength(40)
    for (const i of [0, 17, 39]) {
      const [alone] = await score([batches[i]])
      expectClose(together[i], alone, { atol: 0, rtol: 0, seed: i, name: `batch ${i}` })
    }
    session.destroy()
  })

  it('dropout, Muon and accumulation give the same losses bit for bit, and another seed gives others', async () => {
    const V = 20
    const program = eventfulProgram(V)
    const run = async (seed: number) => {
      const session = await open(program, V, seed)
      const rng = new Rng(9)
      const losses: number[] = []
      for (let step = 1; step <= 12; step++) {
        losses.push(...(await session.step([draw(rng, 32, V), draw(rng, 32, V)], { step, ...STEP })))
      }
      losses.push(...(await session.drain()))
      const weights = await session.weights()
      session.destroy()
      return { losses, weights }
    }
    const first = await run(7)
    const again = await run(7)
    expect(again.losses).toEqual(first.losses)
    expect(again.losses).toHaveLength(12)
    expectClose(again.weights, first.weights, { atol: 0, rtol: 0, seed: 7, name: 'weights, run again' })
    expect((await run(8)).losses).not.toEqual(first.losses)
  })
}

const DEVICE: Where = {
  async engine() {
    const { device, caps } = await openDevice()
    return { ...onDevice(device), caps }
  },
  async watched() {
    const { device } = await openDevice()
    const makers = ['createBuffer', 'createBindGroup', 'createShaderModule', 'createComputePipelineAsync', 'createQuerySet']
    return { made: makers.map((name) => [device, name]), sent: ['submit', 'writeBuffer'].map((name) => [device.queue, name]) }
  },
  // through which scores are read
  forScores: { createBuffer: 3, createBindGroup: 0 },
}

describeGpu('steady state on the device', () => {
  steadyState(DEVICE)

  it('a device lost in the middle ends the step that waits for it', async () => {
    const { device } = await openDevice()
    const session = await openOn(DEVICE, tinyProgram(5), 5, 1)
    const batch = [draw(new Rng(2), 4, 5)]
    const train = async () => {
      for (let step = 1; step <= 2000; step++) {
        await session.step(batch, { step, ...STEP })
        if (step === 100) device.destroy()
      }
    }
    await expect(train()).rejects.toThrow()
    expect((await device.lost).reason).toBe('destroyed')
  })
})

const WITHOUT_GPU: [name: string, threads: number, shared: boolean][] = [
  ['one thread', 1, true],
  ['two threads over one memory', 2, true],
  ['two replicas', 2, false],
]
describe.each(WITHOUT_GPU)('steady state on %s', (_, threads, shared) =>
  steadyState({
    engine: () => openWasmEngine(threads, shared),
    async watched() {
      const made: Watched[] = [[Heap.prototype, 'take'], [WebAssembly.Memory.prototype, 'grow'], [WebAssembly, 'instantiate']] // prettier-ignore
      return { made, sent: [] }
    },
    forScores: { take: 0, grow: 0, instantiate: 0 },
  }),
)
