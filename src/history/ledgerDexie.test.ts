// What only the ledger over IndexedDB can meet: a browser's quota, and other connections.

import 'fake-indexeddb/auto'
import { liveQuery } from 'dexie'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { experimentFixture, labFixture } from './fixtures'
import { liveExperiments, liveLabs, openDexieLedger } from './ledgerDexie'

let serial = 0
afterEach(() => {
  vi.restoreAllMocks()
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
    const ledger = openDexieLedger(`assay-quota-${serial++}`)
    limitFloats(25)
    expect(await ledger.saveWeights('a', 1, new Float32Array(10))).toBe(true)
    expect(await ledger.saveWeights('a', 2, new Float32Array(10))).toBe(true)
    expect(await ledger.saveWeights('a', 3, new Float32Array(10))).toBe(true)
    expect(await ledger.loadWeights('a', 1)).toBeNull()
    expect(await ledger.loadWeights('a', 3)).toHaveLength(10)
    expect(await ledger.saveWeights('a', 4, new Float32Array(1000))).toBe(false)
  })

  it('gives up a model for a row, and names the quota when there is none left', async () => {
    const ledger = openDexieLedger(`assay-quota-${serial++}`)
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

/** of a machine that may be busy with other things */
const SOON = { timeout: 20_000 }

describe('live queries', () => {
  it('see what another connection writes', async () => {
    const ledger = openDexieLedger()
    const counts: number[] = []
    const watch = liveQuery(() => liveExperiments('live')).subscribe((rows) => counts.push(rows.length))
    await vi.waitFor(() => expect(counts.at(-1)).toBe(0), SOON)
    await ledger.commitDecision(experimentFixture('live', 1), labFixture('live', { incumbent: 1 }))
    await vi.waitFor(() => expect(counts.at(-1)).toBe(1), SOON)
    watch.unsubscribe()
    expect((await liveLabs()).map(({ labId, incumbent }) => ({ labId, incumbent }))).toEqual([{ labId: 'live', incumbent: 1 }])
    ledger.close()
  })
})
