// Transfers as the page asks for them; every part is real but the GPU.

import { afterEach, expect, test } from 'vitest'
import { newFolder, removeFolders } from '../research/testingLab'
import { defaultOptions } from '../research/transfer/options'
import { assemble, settings, waitFor } from './testingLab'

afterEach(removeFolders)

async function labWithGain() {
  const made = await assemble(await newFolder())
  const { api, parts } = made
  const labId = await api.create(settings({ keepRule: { kind: 'plain', repeats: 1, floorBpb: 0 }, maxExperiments: 5 }))
  await api.start()
  await waitFor(api, (status) => status.phase === 'idle' && status.notice !== null)
  const lab = (await parts.ledger.loadLab(labId))!
  expect(lab.incumbent).toBeGreaterThan(0)
  return { ...made, lab, options: { ...defaultOptions(lab), seeds: 2 } }
}

test('a transfer is planned, measured while the lab rests, and recorded in the store and in git', async () => {
  const { api, parts, lab, options, trainer, events } = await labWithGain()
  const jobs = trainer.jobs.length
  const planned = await api.planTransfer(options)
  expect(planned.plan.map(({ arm, refused }) => [arm, refused])).toEqual([['same', null], ['larger', null], ['longer', null], ['data', null]]) // prettier-ignore
  expect(trainer.jobs).toHaveLength(jobs)
  await expect(api.planTransfer({ ...options, scale: 0.5 })).rejects.toMatchObject({ code: 'lab.state' })

  const record = await api.transfer(options)
  expect(record).toMatchObject({ id: planned.id, finished: true, backend: 'webgpu' })
  expect(record.runs).toHaveLength(16)
  expect(await parts.transfers.load(lab.labId, record.id)).toEqual(record)
  const files = await parts.repository(lab.labId).files()
  expect(JSON.parse(new TextDecoder().decode(files[`transfers/${record.id}.json`]))).toEqual(record)
  const told = events.flatMap((event) => (event.kind === 'status' && event.status.transferring ? [event.status.transferring] : []))
  expect(told.at(-1)).toMatchObject({ labId: lab.labId, total: 16 })
  expect((await api.status()).transferring).toBeNull()
})

test('a transfer and a run never share the machine; stopped, it goes on where it was', async () => {
  const { api, options, trainer } = await labWithGain()
  const scored = trainer.before!
  let runs = 0
  trainer.before = async (job) => {
    if (++runs === 3) await new Promise(() => undefined) // a run that takes long
    return scored(job)
  }
  const transferring = api.transfer(options)
  await waitFor(api, (status) => status.transferring?.done === 2)
  for (const refused of [api.step(), api.profile(), api.transfer(options), api.attack()]) {
    await expect(refused).rejects.toMatchObject({ code: 'lab.state', hint: expect.stringContaining('stop it') })
  }
  await api.stopTransfer()
  expect(await transferring).toMatchObject({ finished: false, runs: [{ arm: 'same' }, { arm: 'same' }] })
  expect((await api.transfer(options)).runs).toHaveLength(16)
  expect(runs).toBe(3 + 14)
})
