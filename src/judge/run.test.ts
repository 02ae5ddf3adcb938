// Whole runs on the device: what comes out when all goes well, and what when it does not.

import { beforeAll, expect, it } from 'vitest'
import { loadCorpus, prepareData } from '../data/corpus'
import { memoryByteCache } from '../data/byteCache'
import type { TokenData } from '../data/types'
import { engineOf, type OpenedDevice } from '../engine/backends/webgpu/device'
import { predictBytes } from '../engine/predict'
import { Session } from '../engine/session'
import { describeGpu, expectClose, openDevice } from '../engine/testing/dawn'
import type { OpName } from '../graph/ir'
import type { ProgramSpec } from '../graph/program'
import { nanochatGraph } from '../graph/sampleGraphs'
import { inferShapes } from '../graph/shapes'
import { evaluationRows, scoreSplit } from './evaluate'
import { runJob } from './run'
import type { RunEvent, RunJob } from './types'

let data: TokenData
let opened: OpenedDevice

function program(): ProgramSpec {
  const graph = nanochatGraph({ V: 260, C: 16, H: 2, KV: 1, D: 8, hidden: 32, windows: [8, 0], gateChannels: 8, softcap: 15 })
  const params = graph.params.map((p) => p.name)
  const group = { params, rule: 'adamw' as const, lr: 0.01, beta1: 0.8, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0 }
  return {
    version: 1,
    batch: { rows: 2, context: 32, accumulate: 1 },
    training: { clip: 0, ema: 0 },
    graph,
    groups: [group],
    schedule: { lr: [1, 0], weightDecay: [1] },
    ramp: { momentum: [] },
  }
}

function job(changes: Partial<RunJob> = {}): RunJob {
  return {
    runId: 'r',
    program: program(),
    seed: 5,
    budget: { kind: 'tokens', amount: 64 * 20 },
    evaluation: { context: 32, tokens: 640 },
    guards: { maxWallSeconds: 120, maxBytes: 2 ** 30 },
    scoreHidden: true,
    returnWeights: true,
    ...changes,
  }
}

const run = (changes: Partial<RunJob> = {}, onEvent: (event: RunEvent) => void = () => undefined) => runJob(job(changes), opened, data, onEvent)

describeGpu('a judged run', () => {
  beforeAll(async () => {
    const corpus = await loadCorpus({ kind: 'grammar', seed: 3, bytes: 200_000 }, { cache: memoryByteCache() })
    data = (await prepareData(corpus, { kind: 'bytes' })).data
    const { device, caps } = await openDevice()
    opened = engineOf(device, caps, { vendor: '', architecture: '', description: '', integrated: false })
  })

  it('learns, scores both splits, passes the gates, says what it did, and gives the same bits again', async () => {
    const events: RunEvent[] = []
    const first = await run({}, (event) => events.push(event))
    if (!first.ok) throw new Error(first.error.message)
    expect(first.valBpb).toBeLessThan(7.5)
    expect(first.hiddenBpb).toBeGreaterThan(1)
    expect(first.gates.map((g) => g.gate)).toEqual(['finite', 'bounds', 'causality', 'rows', 'arrangement', 'guards'])
    expect(first.gates.filter((g) => !g.passed)).toEqual([])
    expect([first.parts?.val.length, first.parts?.hidden.length]).toEqual([16, 16])
    const { steps, tokens, curve, bytesAllocated } = first.measurements
    expect([steps, tokens, curve.length]).toEqual([20, 1280, 40])
    expect(curve[39]).toBeLessThan(curve[1])
    expect(events.filter((e) => e.kind === 'phase').map((e) => e.phase)).toEqual(['compiling', 'warming', 'training', 'evaluating', 'checking'])
    const points = events.flatMap((e) => (e.kind === 'progress' ? e.points.map((p) => p.step) : []))
    expect(points).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    const adapter = { caps: opened.caps }
    if (opened.caps.software) expect(predictBytes(program(), { vocab: 260, adapter, evaluation: job().evaluation })).toBe(bytesAllocated)
    const again = await run()
    if (!again.ok) throw new Error(again.error.message)
    expect([again.valBpb, again.hiddenBpb]).toEqual([first.valBpb, first.hiddenBpb])
    expectClose(again.weights!, Float64Array.from(first.weights!), { atol: 0, rtol: 0, seed: 5, name: 'weights, run again' })
    const other = await run({ seed: 6, scoreHidden: false, returnWeights: false })
    expect(other.ok && other.valBpb !== first.valBpb && other.hiddenBpb === null && other.weights === null).toBe(true)
  })

  it('spends a budget of seconds on training alone', async () => {
    const result = await run({ budget: { kind: 'seconds', amount: 1 }, scoreHidden: false })
    if (!result.ok) throw new Error(result.error.message)
    // the last steps in flight may end a little late, never early by more than they take
    expect(result.measurements.trainMs).toBeGreaterThan(700)
    expect(result.measurements.steps).toBeGreaterThan(2)
  })

  it('records a run whose loss is no number, one that overruns, and one too large, each with advice', async () => {
    const broken = program()
    const { nodes } = broken.graph
    const add = (op: OpName, inputs: number[], attrs = {}) => nodes.push({ op, inputs, attrs }) - 1
    const logits = broken.graph.output
    const infinite = add('reciprocal', [add('sub', [logits, logits])])
    broken.graph.output = add('add', [logits, add('sub', [infinite, infinite])])
    const diverged = await run({ program: broken })
    expect(diverged).toMatchObject({ ok: false, status: 'crash' })
    expect(!diverged.ok && diverged.error.code).toMatch(/^numeric\./)
    expect(!diverged.ok && diverged.error.hint).not.toBe('')
    const slow = await run({ guards: { maxWallSeconds: 120, maxBytes: 1e9, minTokensPerSecond: 1e9 } })
    expect(slow).toMatchObject({ ok: false, status: 'timeout', error: { code: 'judge.slow', hint: expect.stringContaining('smaller') } })
    const late = await run({ guards: { maxWallSeconds: 0.001, maxBytes: 1e9 } })
    expect(late).toMatchObject({ ok: false, status: 'timeout', error: { code: 'judge.timeout' } })
    const faulty = runJob(job({ scoreHidden: false }), opened, data, (event) => {
      if (event.kind === 'phase' && event.phase === 'checking') opened.faults.push('a buffer was too small')
    })
    expect(await faulty).toMatchObject({ ok: false, status: 'crash', error: { code: 'gpu.shader' } })
    const huge = { ...program(), batch: { rows: 4096, context: 4096, accumulate: 1 } }
    expect(await run({ program: huge })).toMatchObject({ ok: false, status: 'rejected', error: { code: 'program.memory' } })
  })

  it('scores a text that cannot be so well known as a fault of the measurement', async () => {
    const impossible = await run({ floorBpb: 7.9 })
    expect(impossible).toMatchObject({ ok: false, status: 'checks_failed', error: { code: 'judge.evaluation', data: { gate: 'bounds' } } })
  })

  it('evaluates with dropout off: as the same weights without it', async () => {
    const wet = program()
    const { graph } = wet
    const dry = { ...wet, graph: { ...graph, nodes: [...graph.nodes] } }
    graph.output = graph.nodes.push({ op: 'dropout', inputs: [graph.output], attrs: { rate: 0.5 } }) - 1
    const result = await run({ program: wet })
    if (!result.ok) throw new Error(result.error.message)
    expect(result.gates.filter((g) => !g.passed)).toEqual([])
    const { evaluation } = job()
    const request = { program: dry, shapes: inferShapes(dry.graph, data.vocab), vocab: data.vocab, evaluation }
    const session = await Session.open(opened, opened.caps, request, 1)
    session.setWeights(result.weights!)
    expect((await scoreSplit(session, evaluationRows(data.val, data.bos, evaluation), data)).bpb).toBe(result.valBpb)
    session.destroy()
  })

  it('says that the device was lost when it was', async () => {
    const result = await run({}, (event) => {
      if (event.kind === 'phase' && event.phase === 'training') opened.device.destroy()
    })
    expect(result).toMatchObject({ ok: false, status: 'device_lost', error: { code: 'gpu.lost' } })
  })
})
