// LightningFS itself, over an IndexedDB in memory; without Web Locks it falls back to its own lock.

import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { experimentFixture, labFixture, snapshotFixture } from './fixtures'
import { browserRepository } from './gitBrowser'

beforeEach(() => {
  vi.stubGlobal('navigator', {})
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('repository in the page', () => {
  it('commits, resets and keeps rows', async () => {
    const repo = browserRepository('works')
    const start = await repo.open('autoresearch/test', snapshotFixture('a'), 'Start')
    const commit = await repo.commit(snapshotFixture('b'), 'Try b', start)
    await repo.tagAttempt(1, commit)
    await repo.reset(start)
    await repo.saveRow(experimentFixture('lab', 1, { commit }), labFixture('lab'))
    expect(await repo.head()).toBe(start)
    expect(await repo.read(commit)).toEqual(snapshotFixture('b'))
    expect((await repo.rows()).experiments).toEqual([experimentFixture('lab', 1, { commit })])
    const files = await repo.files()
    expect(new TextDecoder().decode(files['train.js'])).toBe(snapshotFixture('a')['train.js'])
    expect(Object.keys(files)).toContain('.git/refs/attempts/1')
  })

  it('makes a commit that the quota refused whole once there is room, wherever it was refused', async () => {
    const put = IDBObjectStore.prototype.put
    for (let allowed = 0; allowed < 40; allowed++) {
      const repo = browserRepository(`quota-${allowed}`)
      const start = await repo.open('autoresearch/test', snapshotFixture('a'), 'Start')
      let left = allowed
      vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
        // LightningFS also saves its listing from a timer, where nobody could hear the refusal
        if (key !== '!root' && left-- <= 0) throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
        return put.call(this, value, key)
      })
      const outcome = await repo.commit(snapshotFixture('b'), 'Try b', start).catch((error: unknown) => error)
      vi.restoreAllMocks()
      if (typeof outcome === 'string') {
        expect(allowed).toBeGreaterThan(3) // the loop has really been through the refusals
        return
      }
      expect(outcome).toMatchObject({ code: 'store.quota' })
      const commit = await repo.commit(snapshotFixture('b'), 'Try b', start)
      expect(await repo.read(commit)).toEqual(snapshotFixture('b'))
      expect(await repo.read(start)).toEqual(snapshotFixture('a'))
    }
    expect.unreachable('no commit fitted into forty writes')
  })
})
