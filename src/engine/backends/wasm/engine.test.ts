// What threads and replicas may not change.

import { describe, expect, it } from 'vitest'
import { Rng } from '../../../core/rng'
import type { ProgramSpec } from '../../../graph/program'
import { nanochatGraph } from '../../../graph/sampleGraphs'
import { inferShapes } from '../../../graph/shapes'
import { predictBytes } from '../../predict'
import { profileSession } from '../../profile'
import { Session, type MicroBatch } from '../../session'
import { assertClose } from '../../testing/close'
import { openWasmEngine } from '../../testing/wasmEngine'
import type { Engine } from '../backend'
import { Heap } from './heap'

const V = 20
const STEP = { lr: 1, weightDecay: 1, momentum: null }
const RULE = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, momentum: 0.9 }

/** Muon, clipping, averages and micro-batches; dropout where asked for. */
function program(dropout: number): ProgramSpec {
  const graph = nanochatGraph({ V, C: 24, H: 4, KV: 2, D: 8, hidden: 40, windows: [3, 0], gateChannels: 8, softcap: 15 })
  if (dropout > 0) graph.output = graph.nodes.push({ op: 'dropout', inputs: [graph.output], attrs: { rate: dropout } }) - 1
  const [matrices, others] = [true, false].map((isMatrix) =>
    graph.params.map((p) => p.name).filter((name) => /layer\d\.(q|k|v|out|up|down|gate)$/.test(name) === isMatrix),
  )
  return {
    version: 1,
    batch: { rows: 3, context: 16, accumulate: 2 },
    training: { clip: 0.5, ema: 0.5 },
    graph,
    groups: [{ ...RULE, params: matrices, rule: 'muon', lr: 0.02 }, { ...RULE, params: others, rule: 'adamw', lr: 0.01 }],
    schedule: { lr: [1], weightDecay: [1] },
    ramp: { momentum: [] },
  } // prettier-ignore
}

function requestOf(spec: ProgramSpec) {
  return { program: spec, shapes: inferShapes(spec.graph, V), vocab: V, evaluation: { context: 16, tokens: 32 } }
}

function draw(rng: Rng, size: number): MicroBatch {
  const ids = () => Int32Array.from({ length: size }, () => rng.int(V))
  return { tokens: ids(), targets: ids() }
}

/** Six steps, then seven batches scored, and all that can be read. */
async function train(engine: Engine, spec: ProgramSpec) {
  const session = await Session.open(engine, engine.caps, requestOf(spec), 7)
  const rng = new Rng(9)
  const losses: number[] = []
  for (let step = 1; step <= 6; step++) losses.push(...(await session.step([draw(rng, 48), draw(rng, 48)], { step, ...STEP })))
  losses.push(...(await session.drain()))
  const nats: number[] = []
  const { B, T } = session.plan.score
  const rows = draw(rng, 14 * T)
  await session.score(14 / B, (i, tokens, targets) => {
    tokens.set(rows.tokens.subarray(i * B * T, (i + 1) * B * T))
    targets.set(rows.targets.subarray(i * B * T, (i + 1) * B * T))
  }, (_, values) => nats.push(...values)) // prettier-ignore
  const outcome = { losses, nats, weights: [...(await session.weights())], gradients: [...(await session.gradients())], shares: session.plan.shares }
  session.destroy()
  return outcome
}

describe('threads', () => {
  it('over one memory, as many as there are: the same bits as one alone, and again', async () => {
    const alone = await train(await openWasmEngine(1, true), program(0.2))
    expect(alone.losses).toHaveLength(6)
    expect(alone.nats).toHaveLength(14 * 16)
    for (const threads of [2, 3, 2]) expect(await train(await openWasmEngine(threads, true), program(0.2))).toEqual(alone)
  })

  it('with a replica each: the same losses, weights and scores within rounding, the same bits again', async () => {
    const alone = await train(await openWasmEngine(1, true), program(0))
    for (const [threads, shares] of [[2, { count: 2, rows: 3, micros: 1 }], [3, { count: 3, rows: 1, micros: 2 }]] as const) {
      const engine = await openWasmEngine(threads, false)
      const together = await train(engine, program(0))
      expect(together.shares).toEqual(shares)
      for (const field of ['losses', 'nats', 'weights'] as const)
        assertClose(Float32Array.from(together[field]), alone[field], { atol: 1e-4, rtol: 1e-3, seed: 7, name: `${threads} replicas: ${field}` })
      expect(await train(engine, program(0))).toEqual(together)
    }
  })

  it('take what is predicted, give it back, and are profiled command by command', async () => {
    for (const shared of [true, false]) {
      const engine = await openWasmEngine(2, shared)
      const session = await Session.open(engine, engine.caps, requestOf(program(0)), 1)
      expect(predictBytes(program(0), { vocab: V, adapter: engine, evaluation: { context: 16, tokens: 32 } })).toBe(session.plan.totalBytes)
      const { rows, dispatches, kernelsMs } = await profileSession(session, null)
      expect(rows.reduce((n, row) => n + row.count, 0)).toBe(dispatches)
      expect(kernelsMs).toBeGreaterThan(0)
      expect(rows.find(({ kernel }) => kernel === 'matmul')!.gflops).toBeGreaterThan(0)
      session.destroy()
    }
  })
})

describe('memory', () => {
  it('is zero when it is taken, and taken again after it was given back', () => {
    const heap = new Heap(false)
    const [a, b] = [heap.take(1000), heap.take(200_000)]
    expect([a % 64, b % 64, b >= a + 1000]).toEqual([0, 0, true])
    heap.floats(a, 250).fill(1)
    heap.release(a)
    const c = heap.take(500)
    expect(c).toBe(a)
    expect(heap.floats(c, 125).every((value) => value === 0)).toBe(true)
    expect(heap.take(1000)).toBeGreaterThan(b)
    expect(() => heap.take(5 * 2 ** 30)).toThrow(expect.objectContaining({ code: 'gpu.oom' }))
  })
})
