import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { liveDuels, openDuels } from '../../history/duelsDexie'
import { labFixture } from '../../history/fixtures'
import { openDexieLedger } from '../../history/ledgerDexie'
import type { DuelReport } from '../../worker/researchProtocol'
import { pairedTest } from './paired'
import { untried } from './report'

const report = (id: string, labId: string, updatedAt: number): DuelReport => ({
  id, labId, options: { a: 'evolution', b: 'random', seeds: 1, experiments: 2, fresh: 1 }, backend: 'wasm', startedAt: 1, updatedAt,
  pairs: [{ seed: 1, fresh: [], a: untried(), b: untried() }], fresh: pairedTest([]), selection: pairedTest([]), at: null, finished: false,
}) // prettier-ignore

test('reports are replaced whole, listed by lab with the latest first, and their labs stand in no other list', async () => {
  const duels = openDuels()
  await duels.save(report('one', 'lab', 1))
  await duels.save(report('two', 'lab', 2))
  await duels.save(report('other', 'elsewhere', 3))
  await duels.save({ ...report('one', 'lab', 4), finished: true })
  expect(await duels.load('one')).toEqual({ ...report('one', 'lab', 4), finished: true })
  expect(await duels.load('none')).toBeNull()
  expect((await liveDuels('lab')).map(({ id }) => id)).toEqual(['one', 'two'])
  await duels.ledger.saveLab(labFixture('duel-one-1-a'))
  expect(await openDexieLedger().listLabs()).toEqual([])
  expect((await openDuels().ledger.listLabs()).map(({ labId }) => labId)).toEqual(['duel-one-1-a'])
})
