import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { LabError } from '../core/errors'
import { sha256 } from '../core/hash'
import { nodeRepository } from '../history/gitNode'
import { openFileLedger } from '../history/ledgerFile'
import type { Experiment, LabRecord, Ledger, Repository } from '../history/types'
import { setKnobs } from '../sandbox/knobs'
import { createController } from './controllers/registry'
import { wasInterrupted } from './labBook'
import type { Loop, LoopDeps, LoopEvent } from './loop'
import { createLoop } from './loop'
import { createRunner } from './runner'
import type { ScriptedTrainer } from './testing'
import { failed, PROGRAM, scriptedBox, scriptedData, scriptedLab, scriptedTrainer } from './testing'

const folders: string[] = []
/** memory where there is such a folder: these tests kill loops, not disks, and syncing a disk takes most of their time */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

interface Stores {
  dir: string
  ledger: Ledger
  repo: Repository
}

/** Real stores over a folder; called again on the same folder they are what a restarted program finds. */
async function openStores(dir: string, lab: LabRecord): Promise<Stores> {
  const ledger = await openFileLedger(join(dir, '.assay'))
  const repo = await nodeRepository(dir)
  await repo.open(lab.branch, snapshot(lab), 'Baseline program')
  if (!(await ledger.loadLab(lab.labId))) await ledger.saveLab(lab)
  return { dir, ledger, repo }
}

async function newFolder(): Promise<string> {
  const dir = await mkdtemp(join(scratch, 'assay-loop-'))
  folders.push(dir)
  return dir
}

function snapshot(lab: LabRecord) {
  return { 'program.md': lab.programMd, 'train.js': lab.trainJs, 'task.json': `${JSON.stringify(lab.task, null, 2)}\n` }
}

/** Deeper is better, so are learning rates near 0.1: gains that are far beyond the noise. */
const landscape = (knobs: Experiment['knobs']) =>
  2.5 - 0.05 * Number(knobs.DEPTH) + 0.2 * Math.abs(Math.log(Number(knobs.MATRIX_LR) / 0.1))

function makeLoop(stores: Stores, change: Partial<LoopDeps> = {}) {
  const events: LoopEvent[] = []
  const trainer = scriptedTrainer(landscape, 0.004)
  const loop = createLoop({
    trainer,
    box: scriptedBox(),
    ledger: stores.ledger,
    repo: stores.repo,
    labId: 'lab-1',
    controller: createController('evolution'),
    data: scriptedData,
    onEvent: (event) => events.push(event),
    ...change,
  })
  return { loop, trainer: (change.trainer ?? trainer) as ScriptedTrainer, events }
}

const notices = (events: LoopEvent[]) => events.flatMap((event) => (event.kind === 'notice' && event.notice ? [event.notice] : []))

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2000; i++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('what was waited for did not come')
}

const phaseIs = (loop: Loop, phase: Loop['phase']) => until(() => loop.phase === phase)

/** Everything that must hold of a lab at rest, whatever happened on the way. */
async function checkRecord({ dir, ledger, repo }: Stores): Promise<{ lab: LabRecord; rows: Experiment[] }> {
  const lab = (await ledger.loadLab('lab-1'))!
  const rows = await ledger.listExperiments('lab-1')
  expect(rows.map((row) => row.number)).toEqual(rows.map((_, i) => i))
  expect(lab.nextNumber).toBe(rows.length)
  const tried = rows.filter((row) => !wasInterrupted(row) && row.error?.code !== 'program.duplicate')
  expect(new Set(tried.map((row) => row.programHash)).size).toBe(tried.length)
  const refs = execFileSync('git', ['for-each-ref', '--format=%(refname) %(objectname)', 'refs/attempts'], { cwd: dir })
  const attempts = new Map(refs.toString().trim().split('\n').map((line) => line.split(' ') as [string, string]))
  let incumbent: Experiment | null = null
  for (const row of rows) {
    expect(row.status).not.toBe('running')
    expect(row.reason).not.toBe('')
    expect(await sha256((await repo.read(row.commit))['train.js'])).toBe(row.programHash)
    expect(attempts.get(`refs/attempts/${row.number}`)).toBe(row.commit)
    if (incumbent) expect(row).toMatchObject({ parentNumber: incumbent.number, parentCommit: incumbent.commit })
    // replaying the statuses gives the incumbent
    if (row.status === 'keep' || row.status === 'baseline') incumbent = row
  }
  expect(lab.incumbent).toBe(incumbent?.number ?? null)
  if (incumbent) {
    expect(await repo.head()).toBe(incumbent.commit)
    expect(await readFile(join(dir, 'train.js'), 'utf8')).toBe((await repo.read(incumbent.commit))['train.js'])
  }
  const copies = await repo.rows()
  expect(copies.experiments.map((row) => [row.number, row.status])).toEqual(rows.map((row) => [row.number, row.status]))
  const tsv = await readFile(join(dir, 'results.tsv'), 'utf8')
  expect(tsv.trim().split('\n').length).toBe(rows.length + 1)
  return { lab, rows }
}

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
    expect(baseline).toMatchObject({ status: 'baseline', seeds: [42, 43, 44], proposer: 'baseline', parentNumber: null })
    expect(baseline.hiddenBpb).toBeCloseTo(baseline.scores[0] + 0.01, 9)
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
    const runsOf = (row: Experiment) => trainer.jobs.filter((job) => job.runId.startsWith(`lab-1/${row.number}/`)).length
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

describe('a kill at every durable point', () => {
  const MUTATING = {
    ledger: ['saveLab', 'saveExperiment', 'commitDecision', 'saveCurve', 'saveWeights'],
    repo: ['commit', 'tagAttempt', 'reset', 'saveRow', 'writeResults'],
  }

  /** The same stores, dead for ever after `limit` changes have been made. */
  function mortal(stores: Stores, limit: number) {
    const state = { calls: 0, dead: false }
    const wrap = <T extends object>(target: T, names: string[]): T =>
      new Proxy(target, {
        get(object, name) {
          const method = Reflect.get(object, name) as (...args: unknown[]) => Promise<unknown>
          if (typeof method !== 'function') return method
          return async (...args: unknown[]) => {
            if (state.dead) throw new Error('killed')
            const result = await method.apply(object, args)
            if (names.includes(String(name)) && ++state.calls === limit) {
              state.dead = true
              throw new Error('killed')
            }
            return result
          }
        },
      })
    return {
      state,
      stores: { ...stores, ledger: wrap(stores.ledger, MUTATING.ledger), repo: wrap(stores.repo, MUTATING.repo) },
    }
  }

  test('nothing is lost or done twice, and the branch is on the incumbent', async () => {
    let points = 0
    for (let limit = 1; ; limit++) {
      const keepRule = { kind: 'measured', repeats: 2, floorBpb: 0.03 } as const
      const lab = scriptedLab({ maxExperiments: 2, task: { ...scriptedLab().task, keepRule } })
      const dir = await newFolder()
      const first = await openStores(dir, lab)
      const { state, stores } = mortal(first, limit)
      const before = makeLoop(stores)
      before.loop.start()
      await before.loop.settled()
      if (!state.dead) break
      points++
      expect(before.loop.phase, `killed at ${limit}`).toBe('failed')
      const decided = (await first.ledger.listExperiments('lab-1')).filter((row) => row.status !== 'running')

      const again = await openStores(dir, lab)
      const after = makeLoop(again)
      after.loop.start()
      await after.loop.settled()
      expect(after.loop.phase, `resumed after ${limit}`).toBe('idle')
      const { rows } = await checkRecord(again)
      const cut = rows.filter(wasInterrupted)
      expect(cut.length).toBeLessThanOrEqual(1)
      expect(rows.length - cut.length, `rows after ${limit}`).toBe(3)
      for (const row of decided) {
        // a baseline may gain the repeats it still lacked; nothing else of a decided row changes
        const now = rows[row.number]
        expect(now.scores.slice(0, row.scores.length)).toEqual(row.scores)
        expect([now.status, now.commit, now.deltaBpb]).toEqual([row.status, row.commit, row.deltaBpb])
      }
    }
    expect(points).toBeGreaterThan(25)
  }, 120_000)
})

describe('failures are recorded outcomes', () => {
  test('a lost device is reopened and the run tried once more', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 2 }))
    const { loop, trainer, events } = makeLoop(stores)
    const lost = new LabError('gpu.lost', 'The GPU went away.', { hint: 'Close other tabs.' })
    let losses = 0
    trainer.before = (job) => {
      if (job.runId === 'lab-1/1/1' && losses++ === 0) return failed(job, 'device_lost', lost)
      if (job.runId === 'lab-1/2/1') return failed(job, 'device_lost', lost)
    }
    loop.start()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    expect(rows[1].status).not.toBe('device_lost')
    expect(rows[2]).toMatchObject({ status: 'device_lost', error: { code: 'gpu.lost', hint: 'Close other tabs.' } })
    expect(trainer.opened).toBeGreaterThanOrEqual(3)
    expect(notices(events).some((notice) => notice.message.includes('reopened'))).toBe(true)
  })

  test('a run that never ends is ended from outside', async () => {
    const task = { ...scriptedLab().task, guards: { maxWallSeconds: 0.02, maxBytes: 1e9 } }
    const trainer = scriptedTrainer(landscape, 0.004)
    let ended = 0
    trainer.terminate = () => ended++
    trainer.before = () => new Promise(() => {})
    const runner = createRunner({ trainer, data: scriptedData, graceMs: 10 })
    const program = await scriptedBox().describe({ source: PROGRAM, vocab: 260, tier: 'software' })
    const { budget, evaluation, guards } = task
    const job = { runId: 'lab-1/1/1', program, seed: 1, budget, evaluation, guards, scoreHidden: false, returnWeights: false }
    expect(await runner.run(job, () => {})).toMatchObject({ ok: false, status: 'timeout', error: { code: 'judge.timeout' } })
    expect(ended).toBe(1)
  })

  test('what cannot run costs no run: broken, duplicate, too big', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 3 }))
    const { loop, trainer } = makeLoop(stores, {
      predictBytes: (program) => Number(program.graph.nodes[0].attrs.WIDTH) * 1e7,
    })
    await loop.queueProgram(PROGRAM, 'The baseline.')
    loop.step()
    await phaseIs(loop, 'paused')
    await loop.queueProgram(PROGRAM, 'Again the same.')
    await loop.queueProgram(`${PROGRAM}// BROKEN`, 'A typo.')
    await loop.queueProgram(setKnobs(PROGRAM, { WIDTH: 700 }), 'Very wide.')
    const runs = trainer.jobs.length
    loop.resume()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    expect(rows.slice(1).map((row) => [row.status, row.error?.code, row.proposer])).toEqual([
      ['rejected', 'program.duplicate', 'human'],
      ['crash', 'program.syntax', 'human'],
      ['rejected', 'program.memory', 'human'],
    ])
    expect(rows[2].reason).toContain('Mend it.')
    expect(trainer.jobs.length).toBe(runs)
  })

  test('five failures in a row make the lab wait, and resuming counts anew', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 12 }))
    const { loop, trainer, events } = makeLoop(stores)
    trainer.before = (job) =>
      job.runId.startsWith('lab-1/0/') ? undefined : failed(job, 'crash', new LabError('gpu.shader', 'No.'))
    loop.start()
    await phaseIs(loop, 'paused')
    expect((await stores.ledger.listExperiments('lab-1')).length).toBe(6)
    expect(notices(events).at(-1)?.message).toContain('5 experiments in a row failed')
    expect((await stores.ledger.loadLab('lab-1'))!.phase).toBe('paused')
    loop.resume()
    await phaseIs(loop, 'running')
    await phaseIs(loop, 'paused')
    expect((await stores.ledger.listExperiments('lab-1')).length).toBe(11)
    await loop.stop()
    await checkRecord(stores)
  })

  test('a baseline that does not run waits for a better program', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ trainJs: '// BROKEN\n', maxExperiments: 1 }))
    const { loop, events } = makeLoop(stores)
    loop.start()
    await phaseIs(loop, 'paused')
    expect(notices(events).at(-1)?.message).toContain('starting program did not run')
    await loop.queueProgram(PROGRAM, 'One that runs.')
    loop.resume()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    expect(rows.map((row) => row.status).slice(0, 2)).toEqual(['crash', 'baseline'])
    expect(rows.length).toBe(3)
  })

  test('no adapter: the lab fails with the reason, and can be started again', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 1 }))
    const { loop, trainer, events } = makeLoop(stores)
    const open = trainer.open
    trainer.open = async () => {
      throw new LabError('gpu.unavailable', 'No WebGPU here.', { hint: 'Use Chrome.' })
    }
    loop.start()
    await loop.settled()
    expect(loop.phase).toBe('failed')
    expect(notices(events).at(-1)).toMatchObject({ level: 'error', hint: 'Use Chrome.' })
    trainer.open = open
    loop.start()
    await loop.settled()
    expect((await checkRecord(stores)).rows.length).toBe(2)
  })

  test('a full disk pauses, loses nothing, and goes on where it was', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 2 }))
    let full = false
    const ledger: Ledger = new Proxy(stores.ledger, {
      get(object, name) {
        const method = Reflect.get(object, name) as (...args: unknown[]) => Promise<unknown>
        return async (...args: unknown[]) => {
          if (full && name === 'commitDecision') throw new LabError('store.quota', 'Full.', { hint: 'Free space.' })
          return method.apply(object, args)
        }
      },
    })
    const { loop, trainer, events } = makeLoop({ ...stores, ledger })
    trainer.before = (job) => {
      if (job.runId === 'lab-1/1/1') full = true
    }
    loop.start()
    await phaseIs(loop, 'paused')
    expect(notices(events).at(-1)).toMatchObject({ message: 'Full.', hint: 'Free space.' })
    const runs = trainer.jobs.length
    full = false
    loop.resume()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    expect(rows.length).toBe(3)
    expect(rows[1].scores.length).toBeGreaterThan(0)
    // the run that had ended when the disk was full was not run again
    expect(trainer.jobs.filter((job) => job.runId === 'lab-1/1/1').length).toBe(1)
    expect(trainer.jobs.length).toBeGreaterThanOrEqual(runs)
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
