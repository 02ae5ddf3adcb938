import { execFileSync } from 'node:child_process'
import { afterEach, describe, expect, test } from 'vitest'
import { LabError } from '../core/errors'
import type { Experiment } from '../history/types'
import { setKnobs } from '../sandbox/knobs'
import { createController } from './controllers/registry'
import { wasInterrupted } from './outcomes'
import { PROGRAM, scriptedLab, scriptedTrainer } from './testing'
import { checkRecord, makeLoop, newFolder, openStores, phaseIs, removeFolders, until } from './testingLab'

afterEach(removeFolders)

describe('a whole lab', () => {
  test('baseline, noise, experiments, and an end', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 8 }))
    const { loop, trainer, events } = makeLoop(stores)
    loop.start()
    await loop.settled()
    expect(loop.phase).toBe('idle')
    const { lab, rows } = await checkRecord(stores)
    expect(lab.phase).toBe('finished')
    expect(rows.length).toBe(9)
    const [baseline] = rows
    expect(baseline).toMatchObject({ status: 'baseline', seeds: [42, 43, 44], parentNumber: null })
    expect(baseline.hiddenBpb).toBeCloseTo(baseline.valBpb! + 0.01, 9)
    expect(lab.sigmaBpb).toBeGreaterThan(0)
    const kept = rows.filter((row) => row.status === 'keep')
    expect(kept.length).toBeGreaterThan(0)
    for (const row of kept) {
      expect(row.scores.length).toBeGreaterThanOrEqual(2)
      expect(row.hiddenBpb).not.toBeNull()
      expect(await stores.ledger.loadWeights('lab-1', row.number)).toEqual(Float32Array.of(1, 2, 3))
    }
    expect(await stores.ledger.loadCurve('lab-1', 3)).toEqual(Float32Array.of(0, 5, 1, 4))
    const best = rows.find((row) => row.number === lab.incumbent)!
    expect(best.valBpb!).toBeLessThan(baseline.valBpb! - 2 * lab.sigmaBpb!)
    // losers cost one run
    const runIds = trainer.jobs.map((job) => job.runId)
    const runsOf = (row: Experiment) => runIds.filter((id) => id.startsWith(`lab-1/${row.number}/`)).length
    for (const row of rows) if (row.status === 'discard' && row.deltaBpb! > 0.01) expect(runsOf(row)).toBe(1)
    expect(events.at(-1)).toMatchObject({ kind: 'activity', activity: 'idle' })
    execFileSync('git', ['fsck', '--full', '--strict'], { cwd: stores.dir, stdio: 'pipe' })
  })

  test('the plain rule runs each program once', async () => {
    const task = { ...scriptedLab().task, keepRule: { kind: 'plain', repeats: 3, floorBpb: 0 } as const }
    const stores = await openStores(await newFolder(), scriptedLab({ task, maxExperiments: 4 }))
    const { loop, trainer } = makeLoop(stores)
    loop.start()
    await loop.settled()
    const { rows, lab } = await checkRecord(stores)
    expect(trainer.jobs.length).toBe(5)
    expect(rows.every((row) => row.scores.length === 1)).toBe(true)
    expect(lab.sigmaBpb).toBeNull()
  })

  test('controllers see neither hidden scores nor seeds', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 3 }))
    const evolution = createController('evolution')
    const seen: string[] = []
    const { loop } = makeLoop(stores, {
      controller: {
        name: 'evolution',
        propose(context) {
          seen.push(JSON.stringify(context.history))
          expect(context.lab.task.seed).toBe(0)
          return evolution.propose(context)
        },
      },
    })
    loop.start()
    await loop.settled()
    expect(seen.length).toBe(3)
    for (const text of seen) {
      expect(text).toContain('"hiddenBpb":null')
      expect(text).not.toMatch(/"hiddenBpb":\d/)
      expect(text).not.toMatch(/"seeds":\[\d/)
    }
  })
})

describe('the person', () => {
  test('stop ends the run at once and says so; starting goes on', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 2 }))
    const { loop, trainer } = makeLoop(stores)
    let ended = 0
    trainer.terminate = () => ended++
    let hang = true
    trainer.before = (job) => (hang && job.runId === 'lab-1/1/1' ? new Promise(() => {}) : undefined)
    loop.start()
    await until(() => trainer.jobs.some((job) => job.runId === 'lab-1/1/1'))
    await loop.stop()
    expect(loop.phase).toBe('idle')
    expect(ended).toBe(1)
    let { rows, lab } = await checkRecord(stores)
    expect(rows[1]).toMatchObject({ status: 'crash', error: { code: 'lab.state' } })
    expect(rows[1].reason).toContain('Stopped by you')
    expect(lab.phase).toBe('stopped')
    hang = false
    loop.start()
    await loop.settled()
    ;({ rows, lab } = await checkRecord(stores))
    expect(rows.filter((row) => !wasInterrupted(row)).length).toBe(3)
  })

  test('step does one experiment; pause waits for the end of one; resume goes on', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 4 }))
    const { loop, trainer } = makeLoop(stores)
    loop.step()
    await phaseIs(loop, 'paused')
    expect(trainer.jobs.length).toBe(3) // the baseline with its repeats is one step
    loop.step()
    await phaseIs(loop, 'running')
    await phaseIs(loop, 'paused')
    expect((await stores.ledger.listExperiments('lab-1')).length).toBe(2)
    loop.resume()
    loop.pause()
    await phaseIs(loop, 'paused')
    loop.resume()
    await loop.settled()
    expect((await checkRecord(stores)).rows.length).toBe(5)
  })

  test('commands out of turn are refused', async () => {
    const stores = await openStores(await newFolder(), scriptedLab())
    const { loop } = makeLoop(stores)
    expect(() => loop.pause()).toThrow(LabError)
    expect(() => loop.resume()).toThrow(/idle/)
    await expect(loop.stop()).rejects.toMatchObject({ code: 'lab.state' })
    loop.start()
    expect(() => loop.start()).toThrow(/running/)
    await loop.stop()
    expect(loop.phase).toBe('idle')
  })

  test('a queued program is the next experiment and survives a restart', async () => {
    const dir = await newFolder()
    const lab = scriptedLab({ maxExperiments: 1 })
    const first = makeLoop(await openStores(dir, lab))
    first.loop.step()
    await phaseIs(first.loop, 'paused')
    await first.loop.queueProgram(setKnobs(PROGRAM, { DEPTH: 9 }), 'Deeper, by hand.')
    const stores = await openStores(dir, lab)
    const second = makeLoop(stores)
    second.loop.start()
    await second.loop.settled()
    const { rows, lab: after } = await checkRecord(stores)
    expect(rows[1]).toMatchObject({ proposer: 'human', hypothesis: 'Deeper, by hand.', status: 'keep' })
    expect(after.queue).toEqual([])
    expect(after.trainJs).toContain('knob(9')
  })

  test('program.md as edited is in the next commit', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 1 }))
    const { loop } = makeLoop(stores)
    await loop.updateProgramMd('# New rules\n')
    loop.start()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    expect((await stores.repo.read(rows[1].commit))['program.md']).toBe('# New rules\n')
  })
})

test('luck is not kept: programs that all score the same', async () => {
  let kept = 0
  let tried = 0
  for (let seed = 1; seed <= 8; seed++) {
    const task = { ...scriptedLab().task, seed: 100 * seed }
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 8, controllerSeed: seed, task }))
    const trainer = scriptedTrainer(() => 2, 0.005)
    const { loop } = makeLoop(stores, { trainer, controller: createController('random') })
    loop.start()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    kept += rows.filter((row) => row.status === 'keep').length
    tried += rows.length - 1
  }
  expect(tried).toBe(64)
  expect(kept).toBeLessThanOrEqual(3)
})
