// Labs over real git and a real ledger for this folder's tests, and what must hold of them at rest.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { sha256 } from '../core/hash'
import { nodeRepository } from '../history/gitNode'
import { openFileLedger } from '../history/ledgerFile'
import type { Experiment, LabRecord, Ledger, Repository } from '../history/types'
import { createController } from './controllers/registry'
import { wasInterrupted, wasSkipped } from './outcomes'
import type { Loop, LoopDeps, LoopEvent } from './loop'
import { createLoop } from './loop'
import type { ScriptedTrainer } from './testing'
import { scriptedBox, scriptedData, scriptedTrainer } from './testing'

const folders: string[] = []
/** memory where there is such a folder: these tests kill loops, not disks, and syncing a disk takes most of the time */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** Removes what newFolder made: for afterEach. */
export async function removeFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
}

export interface Stores {
  dir: string
  ledger: Ledger
  repo: Repository
}

/** Real stores over a folder; called again on the same folder they are what a restarted program finds. */
export async function openStores(dir: string, lab: LabRecord): Promise<Stores> {
  const ledger = await openFileLedger(join(dir, '.assay'))
  const repo = await nodeRepository(dir)
  await repo.open(lab.branch, snapshot(lab), 'Baseline program')
  if (!(await ledger.loadLab(lab.labId))) await ledger.saveLab(lab)
  return { dir, ledger, repo }
}

export async function newFolder(): Promise<string> {
  const dir = await mkdtemp(join(scratch, 'assay-loop-'))
  folders.push(dir)
  return dir
}

function snapshot(lab: LabRecord) {
  return { 'program.md': lab.programMd, 'train.js': lab.trainJs, 'task.json': `${JSON.stringify(lab.task, null, 2)}\n` }
}

/** Deeper is better, so are learning rates near 0.1: gains that are far beyond the noise. */
export const landscape = (knobs: Experiment['knobs']) =>
  2.5 - 0.05 * Number(knobs.DEPTH) + 0.2 * Math.abs(Math.log(Number(knobs.MATRIX_LR) / 0.1))

export function makeLoop(stores: Stores, change: Partial<LoopDeps> = {}) {
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

export const notices = (events: LoopEvent[]) =>
  events.flatMap((event) => (event.kind === 'notice' && event.notice ? [event.notice] : []))

/** Waits a minute at the least: the machine may be busy with other things. */
export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 12_000; i++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('what was waited for did not come')
}

export const phaseIs = (loop: Loop, phase: Loop['phase']) => until(() => loop.phase === phase)

/** Everything that must hold of a lab at rest, whatever happened on the way. */
export async function checkRecord({ dir, ledger, repo }: Stores): Promise<{ lab: LabRecord; rows: Experiment[] }> {
  const lab = (await ledger.loadLab('lab-1'))!
  const rows = await ledger.listExperiments('lab-1')
  expect(rows.map((row) => row.number)).toEqual(rows.map((_, i) => i))
  expect(lab.nextNumber).toBe(rows.length)
  const tried = rows.filter((row) => !wasInterrupted(row) && row.status !== 'thought' && row.error?.code !== 'program.duplicate')
  expect(new Set(tried.map((row) => row.programHash)).size).toBe(tried.length)
  const refs = execFileSync('git', ['for-each-ref', '--format=%(refname) %(objectname)', 'refs/attempts'], { cwd: dir })
  const attempts = new Map(refs.toString().trim().split('\n').map((line) => line.split(' ') as [string, string]))
  const log = execFileSync('git', ['log', '--format=%H %P', ...attempts.keys()], { cwd: dir }).toString().trim()
  const gitParents = new Map(log.split('\n').map((line) => line.split(' ') as [string, string]))
  let incumbent: Experiment | null = null
  for (const row of rows) {
    expect(row.status).not.toBe('running')
    expect(row.reason).not.toBe('')
    expect(await sha256((await repo.read(row.commit))['train.js'])).toBe(row.programHash)
    expect(attempts.get(`refs/attempts/${row.number}`)).toBe(row.commit)
    if (incumbent) checkLineage(row, rows, incumbent)
    if (row.parentCommit) expect(gitParents.get(row.commit)).toBe(row.parentCommit)
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

/** Made from the best, or from a fork that was scored; judged against the best; an analysis holds its parent's program. */
function checkLineage(row: Experiment, rows: readonly Experiment[], best: Experiment): void {
  const parent = rows.find(({ number }) => number === row.parentNumber)!
  expect(row.parentCommit).toBe(parent.commit)
  expect(parent.number).toBeLessThan(row.number)
  if (row.against === undefined) expect(parent.number).toBe(best.number)
  else {
    expect(row.against).toBe(best.number)
    expect(parent.number).not.toBe(best.number)
    expect(parent.scores.length).toBeGreaterThan(0)
  }
  if (row.status === 'thought') expect(row).toMatchObject({ programHash: parent.programHash, scores: [], valBpb: null, runs: [] })
  if (wasSkipped(row)) expect(row.runs).toEqual([])
}
