import 'fake-indexeddb/auto'
import { promises as fs } from 'node:fs'
import { appendFile, mkdtemp, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { specFixture } from '../testing/fixtures'
import { createHunter } from '../escrow/hunter'
import type { BountyStore, EventRow } from './store'
import { openDexieStore } from './storeDexie'
import { openFileStore } from './storeFile'

const id = 'ab'.repeat(32)
const event = (n: number): EventRow => ({ id: n.toString(16).padStart(64, '0'), bounty: null, receivedAt: n, event: { id: '', pubkey: id, created_at: 1, kind: 1111, tags: [], content: '', sig: '' } })

const STORES: [string, () => Promise<(() => Promise<BountyStore>)>][] = [
  ['browser', async () => async () => openDexieStore(`test-${name++}`)],
  ['node', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'assay-store-'))
    return () => openFileStore(dir)
  }],
] // prettier-ignore
let name = 0

describe.each(STORES)('the store of a %s', (kind, make) => {
  test('keeps everything, the last word of each, and copies of it', async () => {
    const open = await make()
    const store = await open()
    const state = createHunter(id, specFixture(), id, id, 'let a')
    await store.saveMachine({ id: 'hunter/x/1', state, updatedAt: 1 })
    state.trainJs = 'changed after it was saved'
    expect((await store.machines())[0]).toMatchObject({ id: 'hunter/x/1', state: { trainJs: 'let a' } })
    for (const [order, published] of [[1, true], [2, false]] as const) await store.saveSent({ key: `k${order}`, order, id, events: [], published }) // prettier-ignore
    expect((await store.unpublished()).map(({ key }) => key)).toEqual(['k2'])
    expect(await store.allSent()).toHaveLength(2)
    expect([await store.saveEvent(event(2)), await store.saveEvent(event(1)), await store.saveEvent(event(2))]).toEqual([true, true, false])
    await store.saveEvent(event(3))
    await store.dropEvents([event(3).id])
    expect((await store.events()).map(({ id }) => id).sort()).toEqual([event(1).id, event(2).id])
    await store.saveHeldOut({ key: 'b/0', text: new Uint8Array([1, 2]), salt: id })
    expect((await store.heldOut('b/0'))!.text).toEqual(new Uint8Array([1, 2]))
    expect(await store.heldOut('b/1')).toBeNull()
    await store.saveSetting('caps', { a: [1] })
    expect([await store.setting('caps'), await store.setting('none')]).toEqual([{ a: [1] }, null])
    expect(await store.secretKey()).toEqual(await store.secretKey())
    if (kind !== 'node') return
    await store.close()
    const again = await open()
    expect(await again.machines()).toHaveLength(1)
    expect((await again.events()).length).toBe(2)
    expect(await again.setting('caps')).toEqual({ a: [1] })
    expect(await again.secretKey()).toEqual(await store.secretKey())
  })
})

test('half a line that a kill left in the journal is forgotten, and what follows it is not', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'assay-store-'))
  const store = await openFileStore(dir)
  await store.saveSetting('a', 1)
  await appendFile(join(dir, 'journal.jsonl'), '["settings","b",{"half')
  const again = await openFileStore(dir)
  await again.saveSetting('c', 3)
  const last = await openFileStore(dir)
  expect([await last.setting('a'), await last.setting('b'), await last.setting('c')]).toEqual([1, null, 3])
})

/** Settings whose last word is n, ten of them, over and over: most of such a journal is superseded. */
async function settle(store: BountyStore, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) await store.saveSetting(`s${n % 10}`, { n, words: 'x'.repeat(100) })
}
const lastWords = (store: BountyStore) => Promise.all(Array.from({ length: 10 }, async (_, i) => ((await store.setting(`s${i}`)) as { n: number }).n))
const WORDS = Array.from({ length: 10 }, (_, i) => 90 + i)

/** A file system whose process is killed before its n-th call that changes anything, or, of a file's text, in the middle. */
function dying(calls: number, middle: boolean) {
  const fate = { calls, isDead: false }
  const change = (name: 'writeFile' | 'appendFile' | 'rename' | 'open' | 'rm' | 'truncate') => async (...args: unknown[]) => {
    if (fate.isDead || fate.calls-- <= 0) {
      const [path, text] = args as [string, string]
      if (!fate.isDead && middle && (name === 'writeFile' || name === 'appendFile')) await fs[name](path, text.slice(0, text.length / 2))
      fate.isDead = true
      return new Promise<never>(() => undefined)
    }
    return (fs[name] as (...given: unknown[]) => Promise<unknown>)(...args)
  }
  const names = ['writeFile', 'appendFile', 'rename', 'open', 'rm', 'truncate'] as const
  return { fate, files: { ...fs, ...Object.fromEntries(names.map((name) => [name, change(name)])) } as typeof fs }
}

test('a journal that is mostly superseded is written anew, at opening and at work, and says the same', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'assay-store-'))
  const path = join(dir, 'journal.jsonl')
  const store = await openFileStore(dir)
  for (let n = 5; n > 0; n--) await store.saveEvent(event(n))
  await settle(store, 0, 100)
  await store.close()
  const full = (await stat(path)).size
  await (await openFileStore(dir)).close()
  expect((await stat(path)).size).toBe(full) // not worth it
  const small = await openFileStore(dir, { worthBytes: 1000 })
  expect((await stat(path)).size).toBeLessThan(full / 4)
  expect([await lastWords(small), (await small.events()).map(({ receivedAt }) => receivedAt)]).toEqual([WORDS, [5, 4, 3, 2, 1]])
  await settle(small, 100, 500)
  await small.close()
  expect((await stat(path)).size).toBeLessThan(full / 2)
  const again = await openFileStore(dir)
  expect([await lastWords(again), (await again.events()).length]).toEqual([WORDS.map((n) => n + 400), 5])
  const { size } = await stat(path)
  const noRoom = { ...fs, writeFile: () => Promise.reject(Object.assign(new Error('no room'), { code: 'ENOSPC' })) } as typeof fs
  const stuck = await openFileStore(dir, { worthBytes: 100, files: noRoom })
  await settle(stuck, 0, 100) // the old journal goes on
  await stuck.close()
  expect((await stat(path)).size).toBeGreaterThan(size)
  expect(await lastWords(await openFileStore(dir))).toEqual(WORDS)
})

test.each([false, true])('a kill before any step of writing it anew, or in the middle of one (%s), leaves one whole journal', async (middle) => {
  const made = await mkdtemp(join(tmpdir(), 'assay-store-'))
  const first = await openFileStore(made)
  await settle(first, 0, 100)
  await first.close()
  const before = await readFile(join(made, 'journal.jsonl'), 'utf8')
  const sizes = new Set<number>()
  for (let calls = 0, wasKilled = true; wasKilled; calls++) {
    const dir = await mkdtemp(join(tmpdir(), 'assay-store-'))
    const path = join(dir, 'journal.jsonl')
    await fs.writeFile(path, before)
    const { fate, files } = dying(calls, middle)
    const opening = openFileStore(dir, { worthBytes: 1000, files }).then((store) => store.saveSetting('acknowledged', true))
    const isDead = new Promise<void>((done) => {
      const look = () => (fate.isDead ? done() : setImmediate(look))
      look()
    })
    wasKilled = await Promise.race([opening.then(() => false), isDead.then(() => true)])
    if (!wasKilled) fate.isDead = true // ends the looking
    sizes.add((await stat(path)).size)
    const later = await openFileStore(dir, { worthBytes: 1000 })
    expect(await lastWords(later)).toEqual(WORDS)
    if (!wasKilled) expect(await later.setting('acknowledged')).toBe(true)
    await settle(later, 100, 110)
    await later.close()
    const last = await openFileStore(dir)
    expect(await lastWords(last)).toEqual(WORDS.map((n) => n + 10))
    expect((await fs.readdir(dir)).sort()).toEqual(['journal.jsonl'])
  }
  // killed with the old one in its place, with the new one, and in the line that follows it
  expect(sizes.size).toBeGreaterThanOrEqual(3)
})
