import 'fake-indexeddb/auto'
import { appendFile, mkdtemp } from 'node:fs/promises'
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
