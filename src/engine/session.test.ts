// The whole model on the device against the float64 oracle: logits, loss, every gradient, ten steps of training.

import { describe, expect, it } from 'vitest'
import { Rng } from '../core/rng'
import type { ModelGraph } from '../graph/ir'
import type { ParamGroup, ProgramSpec, RuleName } from '../graph/program'
import { inferShapes } from '../graph/shapes'
import { forwardGraph, lossAndGradients, type Tensors } from '../reference/model'
import { elementwiseGraph, fusionGraph, layoutGraph, nanochatGraph, sequenceGraph } from '../graph/sampleGraphs'
import { startTraining, trainStep } from '../reference/trainStep'
import type { Engine } from './backends/backend'
import { onDevice } from './backends/webgpu/executor'
import { Session } from './session'
import { describeGpu, expectClose, openDevice } from './testing/dawn'
import { openWasmEngine } from './testing/wasmEngine'

const NANOCHAT = { V: 20, C: 24, H: 4, KV: 2, D: 8, hidden: 40, windows: [3, 0], gateChannels: 8, softcap: 15 }

function group(rule: RuleName, params: string[], lr: number, weightDecay = 0): ParamGroup {
  return { params, rule, lr, beta1: 0.8, beta2: 0.95, eps: 1e-8, weightDecay, momentum: 0.9 }
}

function programOf(graph: ModelGraph, groups: ParamGroup[], batch: ProgramSpec['batch'], training = { clip: 0, ema: 0 }): ProgramSpec {
  return { version: 1, batch, training, graph, groups, schedule: { lr: [1], weightDecay: [1] }, ramp: { momentum: [] } }
}

function batchOf(rng: Rng, size: number, V: number) {
  const draw = () => Int32Array.from({ length: size }, () => rng.int(V))
  return { tokens: draw(), targets: draw() }
}

type Opened = Pick<Engine, 'allocate' | 'caps'>

/** Opens a program and hands back its parameters as the oracle wants them. */
async function openOn(engine: Opened, program: ProgramSpec, V: number, context: number, seed: number) {
  const shapes = inferShapes(program.graph, V)
  const request = { program, shapes, vocab: V, evaluation: { context, tokens: 2 * context } }
  const session = await Session.open(engine, engine.caps, request, seed)
  return { session, params: unpack(session, await session.weights()) }
}

function unpack(session: Session, arena: Float32Array): Tensors {
  const { entries } = session.plan.arena
  return Object.fromEntries(entries.map((e) => [e.spec.name, Float64Array.from(arena.subarray(e.offset, e.offset + e.size))]))
}

/** Largest difference relative to the largest element: how far a whole tensor is off. */
function relativeError(actual: Float64Array, expected: Float64Array): number {
  let scale = 1e-6
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]))
    worst = Math.max(worst, Math.abs(actual[i] - expected[i]))
  }
  return worst / scale
}

const STEP = { lr: 1, weightDecay: 1, momentum: null }

/** One pass over each sample graph. */
function gradientsMatch(engine: () => Promise<Opened>, wanted = /./): void {
  const open = async (...args: [program: ProgramSpec, V: number, context: number, seed: number]) => openOn(await engine(), ...args)
  const graphs: [string, ModelGraph, number][] = [
    ['every elementwise op', elementwiseGraph(), 5],
    ['layout, norms, arithmetic among parameters', layoutGraph(), 5],
    ['ops that look back', sequenceGraph(), 5],
    ['everything that is fused', fusionGraph(), 20],
    ['the ported recipe', nanochatGraph(NANOCHAT), 20],
  ]
  for (const [name, graph, V] of graphs.filter(([name]) => wanted.test(name)))
    it(`${name}: logits, loss and every gradient match the oracle`, async () => {
      const [B, T] = [3, 7]
      const rates = new Set(graph.nodes.filter((n) => n.op === 'dropout'))
      for (const node of rates) node.attrs.rate = 0 // the oracle's dropout is the identity
      const program = programOf(graph, [group('sgd', graph.params.map((p) => p.name), 0)], { rows: B, context: T, accumulate: 1 })
      const { session, params } = await open(program, V, T, 11)
      const batch = batchOf(new Rng(4), B * T, V)
      const expected = lossAndGradients(graph, params, batch.tokens, batch.targets, { B, T })
      const logits = await session.logits(batch.tokens.subarray(0, 2 * T))
      const reference = forwardGraph(graph, params, batch.tokens.subarray(0, 2 * T), { B: 2, T })
      expectClose(logits, reference, { atol: 2e-5, rtol: 2e-4, seed: 11, name: `${name}: logits` })
      await session.step([batch], { step: 1, ...STEP })
      const [loss] = await session.drain()
      expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-5 * Math.max(1, expected.loss))
      const gradients = unpack(session, await session.gradients())
      for (const { name: param } of graph.params)
        expect(relativeError(gradients[param], expected.gradients[param]), `gradient of ${param}`).toBeLessThan(2e-4)
      session.destroy()
    })

}

function wholeModel(engine: () => Promise<Opened>): void {
  const open = async (...args: [program: ProgramSpec, V: number, context: number, seed: number]) => openOn(await engine(), ...args)
  gradientsMatch(engine)
  const RULES: [string, (names: string[], matrices: string[]) => ParamGroup[], { clip: number; ema: number }][] = [
    ['muon and adamw', (names, matrices) => [group('muon', matrices, 0.02, 0.2), group('adamw', names, 0.01, 0.1)], { clip: 0, ema: 0 }],
    ['lion', (names, matrices) => [group('lion', [...names, ...matrices], 0.002, 0.1)], { clip: 0, ema: 0 }],
    ['sgd, clipped', (names, matrices) => [group('sgd', [...names, ...matrices], 0.05, 0.01)], { clip: 0.5, ema: 0 }],
    ['muon, clipped', (names, matrices) => [group('muon', matrices, 0.02), group('adamw', names, 0.01)], { clip: 0.1, ema: 0 }],
  ]
  for (const [name, groups, training] of RULES)
    it(`ten steps of ${name} over two micro-batches follow the oracle`, async () => {
      const graph = nanochatGraph(NANOCHAT)
      const isMatrix = (param: string) => /layer\d\.(q|k|v|out|up|down|gate)$/.test(param)
      const names = graph.params.map((p) => p.name)
      const [B, T] = [2, 8]
      const own = groups(names.filter((n) => !isMatrix(n)), names.filter(isMatrix))
      const program = programOf(graph, own, { rows: B, context: T, accumulate: 2 }, training)
      const { session, params } = await open(program, NANOCHAT.V, T, 3)
      const state = startTraining(program, params)
      const rng = new Rng(8)
      const losses: number[] = []
      const expected: number[] = []
      for (let step = 1; step <= 10; step++) {
        const batches = [batchOf(rng, B * T, NANOCHAT.V), batchOf(rng, B * T, NANOCHAT.V)]
        losses.push(...(await session.step(batches, { step, ...STEP })))
        expected.push(trainStep(program, state, batches, { progress: 0 }).loss)
      }
      losses.push(...(await session.drain()))
      for (const [i, loss] of losses.entries()) expect(Math.abs(loss - expected[i]), `loss ${i}`).toBeLessThan(2e-3)
      const weights = unpack(session, await session.weights())
      for (const param of names) {
        // sign-like rules (lion, Muon's orthogonalisation) turn rounding into steps of full size where a gradient is
        // all but zero: hence a bound on the mean difference, relative to how far the parameter has moved
        const moved = params[param].reduce((sum, w, i) => sum + Math.abs(state.params[param][i] - w), 0)
        const off = weights[param].reduce((sum, w, i) => sum + Math.abs(state.params[param][i] - w), 0)
        expect(off, `${param} after ten steps`).toBeLessThan(0.02 * moved + 1e-5)
      }
      session.destroy()
    })

  it('gives the same bits twice, and falls when it trains on one batch', async () => {
    const graph = nanochatGraph(NANOCHAT)
    const names = graph.params.map((p) => p.name)
    const program = programOf(graph, [group('adamw', names, 0.02)], { rows: 2, context: 8, accumulate: 1 })
    const run = async () => {
      const { session } = await open(program, NANOCHAT.V, 8, 21)
      const batch = batchOf(new Rng(1), 16, NANOCHAT.V)
      const losses: number[] = []
      for (let step = 1; step <= 40; step++) {
        losses.push(...(await session.step([batch], { step, ...STEP })))
      }
      losses.push(...(await session.drain()))
      session.destroy()
      return losses
    }
    const [first, second] = [await run(), await run()]
    expect(second).toEqual(first)
    expect(first).toHaveLength(40)
    expect(first[39]).toBeLessThan(0.3 * first[0])
  })
}

describeGpu('a model on the device', () =>
  wholeModel(async () => {
    const { device, caps } = await openDevice()
    return { ...onDevice(device), caps }
  }),
)
// All that is fused into products, and the kernels that GPUs get but for the products' own: their tiles are tested in
// matmul.test.ts, and would take minutes to compile for every shape of a model here.
const SMALL_TILES = new Proxy({}, { get: () => 'software 4x4 4x1' })
describeGpu('a model on the device, planned as for a GPU', () =>
  gradientsMatch(async () => {
    const { device, caps } = await openDevice()
    return { ...onDevice(device), caps: { ...caps, software: false, choices: SMALL_TILES } }
  }, /fused/),
)
const WITHOUT_GPU: [name: string, threads: number, shared: boolean][] = [
  ['one thread', 1, true],
  ['two threads over one memory', 2, true],
  ['two replicas', 2, false],
]
describe.each(WITHOUT_GPU)('a model on %s', (_, threads, shared) => wholeModel(() => openWasmEngine(threads, shared)))
