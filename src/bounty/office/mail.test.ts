import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getPublicKey } from 'nostr-tools/pure'
import { expect, test } from 'vitest'
import { specFixture } from '../testing/fixtures'
import { eventsOf, Reader } from '../wire/events'
import { Mail } from './mail'
import { openFileStore } from './storeFile'

const keyOf = (n: number) => new Uint8Array(32).fill(n)
const MOST = 20

test('a board that is flooded forgets strangers’ bounties, the oldest first, and nothing that somebody here takes part in', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-mail-'))
  const store = await openFileStore(folder)
  const long = { ...specFixture(), description: 'words '.repeat(600), baseline: { ...specFixture().baseline, trainJs: 'let x\n'.repeat(20_000) } }
  const own = eventsOf({ kind: 'bounty', spec: long }, null, keyOf(1), 1)
  const commit = eventsOf({ kind: 'commit', bounty: own.id, commitment: 'ab'.repeat(32) }, null, keyOf(2), 2)
  const said = eventsOf({ kind: 'withdraw', commit: commit.id, reason: '' }, null, keyOf(2), 3)
  const sealed = eventsOf({ kind: 'decline', commit: commit.id, reason: 'x' }, getPublicKey(keyOf(9)), keyOf(1), 3)
  const ours = [...own.events, ...commit.events, ...said.events, ...sealed.events]
  expect(own.events.length).toBeGreaterThan(1) // in parts, whose public tags name the whole
  const mail = new Mail({ reader: new Reader(keyOf(9)), store, now: () => 0, isOurs: (bounty) => bounty === own.id, mostEvents: MOST })
  for (const event of ours) await mail.receive(event)
  const strangers = Array.from({ length: 60 }, (_, n) => eventsOf({ kind: 'bounty', spec: { ...specFixture(), title: `Number ${n}` } }, null, keyOf(100 + n), 10 + n).events[0])
  for (const event of strangers) await mail.receive(event)
  const keptBy = async (from: typeof store) => (await from.events()).map(({ id }) => id)
  const kept = await keptBy(store)
  expect(kept.length).toBeLessThanOrEqual(1.05 * MOST)
  expect(kept).toEqual(expect.arrayContaining(ours.map(({ id }) => id)))
  expect(kept).toContain(strangers.at(-1)!.id)
  expect(kept).not.toContain(strangers[0].id)
  await store.close()
  expect(await keptBy(await openFileStore(folder))).toEqual(kept)
})
