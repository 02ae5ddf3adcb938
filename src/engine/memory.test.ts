// What the planner does to save memory changes where and when values are computed, never the values: pieces of
// the head, recomputation, several ranges, all against the oracle or against the plan without them.

import { describe, expect, it } from 'vitest'
import { Rng } from '../core/rng'
import { GraphWriter, nanochatGraph } from '../graph/sampleGraphs'
import type { ModelGraph } from '../graph/ir'
import type { ProgramSpec } from '../graph/program'
import { inferShapes } from '../graph/shapes'
import { crossEntropyForward } from '../reference/crossEntropy'
import { forwardGraph, lossAndGradients, type Tensors } from '../reference/model'
import type { Capabilities } from './kernel'
import type { ModelPlan } from './planner'
import type { Engine } from './backends/backend'
import { Heap } from './backends/wasm/heap'
import { onDevice } from './backends/webgpu/executor'
import { Session, type MicroBatch } from './session'
import { describeGpu, expectClose, openDevice } from './testing/dawn'
import { drawBatch as draw, outcomeOf, type Outcome } from './testing/outcome'
import { openWasmEngine } from './testing/wasmEngine'

const V = 64
const [B, T] = [3, 100]

const ONE_LAYER = { V, C: 32, H: 2, KV: 2, D: 16, hidden: 64, windows: [16], gateChannels: 8, softcap: 15 }

/** Residual layers under a head that is also the embedding table, with a bias and a cap. */
function tiedGraph(layers: number, C: number, rate: number): ModelGraph {
  const g = new GraphWriter()
  const table = g.param('table', V, C)
  let x = g.op('embedding', [table, g.op('tokens', [])])
  for (let i = 0; i < layers; i++) {
    const up = g.op('reluSquared', [g.linear(g.rmsNorm(x), `up${i}`, 2 * C, C)])
    x = g.op('add', [x, g.op('dropout', [g.linear(up, `down${i}`, C, 2 * C)], { rate })])
  }
  const logits = g.op('linear', [g.rmsNorm(x), table, g.param('bias', V)])
  return g.finish(g.op('softcap', [logits], { cap: 5 }))
}

function programOf(graph: ModelGraph, batch: ProgramSpec['batch'], lr: number, training = { clip: 0, ema: 0 }): ProgramSpec {
  const params = graph.params.map((p) => p.name)
  const group = { params, rule: 'adamw' as const, lr, beta1: 0.8, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, momentum: 0 }
  return { version: 1, batch, training, graph, groups: [group], schedule: { lr: [1], weightDecay: [1] }, ramp: { momentum: [] } }
}

type Opened = Pick<Engine, 'allocate' | 'caps'>

/** A backend: what it calls the kernels that are counted here, and a way to follow what it allocates. */
interface Where {
  open(): Promise<Opened>
  loss: string
  update: string
  follow(): Promise<Followed>
}

interface Followed {
  aliveBytes: number
  mostBytes: number
  end(): void
}

function unpack(plan: ModelPlan, arena: Float32Array): Tensors {
  return Object.fromEntries(plan.arena.entries.map((e) => [e.spec.name, Float64Array.from(arena.subarray(e.offset, e.offset + e.size))]))
}

/** How often a kernel runs in a step. */
function count({ train }: ModelPlan, name: string): number {
  return train.commands.filter(({ kernel }) => kernel.name === name).length
}

/** Loss, every gradient and the logits against the oracle; learning rate 0, so the weights are the initial ones. */
function expectOracle(graph: ModelGraph, outcome: Outcome, { tokens, targets }: MicroBatch, shape: { B: number; T: number }, name: string): void {
  const { plan, losses, gradients, logits, nats } = outcome
  const initial = unpack(plan, outcome.initial)
  const expected = lossAndGradients(graph, initial, tokens, targets, shape)
  expect(Math.abs(losses[0] - expected.loss), name).toBeLessThan(1e-5 * expected.loss)
  const actual = unpack(plan, gradients)
  for (const { name: param } of graph.params) {
    const scale = expected.gradients[param].reduce((n, g) => Math.max(n, Math.abs(g)), 1e-6)
    expectClose(Float32Array.from(actual[param]), expected.gradients[param], { atol: 2e-4 * scale, rtol: 0, seed: 7, name: `${name}: gradient of ${param}` })
  }
  const two = forwardGraph(graph, initial, tokens.subarray(0, 2 * shape.T), { B: 2, T: shape.T })
  expectClose(logits, two, { atol: 5e-5, rtol: 2e-4, seed: 7, name: `${name}: logits` })
  const all = forwardGraph(graph, initial, tokens, shape)
  const scored = crossEntropyForward(all, targets, { N: tokens.length, V: all.length / tokens.length })
  expectClose(nats, scored, { atol: 5e-5, rtol: 2e-4, seed: 7, name: `${name}: nats` })
}

function savesMemory({ open, loss, update, follow }: Where): void {
  const run = async (program: ProgramSpec, vocab: number, batches: MicroBatch[][], limits: Partial<Capabilities> = {}, memoryBytes?: number) => {
    const engine = await open()
    return outcomeOf({ ...engine, caps: { ...engine.caps, ...limits } }, program, vocab, batches, memoryBytes)
  }

  it('a head in pieces, tied to the embedding: loss, gradients, scores and logits as the oracle has them', async () => {
    const graph = tiedGraph(1, 24, 0)
    const batch = draw(new Rng(3), B * T, V)
    const program = programOf(graph, { rows: B, context: T, accumulate: 1 }, 0)
    // logits of 300 rows take 76,800 bytes: three pieces, the last of 44 rows
    for (const [name, limits, pieces] of [['whole', {}, 1], ['pieces', { maxBindingBytes: 60_000 }, 3]] as const) {
      const outcome = await run(program, V, [[batch]], limits)
      expect(count(outcome.plan, loss)).toBe(pieces)
      expectOracle(graph, outcome, batch, { B, T }, name)
    }
  })

  it('recomputation: the same bits from less memory, dropout and micro-batches included', async () => {
    const program = programOf(tiedGraph(5, 24, 0.3), { rows: B, context: T, accumulate: 2 }, 0.01)
    const rng = new Rng(5)
    const batches = [0, 1].map(() => [draw(rng, B * T, V), draw(rng, B * T, V)])
    const whole = await run(program, V, batches)
    const less = await run(program, V, batches, {}, 0.8 * whole.plan.totalBytes)
    expect(less.plan.segments).toBeGreaterThan(1)
    expect(less.plan.totalBytes).toBeLessThanOrEqual(0.8 * whole.plan.totalBytes)
    for (const field of ['losses', 'gradients', 'weights', 'nats'] as const)
      expectClose(less[field], whole[field], { atol: 0, rtol: 0, seed: 5, name: field })
  })

  it('an arena larger than a binding: clipped and averaged steps over several ranges', async () => {
    const program = programOf(tiedGraph(3, 24, 0), { rows: 2, context: 16, accumulate: 1 }, 0.01, { clip: 0.1, ema: 0.5 })
    const rng = new Rng(6)
    const batches = [0, 1, 2].map(() => [draw(rng, 32, V)])
    const whole = await run(program, V, batches)
    const ranges = await run(program, V, batches, { maxBindingBytes: 24 * 1024 })
    expect(count(whole.plan, update)).toBe(1)
    expect(count(ranges.plan, update)).toBeGreaterThan(1)
    expectClose(ranges.weights, whole.weights, { atol: 1e-6, rtol: 1e-5, seed: 6, name: 'averaged weights' })
  })

  it('one step of a long context and a large vocabulary within limits scaled down with it', async () => {
    const [vocab, context] = [2048, 256]
    // the plan of 10 M parameters in planner.test.ts, one layer of it, 8 times shorter and with a quarter of its vocabulary:
    // as there, the logits of two rows are exactly one binding, and those of the batch are more
    const graph = nanochatGraph({ ...ONE_LAYER, V: vocab })
    const batch = draw(new Rng(2), 4 * context, vocab)
    const program = programOf(graph, { rows: 4, context, accumulate: 1 }, 0)
    const small = { maxBindingBytes: 2 ** 22, maxBufferBytes: 2 ** 23, maxStorageBuffers: 8 }
    const [tight, free] = [await run(program, vocab, [[batch]], small), await run(program, vocab, [[batch]])]
    for (const { bytes } of tight.plan.buffers) expect(bytes).toBeLessThanOrEqual(2 ** 23)
    expect(count(tight.plan, loss)).toBeGreaterThan(1)
    expect(count(free.plan, loss)).toBe(1)
    expectClose(tight.losses, free.losses, { atol: 0, rtol: 1e-6, seed: 2, name: 'loss' })
    expectClose(tight.gradients, free.gradients, { atol: 1e-6, rtol: 1e-3, seed: 2, name: 'gradients' })
  })

  it('allocates what was predicted, within one percent', async () => {
    const engine = await open()
    const programs: [ProgramSpec, number][] = [
      [programOf(tiedGraph(1, 24, 0.1), { rows: B, context: T, accumulate: 2 }, 0.01), V],
      [programOf(nanochatGraph(ONE_LAYER), { rows: 4, context: 64, accumulate: 1 }, 0.01), V],
    ]
    for (const [program, vocab] of programs) {
      const followed = await follow()
      const { rows, context, accumulate } = program.batch
      const request = { program, shapes: inferShapes(program.graph, vocab), vocab, evaluation: { context, tokens: rows * context } }
      const session = await Session.open(engine, engine.caps, request, 1)
      const rng = new Rng(1)
      await session.step(Array.from({ length: accumulate }, () => draw(rng, rows * context, vocab)), { step: 1, lr: 1, weightDecay: 1, momentum: null })
      await session.drain()
      await session.score(2, () => {}, () => {}) // prettier-ignore
      expect(Math.abs(followed.mostBytes / session.plan.totalBytes - 1)).toBeLessThan(0.01)
      session.destroy()
      expect(followed.aliveBytes).toBe(0)
      followed.end()
    }
  })
}

describeGpu('plans that save memory, on the device', () =>
  savesMemory({
    async open() {
      const { device, caps } = await openDevice()
      return { ...onDevice(device), caps }
    },
    loss: 'cross_entropy_forward',
    update: 'update_elementwise',
    async follow() {
      const { device } = await openDevice()
      const make = device.createBuffer.bind(device)
      const followed = { aliveBytes: 0, mostBytes: 0, end: () => void (device.createBuffer = make) }
      device.createBuffer = (descriptor) => {
        const buffer = make(descriptor)
        const destroy = buffer.destroy.bind(buffer)
        followed.mostBytes = Math.max(followed.mostBytes, (followed.aliveBytes += descriptor.size))
        buffer.destroy = () => {
          followed.aliveBytes -= descriptor.size
          return destroy()
        }
        return buffer
      }
      return followed
    },
  }),
)

describe.each([1, 2])('plans that save memory, without a GPU, threads: %i', (threads) =>
  savesMemory({
    open: () => openWasmEngine(threads, true),
    loss: 'crossEntropy',
    update: 'update',
    async follow() {
      const { take, release } = Heap.prototype
      const followed = { aliveBytes: 0, mostBytes: 0, end: () => void Object.assign(Heap.prototype, { take, release }) }
      const pieces = new Map<number, number>()
      Heap.prototype.take = function (bytes) {
        const start = take.call(this, bytes)
        pieces.set(start, bytes)
        followed.mostBytes = Math.max(followed.mostBytes, (followed.aliveBytes += bytes))
        return start
      }
      Heap.prototype.release = function (start) {
        followed.aliveBytes -= pieces.get(start) ?? 0
        pieces.delete(start)
        release.call(this, start)
      }
      return followed
    },
  }),
)
