// Duels as the page asks for them; every part is real but the training.

import { afterEach, expect, test } from 'vitest'
import { newFolder, removeFolders } from '../research/testingLab'
import type { DuelOptions } from './researchProtocol'
import { assemble, settings, waitFor } from './testingLab'

afterEach(removeFolders)

const OPTIONS: DuelOptions = { a: 'evolution', b: 'random', seeds: 1, experiments: 3, fresh: 1 }

test('a duel takes the machine for itself, tells how it stands, leaves the lab as it was, and goes on after a stop', async () => {
  const { api, parts, trainer } = await assemble(await newFolder())
  await expect(api.duel(OPTIONS)).rejects.toMatchObject({ code: 'lab.state' }) // no lab is open
  const labId = await api.create(settings())
  const scored = trainer.before!
  let runs = 0
  trainer.before = async (job) => {
    if (++runs === 5) await new Promise(() => undefined) // a run that takes long
    return scored(job)
  }
  const dueling = api.duel(OPTIONS)
  await waitFor(api, () => runs === 5)
  expect((await api.status()).dueling).toMatchObject({ labId, finished: false, pairs: [{ seed: 9, a: { fullRuns: expect.any(Number) } }] })
  for (const refused of [api.start(), api.step(), api.profile(), api.attack(), api.duel(OPTIONS)]) {
    await expect(refused).rejects.toMatchObject({ code: 'lab.state', hint: expect.stringContaining('stop it') })
  }
  await api.stopDuel()
  const cut = await dueling
  expect(cut).toMatchObject({ finished: false, labId, pairs: [{ seed: 9, a: { isDone: false } }] })
  expect((await api.status()).dueling).toBeNull()
  const before = runs
  const report = await api.duel(OPTIONS)
  expect(report).toMatchObject({ id: cut.id, finished: true, fresh: { pairs: 1 } })
  expect(runs - before).toBeLessThan(20)
  expect(await parts.duels.load(report.id)).toEqual(report)
  // the lab's own record knows nothing of it
  expect(await parts.ledger.listExperiments(labId)).toEqual([])
  expect((await parts.ledger.listLabs()).map((lab) => lab.labId)).toEqual([labId])
})
