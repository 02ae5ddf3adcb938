import { expect, it } from 'vitest'
import { Rng } from '../../core/rng'
import type { ModelGraph } from '../../graph/ir'
import { GraphWriter, nanochatGraph } from '../../graph/sampleGraphs'
import { inferShapes } from '../../graph/shapes'
import type { ProgramSpec } from '../../graph/program'
import { linearForward } from '../../reference/linear'
import { engineOf, type OpenedDevice } from '../backends/webgpu/device'
import type { Capabilities, Tunable } from '../kernel'
import { matmul, type MatmulShape } from '../kernels/matmul'
import { planModel, type PlanRequest } from '../planner'
import { clockOfSteps, describeGpu, expectClose, openDefaultDevice, openDevice, runLowering } from '../testing/dawn'
import { measurePrecision } from './precision'
import { adapterKey, memoryStore, precisionKey, readTable } from './table'
import { chooseVariant, tune } from './tune'

const V = 16

function request(): PlanRequest {
  return requestFor(nanochatGraph({ V, C: 64, H: 2, KV: 2, D: 32, hidden: 128, windows: [0], gateChannels: 8, softcap: 15 }))
}

/** A model of few kernels, which are compiled soon. */
function small(): PlanRequest {
  const g = new GraphWriter()
  return requestFor(g.finish(g.linear(g.op('embedding', [g.param('table', V, 64), g.op('tokens', [])]), 'head', V, 64)))
}

function requestFor(graph: ModelGraph): PlanRequest {
  const params = graph.params.map((p) => p.name)
  const groups: ProgramSpec['groups'] = [{ params, rule: 'adamw', lr: 0.01, beta1: 0.8, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0.9 }]
  const batch = { rows: 2, context: 64, accumulate: 1 }
  const schedule = { lr: [1], weightDecay: [1] }
  const program: ProgramSpec = { version: 1, batch, training: { clip: 0, ema: 0 }, graph, groups, schedule, ramp: { momentum: [] } }
  return { program, shapes: inferShapes(graph, V), vocab: V, evaluation: { context: 64, tokens: 128 } }
}

async function opened(): Promise<OpenedDevice> {
  const info = { vendor: 'v', architecture: 'a', description: 'd 1.0', integrated: false }
  const { device, caps } = await openDevice()
  return engineOf(device, caps, info)
}

describeGpu('tuning', () => {
  it('chooses a variant for every product, keeps the table, and measures nothing twice', async () => {
    const device = await opened()
    const store = memoryStore()
    const seen: string[] = []
    const first = await tune(device, request(), store, (_done, _total, label) => seen.push(label), { deadlineMs: 1500 })
    const keys = Object.keys(first.choices!)
    expect(keys.length).toBeGreaterThan(5)
    expect(seen.filter(Boolean).length).toBeGreaterThan(0)
    expect(first.peaks!.gflops).toBeGreaterThan(0.01)
    expect(first.peaks!.gbps).toBeGreaterThan(0.01)
    const again = await tune(device, request(), store, () => expect.unreachable('measured again'))
    expect(again).toEqual(first)
    const otherDriver = { ...device.info, description: 'd 1.1' }
    const units: Capabilities = { ...device.caps, subgroupMatrix: { type: 'f16', M: 16, N: 16, K: 16, threads: 32 } }
    const names = [device, { ...device, info: otherDriver }, { ...device, caps: units }].map(adapterKey)
    expect(new Set(await Promise.all(names)).size).toBe(3)
  })

  it('stops at the deadline; what is left follows the rule, and stays so', async () => {
    const device = await opened()
    const store = memoryStore()
    let clock = 0
    const seen: string[] = []
    // every look at the clock takes a second: the peaks and one variant of one shape take all the time there is
    const options = { deadlineMs: 8000, now: () => (clock += 1000) }
    const caps = await tune(device, request(), store, (_done, _total, label) => seen.push(label), options)
    const table = readTable(await store.load(await adapterKey(device)))
    expect(seen.filter(Boolean)).toHaveLength(1)
    expect(Object.keys(table.gflops)).toHaveLength(1)
    expect(Object.keys(table.choices).length).toBeGreaterThan(5)
    expect(await tune(device, request(), store)).toEqual(caps)
  })

  it('tries the precision within the same deadline, and keeps f32 as long as the device where there was no time', async () => {
    const device = await opened()
    // an adapter that says it has f16, with every product's variant known: only the precision is left to try
    const caps: Capabilities = { ...device.caps, software: false, f16: true }
    const gpu = { ...device, caps }
    const plan = planModel(small(), caps)
    const keys = [plan.train, plan.score, plan.probe].flatMap(({ commands }) => commands.flatMap(({ kernel }) => kernel.tunable?.key ?? []))
    const choices = Object.fromEntries(keys.map((key) => [key, 'software 4x4 4x1']))
    const store = memoryStore()
    await store.save(await adapterKey(gpu), { choices, gflops: {}, peaks: { gflops: 1e6, gbps: 1e6 } })
    const flops = plan.train.commands.reduce((sum, { kernel }) => sum + (kernel.flops ?? 0), 0)
    const said: string[] = []
    const attempt = async (on: OpenedDevice, stepMs: number, deadlineMs: number) => {
      said.length = 0
      const { now, end } = clockOfSteps(on.device, [stepMs, stepMs])
      const { half } = await tune(on, small(), store, (_done, _total, label) => said.push(label), { deadlineMs, now })
      end()
      return { half, tookMs: now(), kept: readTable(await store.load(await adapterKey(gpu))).choices[precisionKey(flops)] }
    }
    // f32 has half of the time: its four steps would take more
    const minutes = 120_000
    const late = await attempt(gpu, minutes / 6, minutes)
    expect(late).toEqual({ half: false, tookMs: minutes / 2, kept: undefined })
    expect(said).toEqual([precisionKey(flops), `${precisionKey(flops)}: no time to try f16`])
    expect(await attempt(gpu, 1, minutes)).toEqual({ half: false, tookMs: 0, kept: undefined })
    expect(said).toEqual([])
    // the next device tries, and keeps what it finds: f32 here, where f16 may not even compile
    const { device: other } = await openDefaultDevice()
    const next = await attempt({ ...gpu, device: other }, 1, minutes)
    expect(next).toMatchObject({ half: next.kept === 'f16', kept: expect.stringMatching(/^f(16|32)$/) })
    expect(next.tookMs).toBeLessThan(minutes)
    other.destroy()
  })

  it('does not wait past the deadline for a driver that compiles', async () => {
    const { device, caps } = await openDefaultDevice()
    device.createComputePipelineAsync = () => new Promise(() => {})
    const begun = performance.now()
    expect(await measurePrecision({ device, caps: { ...caps, software: false, f16: true } }, small(), begun + 300)).toBeNull()
    expect(performance.now() - begun).toBeLessThan(30_000)
    device.destroy()
  })

  it('a variant that computes something else, or does not compile, is out; the chosen one matches the oracle', async () => {
    const { device, caps } = await opened()
    const shape: MatmulShape = { orient: 'NT', M: 64, N: 64, K: 64 }
    const own = { ...caps, software: true, choices: {} }
    const real = matmul(shape, own).kernels[0].tunable!
    const variants = [real.variants[0], 'wrong', 'broken', ...real.variants.slice(1)]
    const tried = new Set<string>()
    const lower: Tunable['lower'] = (variant) => {
      tried.add(variant)
      const lowering = real.lower(variant)
      const [kernel] = lowering.kernels
      // leaves all but the first rows as they were, and is fast
      if (variant === 'wrong') return { kernels: [{ ...kernel, workgroups: [1, 1, 1] }] }
      if (variant === 'broken') return { kernels: [{ ...kernel, code: `${kernel.code}\nnot wgsl` }] }
      return lowering
    }
    const table = readTable(null)
    const task = { tunable: { ...real, variants, lower }, flops: 1 }
    await chooseVariant({ device, caps }, task, table, () => performance.now(), Infinity)
    expect(tried).toEqual(new Set(variants))
    expect(real.variants).toContain(table.choices[real.key])
    const rng = new Rng(1)
    const draw = () => Float32Array.from({ length: 64 * 64 }, () => rng.normal())
    const [a, b] = [draw(), draw()]
    const out = await runLowering(matmul(shape, { ...own, choices: table.choices }), { a, b, c: 64 * 64 * 4 })
    const expected = linearForward(Float64Array.from(a), Float64Array.from(b), null, { M: 64, K: 64, N: 64 })
    expectClose(new Float32Array(out.c), expected, { atol: 1e-4, rtol: 1e-4, seed: 1, name: 'chosen' })
  })

  it('takes nothing that is not a table', () => {
    for (const bad of [null, 1, 'x', [], {}, { choices: { a: 1 }, gflops: {}, peaks: null }, { choices: {}, gflops: {}, peaks: { gflops: 0, gbps: NaN } }])
      expect(readTable(bad)).toEqual({ choices: {}, gflops: {}, peaks: null })
    const good = { choices: { k: 'v' }, gflops: { k: 3 }, peaks: { gflops: 1, gbps: 2 } }
    expect(readTable(JSON.parse(JSON.stringify(good)))).toEqual(good)
  })
})
