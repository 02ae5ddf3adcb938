// A gain is real: the verdict, the hidden split, the incumbent measured again.

import { afterEach, describe, expect, test } from 'vitest'
import { LabError } from '../core/errors'
import { createController } from './controllers/registry'
import { driftsOf, gapOf, mayRepeat, runCost } from './ruler'
import { failed, PROGRAM, scriptedTrainer, success } from './testing'
import { checkRecord, makeLoop, newFolder, notices, openStores, phaseIs, removeFolders } from './testingLab'
import { deeper, labOf, labWith, numberOf, rule, spread } from './testingTrust'

afterEach(removeFolders)

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
