// A run by the clock, and the same run again without one: the course it took is all that a replay needs.

import { beforeAll, expect, it } from 'vitest'
import { memoryByteCache } from '../data/byteCache'
import { loadCorpus, prepareData } from '../data/corpus'
import type { TokenData } from '../data/types'
import type { Engine } from '../engine/backends/backend'
import { openWasm } from '../engine/backends/wasm/engine'
import { engineOf } from '../engine/backends/webgpu/device'
import type { Session } from '../engine/session'
import { describeGpu, expectClose, openDevice } from '../engine/testing/dawn'
import '../engine/testing/wasm' // Node 20 has relaxed arithmetic behind a flag
import type { ProgramSpec } from '../graph/program'
import { nanochatGraph } from '../graph/sampleGraphs'
import { arithmetic, multiplyAdd } from './arithmetic'
import { isAlike, mustAgree } from './evidence'
import { runJob } from './run'
import { GRID, gridPoint, pointOfStep } from './schedule'
import { newRecord, train } from './train'
import type { RunJob, RunResult } from './types'

let data: TokenData
beforeAll(async () => {
  const corpus = await loadCorpus({ kind: 'grammar', seed: 3, bytes: 200_000 }, { cache: memoryByteCache() })
  data = (await prepareData(corpus, { kind: 'bytes' })).data
})

/** Sensitive to its schedule: the rate falls over the whole run. */
function program(softcap = 15): ProgramSpec {
  const graph = nanochatGraph({ V: 260, C: 16, H: 2, KV: 1, D: 8, hidden: 32, windows: [8, 0], gateChannels: 8, softcap })
  const params = graph.params.map((p) => p.name)
  return {
    version: 1,
    batch: { rows: 2, context: 32, accumulate: 1 },
    training: { clip: 0, ema: 0 },
    graph,
    groups: [{ params, rule: 'adamw', lr: 0.01, beta1: 0.8, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0 }],
    schedule: { lr: Array.from({ length: GRID + 1 }, (_, i) => 1 - i / GRID), weightDecay: [1] },
    ramp: { momentum: [] },
  }
}

const job = (change: Partial<RunJob> = {}): RunJob => ({
  runId: 'r',
  program: program(),
  seed: 5,
  budget: { kind: 'seconds', amount: 1 },
  evaluation: { context: 32, tokens: 640 },
  guards: { maxWallSeconds: 120, maxBytes: 2 ** 30 },
  scoreHidden: true,
  returnWeights: false,
  ...change,
})

type Good = Extract<RunResult, { ok: true }>
async function good(result: Promise<RunResult>): Promise<Good> {
  const found = await result
  if (!found.ok) throw new Error(found.error.message)
  return found
}

async function runTwice(engine: Engine) {
  const run = (change: Partial<RunJob> = {}) => good(runJob(job(change), engine, data, () => undefined))
  const first = await run()
  const { steps, began } = first.evidence
  expect(steps).toBe(first.measurements.steps)
  expect(began!.length).toBeGreaterThan(1)
  expect(began!.length).toBeLessThanOrEqual(GRID + 1)
  expect(began![0]).toBe(1)
  expect(began).toEqual([...began!].sort((a, b) => a - b))
  expect(began!.at(-1)).toBeLessThanOrEqual(steps)

  const again = await run({ follow: { steps, began: began! } })
  expect([again.valBpb, again.hiddenBpb]).toEqual([first.valBpb, first.hiddenBpb])
  expect(again.evidence).toEqual(first.evidence)
  expectClose(again.measurements.curve, Float64Array.from(first.measurements.curve), { atol: 0, rtol: 0, seed: 5, name: 'losses, run again' })

  // the course matters: the same steps with another one end elsewhere
  const other = await run({ follow: { steps, began: began!.map((step, i) => Math.min(steps, step + (i > 0 ? 20 : 0))) } })
  expect(other.evidence.losses).not.toBe(first.evidence.losses)
  expect(other.valBpb).not.toBe(first.valBpb)
}

it('on the processor a run by the clock is repeated bit for bit by following its course', async () => {
  const engine = await openWasm({ threads: 1, shared: false, spawn: () => { throw new Error('one thread needs no other') } }) // prettier-ignore
  await runTwice(engine)

  const tokens = { kind: 'tokens', amount: 64 * 20 } as const
  const counted = await good(runJob(job({ budget: tokens }), engine, data, () => undefined))
  expect(counted.evidence).toMatchObject({ steps: 20, tokens: 1280, began: null, adapter: { backend: 'wasm', tuning: null } })
  expect(counted.evidence.data).toEqual({
    train: data.train.sha256, val: data.val.sha256, hidden: data.hidden.sha256, tokenizer: data.tokenizer,
  }) // prettier-ignore
  const hot = program(1e6)
  hot.groups[0].lr = 30
  const failed = await runJob(job({ program: hot }), engine, data, () => undefined)
  expect(failed).toMatchObject({ ok: false, status: 'crash', evidence: { adapter: { backend: 'wasm' } } })
  if (failed.ok || !failed.evidence) return
  expect(failed.evidence.steps).toBeGreaterThanOrEqual(Number(failed.error.data.step))
  // the engine's own failure too is the same again
  const { steps, began } = failed.evidence
  const refailed = await runJob(job({ program: hot, follow: { steps, began: began! } }), engine, data, () => undefined)
  expect(!refailed.ok && [refailed.error.code, refailed.error.data]).toEqual([failed.error.code, failed.error.data])
  engine.destroy()
})

describeGpu('on a device', () => {
  it('too', async () => {
    const { device, caps } = await openDevice()
    await runTwice(engineOf(device, caps, { vendor: '', architecture: '', description: '', integrated: false }))
  })
})

it('the grid only goes forward, whatever the clock says', async () => {
  const settings: { lr: number }[] = []
  const session = {
    plan: { program: program(), train: { B: 1, T: 1 } },
    step: async (_: unknown, setting: { lr: number }) => {
      settings.push(setting)
      return Float32Array.of(1)
    },
    drain: async () => new Float32Array(),
    ready: async () => undefined,
  } as unknown as Session
  const rows = { epoch: 0, next: () => true }
  const clock = [0, 0, 0, 0, 0, 0.3, 0.3, 0.1, 0.1, 0.6, 0.6, 0.2]
  let at = 0
  const now = () => 1000 * (clock[at++] ?? at / 20)
  const record = newRecord()
  const guards = { maxWallSeconds: 100, maxBytes: 1 }
  await train(session, rows, { kind: 'seconds', amount: 1 }, guards, Infinity, () => undefined, { record, now })
  const rates = settings.map(({ lr }) => lr)
  expect(rates).toEqual([...rates].sort((a, b) => b - a))
  expect(new Set(rates).size).toBeGreaterThan(3)
  const recorded = settings.splice(0)
  await train(session, rows, { kind: 'seconds', amount: 1 }, guards, Infinity, () => undefined, { follow: record })
  expect(settings).toEqual(recorded)
})

it('finds the point of a step, and the point of a share of the budget', () => {
  expect([1, 2, 3, 7, 8, 99].map((step) => pointOfStep([1, 3, 3, 8], step))).toEqual([0, 0, 2, 2, 3, 3])
  expect([-1, 0, 0.5 / GRID, 1 / GRID, 0.5, 1, 7].map(gridPoint)).toEqual([0, 0, 0, 1, GRID / 2, GRID, GRID])
})

it('names how this machine rounds', async () => {
  expect(await arithmetic()).toMatch(/^[0-9a-f]{16}$/)
  expect(['once', 'twice', 'plain']).toContain(multiplyAdd())
})

it('only the processor owes the same bits, and only where rounding is alike', () => {
  const wasm = {
    backend: 'wasm', vendor: '', architecture: 'wasm', description: '2 threads', tier: 'software', threads: 2, replicas: 1, tuning: null, half: false, arithmetic: 'a',
  } as const // prettier-ignore
  expect(mustAgree(wasm, { ...wasm, threads: 7, description: '7 threads' })).toBe(true)
  for (const change of [{ replicas: 2 }, { arithmetic: 'b' }, { backend: 'webgpu' as const }]) expect(mustAgree(wasm, { ...wasm, ...change })).toBe(false)
  const gpu = { ...wasm, backend: 'webgpu', vendor: 'v', threads: null, replicas: null, tuning: 't' } as const
  expect([isAlike(gpu, gpu), mustAgree(gpu, gpu)]).toEqual([true, false])
  expect(isAlike(gpu, { ...gpu, tuning: 'u' })).toBe(false)
})
