// One behaviour, two stores: every test of `describe.each` runs over IndexedDB and over files.

import 'fake-indexeddb/auto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { promises as fs } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { liveQuery } from 'dexie'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { experimentFixture, labFixture } from './fixtures'
import { liveExperiments, liveLab, liveLabs, openDexieLedger } from './ledgerDexie'
import { openFileLedger } from './ledgerFile'
import type { Ledger } from './types'

let root = ''
let serial = 0
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-ledger-'))
})
afterEach(() => {
  vi.restoreAllMocks()
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

describe('indexeddb, quota full', () => {
  /** Refuses stores once more than `limit` floats are held, as a browser does for bytes. */
  function limitFloats(limit: number): void {
    const put = IDBObjectStore.prototype.put
    const held = new Map<string, number>()
    const remove = IDBObjectStore.prototype.delete
    vi.spyOn(IDBObjectStore.prototype, 'delete').mockImplementation(function (this: IDBObjectStore, key) {
      held.delete(String(key))
      return remove.call(this, key)
    })
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
      const size = (value as { values?: Float32Array }).values?.length ?? 1
      const id = `${value.labId},${value.number}`
      const total = [...held].reduce((sum, [other, n]) => sum + (other === id ? 0 : n), 0)
      if (total + size > limit) throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
      if (this.name === 'weights') held.set(id, size)
      return put.call(this, value, key)
    })
  }

  it('gives up the oldest model for a newer one, and refuses one that cannot fit', async () => {
    const { ledger } = await dexieStore()
    limitFloats(25)
    expect(await ledger.saveWeights('a', 1, new Float32Array(10))).toBe(true)
    expect(await ledger.saveWeights('a', 2, new Float32Array(10))).toBe(true)
    expect(await ledger.saveWeights('a', 3, new Float32Array(10))).toBe(true)
    expect(await ledger.loadWeights('a', 1)).toBeNull()
    expect(await ledger.loadWeights('a', 3)).toHaveLength(10)
    expect(await ledger.saveWeights('a', 4, new Float32Array(1000))).toBe(false)
  })

  it('gives up a model for a row, and names the quota when there is none left', async () => {
    const { ledger } = await dexieStore()
    limitFloats(10)
    await ledger.saveWeights('a', 1, new Float32Array(10))
    await ledger.commitDecision(experimentFixture('a', 1), labFixture('a', { incumbent: 1 }))
    expect(await ledger.loadWeights('a', 1)).toBeNull()
    vi.restoreAllMocks()
    limitFloats(0)
    const refused = ledger.commitDecision(experimentFixture('a', 2), labFixture('a', { incumbent: 2 }))
    await expect(refused).rejects.toMatchObject({ code: 'store.quota', hint: expect.stringContaining('Export') })
    expect((await ledger.listExperiments('a')).map((r) => r.number)).toEqual([1])
    expect((await ledger.loadLab('a'))?.incumbent).toBe(1) // half a decision is not recorded
  })
})

describe('live queries', () => {
  it('see what another connection writes', async () => {
    const ledger = openDexieLedger()
    const counts: number[] = []
    const watch = liveQuery(() => liveExperiments('live')).subscribe((rows) => counts.push(rows.length))
    await vi.waitFor(() => expect(counts.at(-1)).toBe(0))
    await ledger.commitDecision(experimentFixture('live', 1), labFixture('live', { incumbent: 1 }))
    await vi.waitFor(() => expect(counts.at(-1)).toBe(1))
    watch.unsubscribe()
    expect((await liveLab('live'))?.incumbent).toBe(1)
    expect((await liveLabs()).map((lab) => lab.labId)).toEqual(['live'])
    ledger.close()
  })
})
