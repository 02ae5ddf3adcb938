import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { experimentFixture, labFixture, snapshotFixture } from './fixtures'
import { nodeRepository } from './gitNode'
import { openFileLedger } from './ledgerFile'
import { recover } from './recover'
import { resultsTsv } from './results'
import type { GitRepository } from './git'
import type { Ledger } from './types'

let root = ''
let repo: GitRepository
let ledger: Ledger
let start = ''
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'assay-recover-'))
  repo = await nodeRepository(root)
  start = await repo.open('autoresearch/test', snapshotFixture('start'), 'Start')
  ledger = await openFileLedger(join(root, '.assay'))
  await ledger.commitDecision(
    experimentFixture('a', 0, { status: 'baseline', commit: start }),
    labFixture('a', { incumbent: 0, nextNumber: 1, phase: 'running' }),
  )
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('recover', () => {
  it('closes a run that was cut off, keeps its attempt, and goes back to the incumbent', async () => {
    const commit = await repo.commit(snapshotFixture('try'), 'Try', start)
    await ledger.saveExperiment(
      experimentFixture('a', 1, { status: 'running', commit, finishedAt: null, valBpb: null, scores: [] }),
    )
    expect(await recover(ledger, repo, 'a')).toEqual({ closed: [1], moved: true })
    const [, row] = await ledger.listExperiments('a')
    expect(row).toMatchObject({ status: 'crash', error: { code: 'lab.state' }, reason: expect.stringContaining('Cut off') })
    expect(row.finishedAt).not.toBeNull()
    expect(await repo.head()).toBe(start)
    expect(readFileSync(join(root, '.git/refs/attempts/1'), 'utf8').trim()).toBe(commit)
    expect((await ledger.loadLab('a'))?.nextNumber).toBe(2)
    expect((await repo.rows()).experiments.map((r) => r.number)).toEqual([1])
    expect(readFileSync(join(root, 'results.tsv'), 'utf8')).toBe(resultsTsv(await ledger.listExperiments('a')))

    const before = await ledger.listExperiments('a')
    expect(await recover(ledger, repo, 'a')).toEqual({ closed: [], moved: false })
    expect(await ledger.listExperiments('a')).toEqual(before)
  })

  it('finishes a discard whose branch was not moved back', async () => {
    const commit = await repo.commit(snapshotFixture('try'), 'Try', start)
    await ledger.commitDecision(
      experimentFixture('a', 1, { status: 'discard', commit }),
      labFixture('a', { incumbent: 0, nextNumber: 2 }),
    )
    expect(await recover(ledger, repo, 'a')).toEqual({ closed: [], moved: true })
    expect(await repo.head()).toBe(start)
    expect(readFileSync(join(root, '.git/refs/attempts/1'), 'utf8').trim()).toBe(commit)
  })

  it('has nothing to do in a lab that is not there', async () => {
    expect(await recover(ledger, repo, 'other')).toEqual({ closed: [], moved: false })
  })
})

describe('results.tsv', () => {
  it('has the five columns of the original, to the digit', () => {
    const bytesAllocated = 1.25 * 2 ** 30
    const measurements = { ...experimentFixture('a', 0).measurements!, bytesAllocated }
    const tsv = resultsTsv([
      experimentFixture('a', 1, { status: 'discard', valBpb: 2.12345678, measurements, description: 'a\tb\r\nc\u2028d' }),
      experimentFixture('a', 0, { status: 'baseline', valBpb: 2, description: 'baseline' }),
      experimentFixture('a', 2, { status: 'timeout', valBpb: 2, measurements, description: ' \n' }),
      experimentFixture('a', 3, { status: 'running' }),
      experimentFixture('a', 4, { status: 'thought', parentNumber: 1, valBpb: null, description: 'review' }),
      experimentFixture('a', 5, { status: 'rejected', commit: '', valBpb: null, measurements: null, description: 'dup' }),
    ])
    expect(tsv.split('\n')).toEqual([
      'commit\tval_bpb\tmemory_gb\tstatus\tdescription',
      '0123456\t2.000000\t0.2\tkeep\tbaseline',
      '0123456\t2.123457\t1.3\tdiscard\ta b c d',
      '0123456\t0.000000\t0.0\tcrash\t-',
      '0123456\t2.123457\t1.3\tthought\treview',
      '0000000\t0.000000\t0.0\tcrash\tdup',
      '',
    ])
  })
})
