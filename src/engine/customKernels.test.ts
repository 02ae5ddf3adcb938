// Models with custom kernels on a device: they follow the float64 oracle, which computes the same by built-in ops.

import { expect, it } from 'vitest'
import { Rng } from '../core/rng'
import { buildTape } from '../graph/autodiff'
import type { ModelGraph } from '../graph/ir'
import type { ProgramSpec } from '../graph/program'
import { kernelGraph } from '../graph/sampleKernels'
import { inferShapes } from '../graph/shapes'
import { prepareKernels } from '../graph/wgsl/prepare'
import { forwardGraph, lossAndGradients, type Tensors } from '../reference/model'
import { startTraining, trainStep } from '../reference/trainStep'
import { onDevice } from './backends/webgpu/executor'
import type { Capabilities } from './kernel'
import { Session } from './session'
import { describeGpu, expectClose, openDevice } from './testing/dawn'
import { openWasmEngine } from './testing/wasmEngine'

const V = 7
const STEP = { lr: 1, weightDecay: 1, momentum: null }

function programOf(graph: ModelGraph, batch: ProgramSpec['batch']): ProgramSpec {
  const params = graph.params.map((p) => p.name)
  const groups = [{ params, rule: 'adamw' as const, lr: 0.02, beta1: 0.8, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, momentum: 0 }]
  return { version: 1, batch, training: { clip: 0, ema: 0 }, graph, groups, schedule: { lr: [1], weightDecay: [1] }, ramp: { momentum: [] } }
}

async function prepared(): Promise<ModelGraph> {
  const graph = kernelGraph(true)
  return prepareKernels(graph, inferShapes(graph, V))
}

/** @param change what the planner is told of the adapter */
async function openOn(program: ProgramSpec, context: number, memoryBytes?: number, change: Partial<Capabilities> = {}) {
  const { device, caps } = await openDevice()
  const shapes = inferShapes(program.graph, V)
  const request = { program, shapes, vocab: V, evaluation: { context, tokens: 2 * context }, memoryBytes }
  const session = await Session.open(onDevice(device), { ...caps, ...change }, request, 5)
  return { session, params: unpack(session, await session.weights()) }
}

function unpack(session: Session, arena: Float32Array): Tensors {
  const { entries } = session.plan.arena
  return Object.fromEntries(entries.map((e) => [e.spec.name, Float64Array.from(arena.subarray(e.offset, e.offset + e.size))]))
}

function batchOf(rng: Rng, size: number) {
  const draw = () => Int32Array.from({ length: size }, () => rng.int(V))
  return { tokens: draw(), targets: draw() }
}

describeGpu('a model with custom kernels', () => {
  it.each([
    ['as it is', {}],
    ['planned as for a GPU', { software: false, choices: new Proxy({}, { get: () => 'software 4x4 4x1' }) }],
    ['cut into small dispatches', { peaks: { gflops: 1e-4, gbps: 1e-4 } }],
  ])('follows the oracle %s: logits, loss and every gradient', async (name, change) => {
    const [B, T] = [3, 9]
    const { session, params } = await openOn(programOf(await prepared(), { rows: B, context: T, accumulate: 1 }), T, undefined, change)
    const kernels = session.plan.train.commands.filter(({ kernel }) => kernel.name.startsWith('custom_'))
    if ('peaks' in change) expect(kernels.length).toBeGreaterThan(6)
    else expect(kernels.map(({ kernel }) => kernel.name)).toHaveLength(6)
    const batch = batchOf(new Rng(4), B * T)
    const oracle = kernelGraph(false)
    const expected = lossAndGradients(oracle, params, batch.tokens, batch.targets, { B, T })
    const logits = await session.logits(batch.tokens.subarray(0, 2 * T))
    const reference = forwardGraph(oracle, params, batch.tokens.subarray(0, 2 * T), { B: 2, T })
    expectClose(logits, reference, { atol: 2e-5, rtol: 2e-4, seed: 5, name: `logits ${name}` })
    await session.step([batch], { step: 1, ...STEP })
    const [loss] = await session.drain()
    expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-5 * expected.loss)
    const gradients = unpack(session, await session.gradients())
    for (const { name: param } of oracle.params) {
      const scale = Math.max(...expected.gradients[param].map(Math.abs))
      expectClose(Float32Array.from(gradients[param]), expected.gradients[param], { atol: 1e-4 * scale, rtol: 1e-4, seed: 5, name: param })
    }
    session.destroy()
  })

  it('trains as the oracle does, over two micro-batches, and the same twice', async () => {
    const [B, T] = [2, 8]
    const program = programOf(await prepared(), { rows: B, context: T, accumulate: 2 })
    const run = async () => {
      const { session, params } = await openOn(program, T)
      const state = startTraining({ ...program, graph: kernelGraph(false) }, params)
      const rng = new Rng(8)
      const losses: number[] = []
      const expected: number[] = []
      for (let step = 1; step <= 10; step++) {
        const batches = [batchOf(rng, B * T), batchOf(rng, B * T)]
        losses.push(...(await session.step(batches, { step, ...STEP })))
        expected.push(trainStep({ ...program, graph: kernelGraph(false) }, state, batches, { progress: 0 }).loss)
      }
      losses.push(...(await session.drain()))
      session.destroy()
      return { losses, expected }
    }
    const first = await run()
    for (const [i, loss] of first.losses.entries()) expect(Math.abs(loss - first.expected[i]), `loss ${i}`).toBeLessThan(1e-3)
    expect((await run()).losses).toEqual(first.losses)
  })

  it('gives the same bits when activations are computed twice', async () => {
    const [B, T] = [4, 32]
    const program = programOf(await prepared(), { rows: B, context: T, accumulate: 1 })
    const train = async (memoryBytes?: number) => {
      const { session } = await openOn(program, T, memoryBytes)
      const { segments, totalBytes } = session.plan
      const rng = new Rng(2)
      for (let step = 1; step <= 3; step++) await session.step([batchOf(rng, B * T)], { step, ...STEP })
      const losses = await session.drain()
      session.destroy()
      return { segments, totalBytes, losses }
    }
    const plain = await train()
    const twice = await train(plain.totalBytes - 1)
    expect(twice.segments).toBeGreaterThan(1)
    expect(twice.losses).toEqual(plain.losses)
  })
})

it('a program with a custom kernel is refused without a GPU, by name', async () => {
  const { allocate, caps } = await openWasmEngine(1, true)
  const program = programOf(await prepared(), { rows: 2, context: 8, accumulate: 1 })
  const request = { program, shapes: inferShapes(program.graph, V), vocab: V, evaluation: { context: 8, tokens: 16 } }
  await expect(Session.open({ allocate }, caps, request, 1)).rejects.toMatchObject({ code: 'program.graph', message: expect.stringContaining('squaredRelu'), hint: expect.stringContaining('GPU') })
})

it('a kernel that was never read is refused: raw text does not reach a compiler', () => {
  const graph = kernelGraph(true)
  expect(() => buildTape(graph, inferShapes(graph, V), 2, 8, { kind: 'score' })).toThrow(expect.objectContaining({ code: 'program.graph' }))
})
