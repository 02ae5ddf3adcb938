// Transfers with a scripted trainer: what is measured, in which order, what is said of it, and what a stop keeps.

import { describe, expect, test } from 'vitest'
import { sha256 } from '../../core/hash'
import { LabError } from '../../core/errors'
import { experimentFixture } from '../../history/fixtures'
import type { TransferRecord, TransferStore } from '../../history/transfers'
import type { Experiment } from '../../history/types'
import type { RunJob } from '../../judge/types'
import { setKnobs } from '../../sandbox/knobs'
import { failed, PROGRAM, scriptedBox, scriptedData, scriptedLab, scriptedTrainer, success, type Knobs } from '../testing'
import { defaultOptions, type TransferOptions } from './options'
import { freshSeeds, keptChain, planTransfer, type TransferDeps } from './plan'
import { runTransfer, type TransferEvent } from './run'

const LR = setKnobs(PROGRAM, { MATRIX_LR: 0.08 })
const BEST = setKnobs(LR, { WIDTH: 96 })
/** gains of the two kept changes: a rate, and a width */
const [LR_GAIN, WIDTH_GAIN] = [0.2, 0.1]
/** what the lab saw: rather too much */
const LAB = [2, 1.78, 1.66]

async function labOf(sources = [PROGRAM, LR, BEST]) {
  const lab = scriptedLab({ incumbent: 4 })
  const numbers = [0, 2, 4]
  const texts = new Map(sources.map((source, i) => [numbers[i], source]))
  const rows: Experiment[] = []
  for (const [number, source] of texts) {
    const i = numbers.indexOf(number)
    rows.push(experimentFixture(lab.labId, number, {
      status: number === 0 ? 'baseline' : 'keep', parentNumber: i === 0 ? null : numbers[i - 1], description: `change ${number}`,
      programHash: await sha256(source), seeds: [42, 43], scores: [LAB[i], LAB[i]], runs: undefined, measurements: null,
    })) // prettier-ignore
  }
  return { lab, rows, texts }
}

/** The rate's gain is lost in a larger model; on another text everything is. */
function landscape(job: RunJob): number {
  const knobs = job.program.graph.nodes[0].attrs as Knobs
  const isLarge = Number(knobs.DEPTH) > 3
  const ratio = Number(knobs.WIDTH) / (isLarge ? 128 : 64)
  return 2 - (isLarge ? 0 : LR_GAIN * (Number(knobs.MATRIX_LR) === 0.08 ? 1 : 0)) - WIDTH_GAIN * (ratio > 1 ? 1 : 0)
}

function memoryStore(): TransferStore & { records: Map<string, TransferRecord> } {
  const records = new Map<string, TransferRecord>()
  return {
    records,
    load: async (_, id) => structuredClone(records.get(id) ?? null),
    save: async (record) => void records.set(record.id, structuredClone(record)),
  }
}

async function setUp(options: Partial<TransferOptions> = {}, sources?: string[]) {
  const { lab, rows, texts } = await labOf(sources)
  const trainer = scriptedTrainer(() => 2, 0)
  let onOther = false
  trainer.before = (job) => {
    const noise = 0.002 * Math.sin(job.seed % 1000 + Number((job.program.graph.nodes[0].attrs as Knobs).WIDTH))
    return success(job, (onOther ? 2.5 : landscape(job)) + noise)
  }
  const deps: TransferDeps = {
    trainer,
    box: scriptedBox(),
    predictBytes: () => 1,
    source: async (row) => texts.get(row.number)!,
    async data(dataset) {
      onOther = JSON.stringify(dataset) !== JSON.stringify(lab.task.dataset)
      return { tokens: await scriptedData(), floorBpb: 1 }
    },
  }
  const asked = { ...defaultOptions(lab), ...options }
  return { lab, rows, texts, trainer, deps, plan: () => planTransfer(lab, rows, asked, deps), store: memoryStore() }
}

describe('a plan', () => {
  test('knows the kept chain, seeds that no decision has seen, larger sizes and longer budgets', async () => {
    const { plan, rows } = await setUp()
    const { record } = await plan()
    expect(record.chain.map(({ number }) => number)).toEqual([0, 2, 4])
    expect(record.seeds).toHaveLength(3)
    expect(record.seeds.filter((seed) => rows.some(({ seeds }) => seeds.includes(seed)))).toEqual([])
    const [same, larger, longer, data] = record.plan
    expect(same).toMatchObject({ arm: 'same', scale: 1, budget: { amount: 1000 }, programs: [0, 4] })
    expect(larger).toMatchObject({ arm: 'larger', scale: 2, refused: null, sizes: [{ number: 0, changes: [{ to: 6 }, { to: 128 }] }, { number: 4, changes: [{ to: 6 }, { to: 192 }] }] })
    expect(longer.budget).toEqual({ kind: 'tokens', amount: 4000 })
    expect(data.dataset).toMatchObject({ kind: 'grammar', seed: 1001 })
    expect(data.notes[0]).toContain('same grammar')
    expect((await plan()).record.id).toBe(record.id)
  })

  test('lowers the scale to what fits and says so, or refuses with the reason', async () => {
    const { plan, deps } = await setUp({ scale: 4, arms: ['larger'] })
    const large = (knobs: Knobs) => Number(knobs.WIDTH) >= 192
    deps.predictBytes = ({ graph }) => (large(graph.nodes[0].attrs as Knobs) ? 2e9 : 1)
    const [, lowered] = (await plan()).record.plan
    expect(lowered).toMatchObject({ scale: 1.5, refused: null })
    expect(lowered.notes[0]).toContain('instead of 4: experiment 0 would need 1908 MiB')
    deps.predictBytes = ({ graph }) => (Number((graph.nodes[0].attrs as Knobs).WIDTH) > 96 ? 2e9 : 1)
    const [, refused] = (await plan()).record.plan
    expect(refused.refused?.message).toContain('No larger model can be made')
    expect(refused.seconds).toBe(0)
  })

  test('refuses programs without sizes, or with different ones', async () => {
    const bare = PROGRAM.replaceAll('DEPTH', 'FIRST').replaceAll('WIDTH', 'SECOND')
    const none = await (await setUp({ arms: ['larger'] }, [bare, bare.replace('0.04', '0.05'), bare.replace('0.04', '0.06')])).plan()
    expect(none.record.plan[1].refused?.message).toContain('none of its knobs is named for one')
    const renamed = await (await setUp({ arms: ['larger'] }, [PROGRAM, LR, BEST.replaceAll('DEPTH', 'FIRST')])).plan()
    expect(renamed.record.plan[1].refused).toMatchObject({ message: expect.stringContaining('Experiment 4 has the size knobs WIDTH'), hint: expect.any(String) })
  })

  test('refuses a lab in which nothing was kept, programs that were changed, and limits that are too small', async () => {
    const { rows, texts, plan } = await setUp()
    expect(() => keptChain(rows, 0)).toThrow(/Nothing has been kept/)
    expect(() => keptChain(rows, null)).toThrow(LabError)
    texts.set(2, PROGRAM)
    await expect(plan()).rejects.toMatchObject({ code: 'judge.program' })
    await expect((await setUp({ limitSeconds: 1 })).plan()).rejects.toMatchObject({ code: 'lab.state', message: expect.stringContaining('limit') })
    await expect((await setUp({ seeds: 0 })).plan()).rejects.toMatchObject({ code: 'lab.state' })
  })

  test('measures changes one by one only where the limit has room', async () => {
    const free = (await (await setUp({ perChange: true })).plan()).record.plan
    expect(free.map(({ programs }) => programs.length)).toEqual([3, 3, 3, 3])
    const pairs = free.reduce((sum, { pairSeconds }) => sum + pairSeconds, 0)
    const limitSeconds = pairs + free[0].seconds - free[0].pairSeconds + 0.1
    const limited = (await (await setUp({ perChange: true, limitSeconds })).plan()).record.plan
    expect(limited.map(({ programs }) => programs.length)).toEqual([3, 2, 2, 2])
    expect(limited[1].notes.at(-1)).toContain('time limit')
  })

  test('seeds are fresh however many are asked for', () => {
    const first = freshSeeds(7, [], 3)
    const rows = [experimentFixture('lab', 0, { seeds: [first[0]] })]
    expect(freshSeeds(7, rows, 3)).toEqual([...first.slice(1), expect.any(Number)])
  })
})

describe('a transfer', () => {
  test('reports per setting how much of the gain survives, split by change', async () => {
    const { plan, deps, store, trainer } = await setUp({ perChange: true })
    const planned = await plan()
    const record = await runTransfer(planned, store, deps, () => {})
    expect(record.finished).toBe(true)
    expect(trainer.jobs).toHaveLength(3 * 3 * 4)
    const [same, larger, longer, data] = record.report.arms
    expect(record.report.labGainBpb).toBeCloseTo(0.34, 9)
    expect(same).toMatchObject({ verdict: 'carries over', share: null })
    expect(same.gain!.gainBpb).toBeCloseTo(0.3, 2)
    expect(larger.verdict).toBe('in part')
    expect(larger.share!.share).toBeCloseTo(1 / 3, 1)
    expect(larger.changes.map(({ number }) => number)).toEqual([2, 4])
    expect(larger.changes[0].gain!.gainBpb).toBeCloseTo(0, 2)
    expect(larger.changes[1].gain!.gainBpb).toBeCloseTo(0.1, 2)
    expect(longer).toMatchObject({ verdict: expect.stringMatching(/carries over|in part/) })
    expect(data.verdict).toBe('lost')
    expect(store.records.get(record.id)).toEqual(record)
    expect(record.runs[0]).toMatchObject({ evidence: { steps: 2 }, budget: { kind: 'tokens', amount: 1000 } })
    // pairs come first, seed by seed, and the text changes only when it has to
    const jobs = trainer.jobs.map(({ runId }) => runId.split('/').slice(2, 4).join(' '))
    expect(jobs.slice(0, 6)).toEqual(['same 0', 'same 4', 'larger 0', 'larger 4', 'longer 0', 'longer 4'])
    expect(jobs.slice(18, 24)).toEqual(['data 0', 'data 4', 'data 0', 'data 4', 'data 0', 'data 4'])
    expect(trainer.jobs.every(({ evaluation }) => evaluation.tokens === 64)).toBe(true)
  })

  test('a stop keeps what there is, a partial report included, and going on measures only the rest', async () => {
    const { plan, deps, store, trainer } = await setUp()
    const stopping = new AbortController()
    const reports: number[] = []
    const onEvent = (event: TransferEvent) => {
      if (event.kind !== 'record') return
      reports.push(event.record.report.arms[0].gain?.pairs ?? 0)
      if (event.record.runs.length === 7) stopping.abort()
    }
    const stopped = await runTransfer(await plan(), store, deps, onEvent, stopping.signal)
    expect(stopped).toMatchObject({ finished: false })
    expect(stopped.runs).toHaveLength(7)
    expect(reports[2]).toBe(1)
    expect(stopped.report.arms[0].verdict).toBe('cannot tell')
    const record = await runTransfer(await plan(), store, deps, () => {})
    expect(trainer.jobs).toHaveLength(24)
    expect(record.runs).toHaveLength(24)
    // more seeds later on are added to those there are
    const more = await setUp({ seeds: 4 })
    await runTransfer(await more.plan(), store, more.deps, () => {})
    expect(more.trainer.jobs).toHaveLength(8)
  })

  test('a stop in the middle of a run ends it at once', async () => {
    const { plan, deps, store, trainer } = await setUp()
    const stopping = new AbortController()
    trainer.before = async () => {
      setTimeout(() => stopping.abort())
      await new Promise(() => undefined)
    }
    const stopped = await runTransfer(await plan(), store, deps, () => {}, stopping.signal)
    expect(stopped).toMatchObject({ finished: false, runs: [] })
  })

  test('a program that fails in a setting ends that setting, and the report says so', async () => {
    const { plan, deps, store, trainer } = await setUp()
    const scored = trainer.before!
    trainer.before = (job) =>
      job.runId.includes('/larger/4/') ? failed(job, 'crash', new LabError('numeric.nonfinite', 'The loss became no number.')) : scored(job)
    const record = await runTransfer(await plan(), store, deps, () => {})
    expect(record.finished).toBe(true)
    expect(record.report.arms[1]).toMatchObject({ verdict: 'failed', reason: 'The best program failed here: The loss became no number.' })
    expect(trainer.jobs.filter(({ runId }) => runId.includes('/larger/'))).toHaveLength(2)
    expect(record.report.arms[2].gain?.pairs).toBe(3)
  })

  test('a device that is lost twice says nothing about the program', async () => {
    const { plan, deps, store, trainer } = await setUp()
    trainer.before = (job) => failed(job, 'device_lost', new LabError('gpu.lost', 'It went.'))
    await expect(runTransfer(await plan(), store, deps, () => {})).rejects.toMatchObject({ code: 'gpu.lost' })
    expect([...store.records.values()][0].runs).toEqual([])
  })
})
