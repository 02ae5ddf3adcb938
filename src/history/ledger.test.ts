// One behaviour, two stores: every test runs over IndexedDB and over files.

import 'fake-indexeddb/auto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { experimentFixture, labFixture } from './fixtures'
import { openDexieLedger } from './ledgerDexie'
import { openFileLedger } from './ledgerFile'
import type { Ledger } from './types'

let root = ''
let serial = 0
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-ledger-'))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

interface Store {
  ledger: Ledger
  /** what another start of the program would see */
  reopen(): Promise<Ledger>
}

async function dexieStore(keepWeights?: number): Promise<Store> {
  const name = `assay-test-${serial++}`
  const ledger = openDexieLedger(name, keepWeights)
  return {
    ledger,
    async reopen() {
      ledger.close()
      return openDexieLedger(name, keepWeights)
    },
  }
}

async function fileStore(keepWeights?: number): Promise<Store> {
  const open = () => openFileLedger(join(root, 'ledger'), keepWeights)
  return { ledger: await open(), reopen: open }
}

describe.each([
  ['indexeddb', dexieStore],
  ['files', fileStore],
])('ledger over %s', (_name, openStore) => {
  it('is empty at first', async () => {
    const { ledger } = await openStore()
    expect(await ledger.loadLab('a')).toBeNull()
    expect(await ledger.listLabs()).toEqual([])
    expect(await ledger.listExperiments('a')).toEqual([])
    expect(await ledger.loadCurve('a', 0)).toBeNull()
    expect(await ledger.loadWeights('a', 0)).toBeNull()
  })

  it('gives back what was saved, after a restart too', async () => {
    const { ledger, reopen } = await openStore()
    const lab = labFixture('a', { nextNumber: 12 })
    await ledger.saveLab(lab)
    const rows = [10, 2, 0, 11].map((n) => experimentFixture('a', n))
    for (const row of rows) await ledger.saveExperiment(row)
    await ledger.saveExperiment(experimentFixture('b', 1))
    const whole = Float32Array.of(0, 9, 1, 5.5, 2, Number.NaN)
    await ledger.saveCurve('a', 2, whole.subarray(2)) // a view must not drag its buffer along
    for (const open of [async () => ledger, reopen]) {
      const now = await open()
      expect(await now.loadLab('a')).toEqual(lab)
      const sorted = rows.toSorted((x, y) => x.number - y.number)
      expect(await now.listExperiments('a')).toEqual(sorted)
      const curve = await now.loadCurve('a', 2)
      expect(curve).toEqual(whole.slice(2))
      expect(curve?.buffer.byteLength).toBe(16)
    }
  })

  it('rewrites a row in place, and keeps what was given, not what becomes of it', async () => {
    const { ledger, reopen } = await openStore()
    const row = experimentFixture('a', 1, { status: 'running', valBpb: null, finishedAt: null })
    await ledger.saveExperiment(row)
    row.reason = 'changed by the caller afterwards'
    expect((await ledger.listExperiments('a'))[0].reason).not.toBe(row.reason)
    await ledger.saveExperiment({ ...row, status: 'discard' })
    expect((await (await reopen()).listExperiments('a')).map((r) => r.status)).toEqual(['discard'])
  })

  it('records a decision with the state that follows from it', async () => {
    const { ledger, reopen } = await openStore()
    await ledger.saveLab(labFixture('a', { nextNumber: 1 }))
    await ledger.commitDecision(experimentFixture('a', 1), labFixture('a', { nextNumber: 2, incumbent: 1 }))
    await ledger.saveLab(labFixture('a', { nextNumber: 2, incumbent: 1, phase: 'paused' }))
    const again = await reopen()
    expect(await again.loadLab('a')).toMatchObject({ incumbent: 1, nextNumber: 2, phase: 'paused' })
    expect(await again.listExperiments('a')).toHaveLength(1)
  })

  it('lists labs with the last changed first', async () => {
    const { ledger } = await openStore()
    await ledger.saveLab(labFixture('old', { updatedAt: 1 }))
    await ledger.saveLab(labFixture('new/../odd name', { updatedAt: 3 }))
    await ledger.saveLab(labFixture('..', { updatedAt: 2 }))
    expect((await ledger.listLabs()).map((lab) => lab.labId)).toEqual(['new/../odd name', '..', 'old'])
  })

  it('keeps the newest models of each lab', async () => {
    const { ledger } = await openStore(2)
    for (const n of [0, 3, 12]) expect(await ledger.saveWeights('a', n, Float32Array.of(n, -n))).toBe(true)
    await ledger.saveWeights('b', 1, Float32Array.of(1))
    expect(await ledger.loadWeights('a', 0)).toBeNull()
    expect(await ledger.loadWeights('a', 3)).toEqual(Float32Array.of(3, -3))
    expect(await ledger.loadWeights('a', 12)).toEqual(Float32Array.of(12, -12))
    expect(await ledger.loadWeights('b', 1)).toEqual(Float32Array.of(1))
  })

  it('behaves like a map under any sequence of writes', async () => {
    const write = fc.record({
      number: fc.nat({ max: 5 }),
      status: fc.constantFrom('running' as const, 'keep' as const, 'crash' as const),
      description: fc.string({ unit: 'binary', maxLength: 30 }),
      decided: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 12 }), async (writes) => {
        rmSync(join(root, 'ledger'), { recursive: true, force: true })
        const { ledger, reopen } = await openStore()
        const model = new Map<number, string>()
        for (const [k, { number, status, description, decided }] of writes.entries()) {
          const row = experimentFixture('a', number, { status, description })
          if (decided) await ledger.commitDecision(row, labFixture('a', { nextNumber: k }))
          else await ledger.saveExperiment(row)
          model.set(number, `${status} ${description}`)
        }
        const again = await reopen()
        const expected = [...model].sort(([a], [b]) => a - b)
        const found = (await again.listExperiments('a')).map((r) => [r.number, `${r.status} ${r.description}`])
        expect(found).toEqual(expected)
        const last = writes.findLastIndex(({ decided }) => decided)
        expect((await again.loadLab('a'))?.nextNumber).toBe(last < 0 ? undefined : last)
      }),
      { numRuns: 15 },
    )
  })
})
