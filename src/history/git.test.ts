import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { unzipSync } from 'fflate'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exportZip } from './exportZip'
import { experimentFixture, labFixture, snapshotFixture } from './fixtures'
import { branchName } from './newLab'
import { nodeRepository } from './gitNode'
import { rebuildLedger } from './recover'
import { resultsTsv } from './results'
import { openFileLedger } from './ledgerFile'

const BRANCH = 'autoresearch/test'
let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-git-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** Real git, untouched by the machine's own settings. */
function git(dir: string, ...args: string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' }
  return execFileSync('git', args, { cwd: dir, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}

function unpack(zip: Uint8Array, into: string): void {
  for (const [path, bytes] of Object.entries(unzipSync(zip))) {
    mkdirSync(dirname(join(into, path)), { recursive: true })
    writeFileSync(join(into, path), bytes)
  }
}

describe('repository', () => {
  it('is one that ordinary git reads, checked out and clean', async () => {
    const repo = await nodeRepository(root)
    const first = await repo.open(BRANCH, snapshotFixture('a'), 'Start')
    const second = await repo.commit(snapshotFixture('b'), 'Try b', first)
    await repo.writeResults('commit\n')
    expect(git(root, 'rev-parse', 'HEAD')).toBe(second)
    expect(git(root, 'symbolic-ref', 'HEAD')).toBe(`refs/heads/${BRANCH}`)
    expect(git(root, 'status', '--porcelain')).toBe('')
    expect(git(root, 'log', '--format=%an <%ae> %s', '-1')).toBe('Assay <assay@localhost> Try b')
    expect(readFileSync(join(root, 'train.js'), 'utf8')).toContain('"b"')
    await repo.reset(first)
    expect(readFileSync(join(root, 'train.js'), 'utf8')).toContain('"a"')
    expect(git(root, 'status', '--porcelain')).toBe('')
    expect(git(root, 'fsck', '--full', '--strict')).not.toMatch(/error|missing|broken/)
  })

  it('opens again where it was, and mends a work tree that a kill left behind', async () => {
    const repo = await nodeRepository(root)
    const first = await repo.open(BRANCH, snapshotFixture('a'), 'Start')
    const second = await repo.commit(snapshotFixture('b'), 'Try b', first)
    writeFileSync(join(root, 'train.js'), 'half writ')
    rmSync(join(root, '.git/index'))
    const again = await nodeRepository(root)
    expect(await again.open(BRANCH, snapshotFixture('other'), 'Start')).toBe(second)
    expect(await again.head()).toBe(second)
    expect(git(root, 'status', '--porcelain')).toBe('')
    expect(await again.read(second)).toEqual(snapshotFixture('b'))
  })

  it('keeps two labs as two branches', async () => {
    const repo = await nodeRepository(root)
    const first = await repo.open(BRANCH, snapshotFixture('a'), 'Start')
    const other = await nodeRepository(root)
    const second = await other.open('autoresearch/second', snapshotFixture('b'), 'Start')
    expect(second).not.toBe(first)
    expect(await (await nodeRepository(root)).open(BRANCH, snapshotFixture('x'), 'Start')).toBe(first)
    expect(git(root, 'status', '--porcelain')).toBe('')
  })

  it("leaves somebody else's repository alone", async () => {
    git(root, 'init', '-q', '-b', 'main')
    git(root, '-c', 'user.name=x', '-c', 'user.email=x@y', 'commit', '-q', '--allow-empty', '-m', 'mine')
    const repo = await nodeRepository(root)
    await expect(repo.open(BRANCH, snapshotFixture('a'), 'Start')).rejects.toMatchObject({ code: 'git.conflict' })
    expect(git(root, 'symbolic-ref', 'HEAD')).toBe('refs/heads/main')
    expect(existsSync(join(root, 'train.js'))).toBe(false)
  })

  it('names what is missing instead of pointing a branch at nothing', async () => {
    const repo = await nodeRepository(root)
    const first = await repo.open(BRANCH, snapshotFixture('a'), 'Start')
    const missing = 'f'.repeat(40)
    await expect(repo.tagAttempt(1, missing)).rejects.toMatchObject({ code: 'store.corrupt' })
    await expect(repo.reset(missing)).rejects.toMatchObject({ code: 'store.corrupt' })
    expect(await repo.head()).toBe(first)
  })

  it('gives a valid branch for any name', () => {
    expect(branchName('Tiny Shakespeare!')).toBe('autoresearch/tiny-shakespeare')
    expect(branchName('…')).toBe('autoresearch/lab')
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(branchName(name)).toMatch(/^autoresearch\/[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
    }))
  })
})

// Any text may be a message; any attempt may be kept, discarded, or cut off before its decision.
const attempt = fc.record({
  outcome: fc.constantFrom('keep', 'discard', 'crash', 'cut off'),
  source: fc.string({ unit: 'binary', maxLength: 200 }),
  message: fc.string({ unit: 'binary', maxLength: 80 }),
})

describe('any sequence of decisions', () => {
  it('leaves a history that replays, checks, zips, clones and rebuilds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { minLength: 1, maxLength: 8 }), async (attempts) => {
        const dir = mkdtempSync(join(root, 'run-'))
        let repo = await nodeRepository(dir)
        let incumbent = await repo.open(BRANCH, snapshotFixture('start'), 'Start')
        const kept = [incumbent]
        const tried: { commit: string; source: string }[] = []
        let number = 0
        for (const { outcome, source, message } of attempts) {
          number++
          const commit = await repo.commit({ ...snapshotFixture(''), 'train.js': source }, message, incumbent)
          tried.push({ commit, source: new TextDecoder().decode(new TextEncoder().encode(source)) })
          await repo.tagAttempt(number, commit)
          if (outcome === 'keep') {
            incumbent = commit
            kept.push(commit)
          } else {
            if (outcome === 'cut off') {
              repo = await nodeRepository(dir)
              await repo.open(BRANCH, snapshotFixture('start'), 'Start')
            }
            await repo.reset(incumbent)
          }
          const status = outcome === 'cut off' ? 'crash' : (outcome as 'keep' | 'discard' | 'crash')
          const row = experimentFixture('lab', number, { status, commit, description: message })
          await repo.saveRow(row, labFixture('lab', { nextNumber: number + 1 }))
        }

        // the branch is exactly the kept line; every attempt can still be read
        expect(git(dir, 'rev-list', '--reverse', BRANCH).split('\n')).toEqual(kept)
        for (const [k, { commit, source }] of tried.entries()) {
          expect(git(dir, 'rev-parse', `refs/attempts/${k + 1}`)).toBe(commit)
          expect((await repo.read(commit))['train.js']).toBe(source)
        }
        expect(git(dir, 'status', '--porcelain')).toBe('')
        expect(git(dir, 'fsck', '--full', '--strict')).not.toMatch(/error|warning|missing|broken/)

        // the rows come back from git alone
        const rows = await repo.rows()
        const ledger = await openFileLedger(join(dir, '.assay'))
        expect(await rebuildLedger(repo, ledger)).toBe(attempts.length)
        expect(await ledger.listExperiments('lab')).toEqual(rows.experiments)
        expect((await ledger.loadLab('lab'))?.nextNumber).toBe(number + 1)

        // the zip is the same repository
        await repo.writeResults(resultsTsv(rows.experiments))
        unpack(await exportZip(repo, 'lab'), join(dir, 'unpacked'))
        const copy = join(dir, 'unpacked', 'lab')
        expect(git(copy, 'status', '--porcelain')).toBe('')
        expect(git(copy, 'fsck', '--full', '--strict')).not.toMatch(/error|warning|missing|broken/)
        expect(git(copy, 'show-ref')).toBe(git(dir, 'show-ref'))
        expect(readFileSync(join(copy, 'results.tsv'), 'utf8').split('\n')).toHaveLength(attempts.length + 2)
        expect(existsSync(join(copy, '.assay'))).toBe(false)
        git(dir, 'clone', '-q', copy, 'clone')
        expect(git(join(dir, 'clone'), 'rev-parse', 'HEAD')).toBe(incumbent)
      }),
      { numRuns: 12 },
    )
  })
})
