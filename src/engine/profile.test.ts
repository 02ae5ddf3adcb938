// A profile accounts for every dispatch of a step, by either clock, and knows a clock that is too coarse.

import { expect, it } from 'vitest'
import { create } from 'webgpu'
import type { ProgramSpec } from '../graph/program'
import { GraphWriter } from '../graph/sampleGraphs'
import { inferShapes } from '../graph/shapes'
import { openDevice } from './backends/webgpu/device'
import { profileSession, type StepProfile } from './profile'
import { quantumOf } from './profileClock'
import { onDevice } from './backends/webgpu/executor'
import { Session } from './session'
import { describeGpu, expectClose } from './testing/dawn'

const PEAKS = { gflops: 1000, gbps: 10 }
const [V, C] = [64, 32]

it('finds the step in which timestamps move', () => {
  const stamps = (...values: number[]) => quantumOf(BigUint64Array.from(values, BigInt))
  expect(stamps(5, 5, 5)).toBe(Infinity)
  expect(stamps(0, 131_072, 65_536, 655_360)).toBe(65_536)
  expect(stamps(300_000, 100_000, 400_000)).toBe(100_000)
  expect(stamps(1000, 1041, 2000)).toBeLessThan(100)
})

function program(): ProgramSpec {
  const g = new GraphWriter()
  const x = g.rmsNorm(g.op('embedding', [g.param('table', V, C), g.op('tokens', [])]))
  const graph = g.finish(g.linear(g.op('add', [x, g.linear(x, 'hidden', C, C)]), 'head', V, C))
  const params = graph.params.map((p) => p.name)
  return {
    version: 1,
    batch: { rows: 2, context: 32, accumulate: 2 },
    training: { clip: 0, ema: 0 },
    graph,
    groups: [{ params, rule: 'adamw', lr: 0.01, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0 }],
    schedule: { lr: [1], weightDecay: [1] },
    ramp: { momentum: [] },
  }
}

function expectWhole({ rows, dispatches, kernelsMs, stepMs, hostUsPerDispatch }: StepProfile): void {
  const sum = (of: (row: StepProfile['rows'][number]) => number) => rows.reduce((total, row) => total + of(row), 0)
  expect(sum((row) => row.count)).toBe(dispatches)
  expect(sum((row) => row.share)).toBeCloseTo(1, 9)
  expect(sum((row) => row.msPerStep)).toBeCloseTo(kernelsMs, 9)
  expect([...rows].sort((a, b) => b.share - a.share)).toEqual(rows)
  for (const value of [stepMs, kernelsMs, hostUsPerDispatch]) expect(value).toBeGreaterThan(0)
  for (const row of rows) {
    expect(row.bytes, row.kernel).toBeGreaterThan(0)
    expect(row.ofPeak).toBeCloseTo(Math.max(row.gflops / PEAKS.gflops, row.gbps / PEAKS.gbps), 9)
    expect(row.bound).toBe(row.gflops / PEAKS.gflops > row.gbps / PEAKS.gbps ? 'compute' : 'memory')
    expect(row.speedupIfFree).toBeCloseTo(1 / (1 - row.share), 6)
  }
}

describeGpu('a profile of a step', () => {
  // one instance keeps its timestamps as they are, the other makes them coarse, as browsers do
  it('accounts for every dispatch by timestamps, by the wall clock, and without a clock on the device', async () => {
    const fine = create(['disable-dawn-features=timestamp_quantization'])
    const coarse = create([])
    Object.assign(globalThis, { profiledInstances: [fine, coarse] }) // Dawn's instances must outlive their devices
    const open = async (gpu: GPU, hidden: string[] = []) => {
      const requestAdapter = async () => {
        const adapter = (await gpu.requestAdapter())!
        const features = new Set([...adapter.features].filter((name) => !hidden.includes(name)))
        return new Proxy(adapter, {
          get(of, key) {
            if (key === 'features') return features
            const value: unknown = Reflect.get(of, key, of)
            return typeof value === 'function' ? value.bind(of) : value
          },
        })
      }
      return openDevice({ requestAdapter } as unknown as GPU)
    }
    const without = await open(coarse, ['timestamp-query'])
    expect(without.device.features.has('timestamp-query')).toBe(false)
    const devices = [await open(fine), await open(coarse), without]
    const profiles: StepProfile[] = []
    const losses: number[] = []
    for (const { device, caps } of devices) {
      const request = { program: program(), shapes: inferShapes(program().graph, V), vocab: V, evaluation: { context: 32, tokens: 64 } }
      const session = await Session.open(onDevice(device), caps, request, 1)
      profiles.push(await profileSession(session, PEAKS))
      session.destroy()
      const fresh = await Session.open(onDevice(device), caps, request, 1)
      const tokens = new Int32Array(64).map((_, i) => i)
      await fresh.step([0, 1].map(() => ({ tokens, targets: tokens })), { step: 1, lr: 1, weightDecay: 1, momentum: null })
      losses.push(...(await fresh.drain()))
      fresh.destroy()
      device.destroy()
    }
    for (const profile of profiles) expectWhole(profile)
    // what drives an adapter decides how fine its clock is; that a coarse one is not believed holds everywhere
    expect(profiles.map((p) => p.clock)).toEqual([profiles[0].clock, 'wall clock', 'wall clock'])
    const [first, ...others] = profiles.map(({ rows }) => rows.map(({ kernel, shape, count, flops, bytes }) => [kernel, shape, count, flops, bytes].join()).sort())
    for (const other of others) expect(other).toEqual(first)
    const flops = profiles[0].rows.reduce((total, row) => total + row.flops, 0)
    // two linear maps forward, their inputs' gradients and their weights', 128 tokens
    expect(flops).toBeGreaterThanOrEqual(3 * 2 * 128 * (V * C + C * C))
    expectClose(Float32Array.from(losses), losses.map(() => losses[0]), { atol: 0, rtol: 0, seed: 1, name: 'losses after profiling' })
  })
})
