// What only the ledger over files can meet: torn lines, damaged files, a full disk.

import { appendFileSync, mkdtempSync, promises as fs, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { experimentFixture, labFixture } from './fixtures'
import { openFileLedger } from './ledgerFile'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-ledger-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(root, { recursive: true, force: true })
})

describe('files, cut off while writing', () => {
  it('lose nothing but the unfinished line, wherever the cut falls', async () => {
    const ledger = await openFileLedger(root)
    await ledger.saveLab(labFixture('a', { nextNumber: 0 }))
    for (const n of [0, 1, 2]) {
      await ledger.commitDecision(experimentFixture('a', n), labFixture('a', { nextNumber: n + 1, incumbent: n }))
    }
    const path = join(root, 'a', 'journal.jsonl')
    const whole = readFileSync(path)
    const lines = whole.toString().split('\n').slice(0, -1)
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length }), async (cut) => {
        writeFileSync(path, whole)
        truncateSync(path, cut)
        const survived = whole.subarray(0, cut).toString().split('\n').length - 1
        const again = await openFileLedger(root)
        expect(await again.listExperiments('a')).toHaveLength(survived)
        await again.saveExperiment(experimentFixture('a', 9)) // must not be glued to the torn line
        expect((await (await openFileLedger(root)).listExperiments('a')).map((r) => r.number)).toEqual([
          ...lines.slice(0, survived).map((_, n) => n),
          9,
        ])
      }),
      { numRuns: 40 },
    )
  })

  it('take the decision from the journal when lab.json is older', async () => {
    const ledger = await openFileLedger(root)
    await ledger.saveLab(labFixture('a', { nextNumber: 1 }))
    const before = readFileSync(join(root, 'a', 'lab.json'))
    await ledger.commitDecision(experimentFixture('a', 1), labFixture('a', { nextNumber: 2, incumbent: 1 }))
    writeFileSync(join(root, 'a', 'lab.json'), before) // as if killed before lab.json was replaced
    expect(await (await openFileLedger(root)).loadLab('a')).toMatchObject({ nextNumber: 2, incumbent: 1 })
  })

  it('say so when an inner line is damaged', async () => {
    const ledger = await openFileLedger(root)
    await ledger.saveExperiment(experimentFixture('a', 0))
    appendFileSync(join(root, 'a', 'journal.jsonl'), '{"seq":2,"experi\n')
    await expect((await openFileLedger(root)).listExperiments('a')).rejects.toMatchObject({ code: 'store.corrupt' })
  })

  it('turn a full disk into store.quota and go on when there is room again', async () => {
    const ledger = await openFileLedger(root)
    await ledger.saveExperiment(experimentFixture('a', 0))
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    const open = vi.spyOn(fs, 'open').mockRejectedValue(full)
    await expect(ledger.saveExperiment(experimentFixture('a', 1))).rejects.toMatchObject({ code: 'store.quota' })
    expect(await ledger.saveWeights('a', 0, Float32Array.of(1))).toBe(false)
    open.mockRestore()
    await ledger.saveExperiment(experimentFixture('a', 2))
    expect((await ledger.listExperiments('a')).map((r) => r.number)).toEqual([0, 2])
  })
})
