// Tuning happens once for an adapter and a program, names its choice, and a store that fails is only an empty one.

import { expect, it } from 'vitest'
import { engineOf } from '../engine/backends/webgpu/device'
import type { PlanRequest } from '../engine/planner'
import { describeGpu, expectClose, openDevice } from '../engine/testing/dawn'
import { memoryStore, type TuningStore } from '../engine/tune/table'
import { GraphWriter } from '../graph/sampleGraphs'
import { inferShapes } from '../graph/shapes'
import { chooseKernels } from './tuning'

/** Products just large enough that a choice is worth a measurement on a software adapter. */
const [V, C] = [64, 64]

function request(): PlanRequest {
  const g = new GraphWriter()
  const graph = g.finish(g.linear(g.op('embedding', [g.param('table', V, C), g.op('tokens', [])]), 'head', V, C))
  const rule = { rule: 'sgd' as const, lr: 0.01, beta1: 0, beta2: 0, eps: 0, weightDecay: 0, momentum: 0 }
  const program = {
    version: 1 as const,
    batch: { rows: 4, context: 64, accumulate: 1 },
    training: { clip: 0, ema: 0 },
    graph,
    groups: [{ ...rule, params: ['table', 'head'] }],
    schedule: { lr: [1], weightDecay: [1] },
    ramp: { momentum: [] },
  }
  return { program, shapes: inferShapes(graph, V), vocab: V, evaluation: { context: 64, tokens: 256 } }
}

describeGpu('choosing kernels', () => {
  const choose = async (store: TuningStore | null) => {
    const info = { vendor: 'v', architecture: 'a', description: 'd', integrated: false }
    const { device, caps: own } = await openDevice()
    const opened = engineOf(device, own, info)
    const progress: number[] = []
    const { caps, hash } = await chooseKernels(opened, request(), store, (done, total) => progress.push(done, total))
    return { caps, hash, progress }
  }

  it('measures once, then remembers', async () => {
    const store = memoryStore()
    const first = await choose(store)
    expect(first.progress).not.toEqual([])
    expect(first.progress.at(-2)).toBe(first.progress.at(-1))
    expect(first.hash).toMatch(/^[0-9a-f]{8}$/)
    const { gflops, gbps } = first.caps.peaks!
    expectClose(Float32Array.of(Math.sign(gflops), Math.sign(gbps)), [1, 1], { atol: 0, rtol: 0, seed: 0, name: 'peaks above 0' })
    const second = await choose(store)
    expect(second.progress).toEqual([])
    expect([second.hash, second.caps]).toEqual([first.hash, first.caps])
  })

  it('goes on with a store that is broken, and without one', async () => {
    const broken: TuningStore = {
      load: async () => Promise.reject(new Error('no database')),
      save: async () => Promise.reject(new Error('disk full')),
    }
    expect((await choose(broken)).hash).toMatch(/^[0-9a-f]{8}$/)
    const none = await choose(null)
    expect([none.hash, none.progress, none.caps.choices]).toEqual([null, [], undefined])
  })
})
