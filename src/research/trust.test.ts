// A score nobody can fake, and a gain that is real: what the loop does so that both hold.

import { afterEach, describe, expect, test } from 'vitest'
import { LabError } from '../core/errors'
import type { KeepRuleSpec } from '../judge/task'
import type { RunJob, RunResult } from '../judge/types'
import { setKnobs } from '../sandbox/knobs'
import { createController } from './controllers/registry'
import { createRandom } from './controllers/random'
import { driftsOf, gapOf, mayRepeat, runCost } from './ruler'
import { failed, PROGRAM, scriptedLab, scriptedTrainer, success } from './testing'
import { checkRecord, makeLoop, newFolder, notices, openStores, phaseIs, removeFolders } from './testingLab'
import type { ResearchContext } from './types'

afterEach(removeFolders)

const rule = (change: Partial<KeepRuleSpec> = {}): KeepRuleSpec => ({ kind: 'measured', repeats: 3, floorBpb: 0.001, ...change })
const labWith = (maxExperiments: number, keepRule = rule()) => scriptedLab({ maxExperiments, task: { ...scriptedLab().task, keepRule } })
const spread = [0, 0.004, -0.004]

/** A lab whose every program scores as told: mean by program, the same spread over the seeds for all. */
async function labOf(count: number, score: (job: RunJob) => number | RunResult, programs: string[], keepRule = rule()) {
  const stores = await openStores(await newFolder(), labWith(count, keepRule))
  const trainer = scriptedTrainer(() => 2, 0)
  trainer.before = (job) => {
    const scored = score(job)
    return typeof scored === 'number' ? success(job, scored + spread[job.seed - 42]) : scored
  }
  const made = makeLoop(stores, { trainer })
  for (const text of programs) await made.loop.queueProgram(text, 'By hand.')
  return { stores, ...made }
}

const numberOf = (job: RunJob) => Number(job.runId.split('/')[1])
const deeper = (depth: number) => setKnobs(PROGRAM, { DEPTH: depth })

describe('the program that runs is the program that is recorded', () => {
  test('each run reads it back from the commit, and says so', async () => {
    const { stores, loop } = await labOf(1, (job) => (numberOf(job) === 0 ? 2 : 1.9), [PROGRAM, deeper(4)])
    loop.start()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    const gate = rows[1].gates.find((each) => each.gate === 'program')
    expect(gate).toMatchObject({ passed: true, detail: expect.stringContaining(rows[1].programHash.slice(0, 12)) })
  })

  test('another text under the commit fails the checks before anything is trained', async () => {
    const { stores, loop, trainer } = await labOf(2, () => 2, [PROGRAM])
    loop.step()
    await phaseIs(loop, 'paused')
    const read = stores.repo.read.bind(stores.repo)
    let forging = false
    const commit = stores.repo.commit.bind(stores.repo)
    stores.repo.commit = async (...args) => {
      forging = true
      return commit(...args)
    }
    stores.repo.read = async (id) => {
      const found = await read(id)
      return forging ? { ...found, 'train.js': deeper(12) } : found
    }
    await loop.queueProgram(deeper(4), 'Deeper.')
    const runs = trainer.jobs.length
    loop.step()
    await phaseIs(loop, 'running')
    await phaseIs(loop, 'paused')
    const row = (await stores.ledger.listExperiments('lab-1'))[1]
    expect(row).toMatchObject({ status: 'checks_failed', error: { code: 'judge.program' }, scores: [] })
    expect(trainer.jobs.length).toBe(runs)
    await loop.stop()
  })

  test('comments, spaces and names make no other program: equal ones are never scored twice', async () => {
    const again = `// the very same\n${PROGRAM.replace('const DEPTH', '\n\nconst  DEPTH')}`
    const { stores, loop, trainer } = await labOf(1, () => 2, [PROGRAM, again, deeper(4)])
    loop.start()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    expect(rows[1]).toMatchObject({ status: 'rejected', error: { code: 'program.duplicate', data: { number: 0 } } })
    expect(rows[1].reason).toContain('in other words')
    expect(trainer.jobs.filter((job) => numberOf(job) === 1)).toEqual([])
    expect(rows[2].scores.length).toBe(1)
  })

  test('a researcher that only repeats itself is stopped, at no cost', async () => {
    const stores = await openStores(await newFolder(), labWith(5))
    const controller = { name: 'parrot', propose: async (context: ResearchContext) => ({ ...(await createRandom().propose(context)), source: `${PROGRAM}//${context.history.length}` }) }
    const { loop, trainer, events } = makeLoop(stores, { controller })
    loop.start()
    await phaseIs(loop, 'paused')
    expect(notices(events).at(-1)?.message).toContain('20 programs in a row that had been tried')
    expect(trainer.jobs.length).toBe(3)
    await loop.stop()
  })
})

describe('a jump', () => {
  const jumped = async (again: (job: RunJob) => number) => {
    const isRepeat = (job: RunJob) => job.runId.endsWith('/jump')
    const made = await labOf(1, (job) => (numberOf(job) === 0 ? 2 : isRepeat(job) ? again(job) : 1.5), [PROGRAM, deeper(4)])
    made.loop.start()
    await made.loop.settled()
    return { ...made, row: (await checkRecord(made.stores)).rows[1] }
  }

  test('is run again on the same seed before it counts, then on the next', async () => {
    const { row, trainer } = await jumped(() => 1.5)
    expect(trainer.jobs.filter((job) => numberOf(job) === 1).map((job) => job.runId)).toEqual(['lab-1/1/1', 'lab-1/1/1/jump', 'lab-1/1/2'])
    expect(row.status).toBe('keep')
    expect(row.runs!.map((run) => run.purpose)).toEqual(['first', 'jump', 'seed'])
    expect(row.runs![1].seed).toBe(42)
    expect(row.scores.length).toBe(2)
  })

  test('that does not come again to the bit does not count', async () => {
    const { row, trainer } = await jumped(() => 1.5000001)
    expect(row).toMatchObject({ status: 'checks_failed', error: { code: 'judge.repeat' } })
    expect(row.gates.at(-1)).toMatchObject({ gate: 'repeat', passed: false })
    expect(row.reason).toContain('more than 6 σ better at first sight')
    expect(trainer.jobs.filter((job) => numberOf(job) === 1).length).toBe(2)
  })

  test('a gain within six σ is not run again', async () => {
    const { loop, trainer } = await labOf(1, (job) => (numberOf(job) === 0 ? 2 : 1.98), [PROGRAM, deeper(4)])
    loop.start()
    await loop.settled()
    expect(trainer.jobs.some((job) => job.runId.endsWith('/jump'))).toBe(false)
  })
})

describe('the verdict', () => {
  test('is stored with what it rests on', async () => {
    const { stores, loop } = await labOf(2, (job) => [2, 1.9, 1.899][numberOf(job)], [PROGRAM, deeper(4), deeper(5)])
    loop.start()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    expect(rows[1].judgement).toMatchObject({ keptAs: 'better', pNeeded: 0.98, floorBpb: 0.001, driftBpb: 0, seedsUsed: 2, flag: null })
    expect(rows[1].judgement!.pBetter).toBeGreaterThan(0.98)
    expect(rows[1].judgement!.sigmaBpb).toBeCloseTo(0.004 / 0.8862, 4)
    expect(rows[2]).toMatchObject({ status: 'discard', judgement: { keptAs: null, seedsUsed: 1 } })
    expect(rows[2].judgement!.pBetter).toBeLessThan(0.98)
  })

  test('equal and shorter is kept, as simpler', async () => {
    const shorter = PROGRAM.replace(/const QK_NORM.*\n/, '')
    const { stores, loop } = await labOf(1, () => 2, [PROGRAM, shorter])
    loop.start()
    await loop.settled()
    const { rows, lab } = await checkRecord(stores)
    expect(rows[1]).toMatchObject({ status: 'keep', deltaBpb: 0, judgement: { keptAs: 'simpler', incumbentLength: rows[0].length } })
    expect(rows[1].length).toBeLessThan(rows[0].length!)
    expect(rows[1].scores.length).toBe(3)
    expect(lab.incumbent).toBe(1)
  })

  test('repeats have a budget: what it does not cover is discarded, never kept unmeasured', async () => {
    const keepRule = rule({ repeatShare: 0.1 })
    const { stores, loop } = await labOf(2, (job) => [2, 1.98, 1.976][numberOf(job)], [PROGRAM, deeper(4), deeper(5)], keepRule)
    loop.start()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    // three runs of the baseline and a first look: a repeat would be one run of five
    expect(rows[1]).toMatchObject({ status: 'discard', judgement: { flag: 'budget', keptAs: null } })
    expect(rows[1].reason).toContain('not enough budget to tell')
    const cost = runCost(rows)
    expect(cost).toMatchObject({ looks: { runs: 3 }, sigma: { runs: 2 }, repeats: { runs: 0 } })
    expect(cost.looks.wallMs).toBeGreaterThan(0)
    expect(mayRepeat(rule({ repeatShare: 0 }), rows)).toBe(false)
    expect(mayRepeat(rule(), rows)).toBe(true)
  })

  test('an incumbent that no longer runs blames no candidate', async () => {
    const { stores, loop, events } = await labOf(2, (job) => {
      if (job.runId === 'lab-1/1/3') return failed(job, 'crash', new LabError('gpu.oom', 'Full.'))
      return [2, 1.9, 1.888][numberOf(job)]
    }, [PROGRAM, deeper(4), deeper(5)]) // prettier-ignore
    loop.start()
    await phaseIs(loop, 'paused')
    expect(notices(events).at(-1)?.message).toBe('Full.')
    const rows = await stores.ledger.listExperiments('lab-1')
    expect(rows[1].status).toBe('keep')
    expect(rows[2]).toMatchObject({ status: 'crash', error: { code: 'lab.state' }, reason: expect.stringContaining('It could not be compared: Full.') })
    await loop.stop()
  })
})

describe('the hidden split', () => {
  const overfitLab = () =>
    labOf(2, (job) => success(job, [2, 1.9, 1.8][numberOf(job)] + spread[job.seed - 42], numberOf(job) === 1 ? 0.08 : 0.01), [PROGRAM, deeper(4), deeper(5)])

  test('a keep that widens the gap beyond noise is flagged and does not advance', async () => {
    const { stores, loop } = await overfitLab()
    loop.start()
    await loop.settled()
    const { rows, lab } = await checkRecord(stores)
    expect(rows[1]).toMatchObject({ status: 'discard', judgement: { flag: 'overfit', keptAs: null, gap: { against: 0 } } })
    expect(rows[1].judgement!.gap!.widenedBpb).toBeCloseTo(0.07, 9)
    expect(rows[1].reason).toContain('fits the validation text only')
    expect(rows[2]).toMatchObject({ status: 'keep', judgement: { flag: null } })
    expect(lab.incumbent).toBe(2)
    expect([gapOf(rows[0]), gapOf(rows[2])].map((gap) => gap!.toFixed(4))).toEqual(['0.0100', '0.0100'])
    // only programs that are compared with again keep their scores by part
    expect(rows.map((row) => row.runs!.some((run) => run.parts))).toEqual([true, false, true])
  })

  test('nothing of it reaches a researcher', async () => {
    const { stores, loop } = await overfitLab()
    const seen: string[] = []
    const evolution = createController('evolution')
    loop.start()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    await stores.ledger.saveLab({ ...(await stores.ledger.loadLab('lab-1'))!, maxExperiments: 3 })
    const again = makeLoop(await openStores(stores.dir, labWith(3)), {
      trainer: scriptedTrainer(() => 2, 0.004),
      controller: {
        name: 'evolution',
        propose(context) {
          seen.push(JSON.stringify({ ...context, rng: null }))
          return evolution.propose(context)
        },
      },
    })
    again.loop.start()
    await again.loop.settled()
    expect(seen.length).toBeGreaterThan(0)
    const hidden = rows.flatMap((row) => [row.hiddenBpb, row.judgement?.gap?.widenedBpb, ...row.runs!.flatMap((run) => [run.score?.hiddenBpb, ...(run.parts?.hidden ?? [])])])
    const secrets = hidden.flatMap((value) => (typeof value === 'number' ? [String(value), value.toFixed(4)] : []))
    expect(secrets.length).toBeGreaterThan(10)
    const shown = rows.flatMap((row) => [...row.scores, row.valBpb, row.deltaBpb].map(String))
    for (const text of seen)
      for (const secret of new Set(secrets)) if (!shown.includes(secret)) expect(text).not.toContain(secret)
    for (const text of seen) expect(text).not.toMatch(/"runs":\[\{|"seeds":\[\d|"hiddenBpb":\d|"gap":\{/)
  })
})

describe('the incumbent is measured again every ten experiments', () => {
  /** The baseline drifts by so much when it is measured again. */
  const drifting = (drift: number, kind: 'tokens' | 'seconds') => async () => {
    const lab = labWith(22)
    const task = { ...lab.task, budget: { kind, amount: 1000 } }
    const stores = await openStores(await newFolder(), { ...lab, task })
    const trainer = scriptedTrainer(() => 2, 0)
    trainer.before = (job) => {
      if (job.runId.endsWith('/recheck')) return success(job, 2 + drift + spread[job.seed - 42])
      return success(job, (numberOf(job) === 0 ? 2 : 2.1) + spread[job.seed - 42])
    }
    const made = makeLoop(stores, { trainer, controller: createController('random') })
    made.loop.start()
    await made.loop.settled()
    return { ...made, ...(await checkRecord(stores)) }
  }

  test('the same score says nothing and costs one run in ten', async () => {
    const { rows, trainer, events } = await drifting(0, 'tokens')()
    expect(trainer.jobs.filter((job) => job.runId.endsWith('/recheck')).map((job) => job.seed)).toEqual([42, 42])
    expect(driftsOf(rows).map(({ after, wasBpb, isBpb }) => [after, isBpb - wasBpb])).toEqual([[10, 0], [20, 0]])
    expect(notices(events).filter(({ level }) => level === 'warning')).toEqual([])
    expect(rows[0].scores.length).toBe(3)
    expect(runCost(rows).repeats.runs).toBe(2)
  })

  test('with a budget of tokens any difference is told', async () => {
    const { events } = await drifting(1e-7, 'tokens')()
    expect(notices(events).some(({ message }) => message.includes('should be the same to the bit'))).toBe(true)
  })

  test('with a budget of time a small one is not, a large one is, and it widens the noise of later verdicts', async () => {
    expect(notices((await drifting(0.004, 'seconds')()).events).some(({ level }) => level === 'warning')).toBe(false)
    const { events, rows } = await drifting(0.05, 'seconds')()
    expect(notices(events).some(({ message }) => message.includes('this machine is now slower'))).toBe(true)
    expect(rows[10].judgement!.driftBpb).toBe(0)
    expect(rows[11].judgement!.driftBpb).toBeCloseTo(0.05, 9)
  })
})
