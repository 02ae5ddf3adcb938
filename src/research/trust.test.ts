// The program that runs is the one that is recorded, and a jump is repeated before it counts.

import { afterEach, describe, expect, test } from 'vitest'
import type { RunJob } from '../judge/types'
import { createRandom } from './controllers/random'
import { PROGRAM } from './testing'
import { checkRecord, makeLoop, newFolder, notices, openStores, phaseIs, removeFolders } from './testingLab'
import { deeper, labOf, labWith, numberOf } from './testingTrust'
import type { ResearchContext } from './types'

afterEach(removeFolders)

describe('the program that runs is the program that is recorded', () => {
  test('each run reads it back from the commit, and says so', async () => {
    const { stores, loop } = await labOf(1, (job) => (numberOf(job) === 0 ? 2 : 1.9), [PROGRAM, deeper(4)])
    loop.start()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    const gate = rows[1].gates.find((each) => each.gate === 'program')
    expect(gate).toMatchObject({ passed: true, detail: expect.stringContaining(rows[1].programHash.slice(0, 12)) })
  })

  test('another text under the commit fails the checks before anything is trained', async () => {
    const { stores, loop, trainer } = await labOf(2, () => 2, [PROGRAM])
    loop.step()
    await phaseIs(loop, 'paused')
    const read = stores.repo.read.bind(stores.repo)
    let forging = false
    const commit = stores.repo.commit.bind(stores.repo)
    stores.repo.commit = async (...args) => {
      forging = true
      return commit(...args)
    }
    stores.repo.read = async (id) => {
      const found = await read(id)
      return forging ? { ...found, 'train.js': deeper(12) } : found
    }
    await loop.queueProgram(deeper(4), 'Deeper.')
    const runs = trainer.jobs.length
    loop.step()
    await phaseIs(loop, 'running')
    await phaseIs(loop, 'paused')
    const row = (await stores.ledger.listExperiments('lab-1'))[1]
    expect(row).toMatchObject({ status: 'checks_failed', error: { code: 'judge.program' }, scores: [] })
    expect(trainer.jobs.length).toBe(runs)
    await loop.stop()
  })

  test('comments, spaces and names make no other program: equal ones are never scored twice', async () => {
    const again = `// the very same\n${PROGRAM.replace('const DEPTH', '\n\nconst  DEPTH')}`
    const { stores, loop, trainer } = await labOf(1, () => 2, [PROGRAM, again, deeper(4)])
    loop.start()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    expect(rows[1]).toMatchObject({ status: 'rejected', error: { code: 'program.duplicate', data: { number: 0 } } })
    expect(rows[1].reason).toContain('in other words')
    expect(trainer.jobs.filter((job) => numberOf(job) === 1)).toEqual([])
    expect(rows[2].scores.length).toBe(1)
  })

  test('a researcher that only repeats itself is stopped, at no cost', async () => {
    const stores = await openStores(await newFolder(), labWith(5))
    const controller = { name: 'parrot', propose: async (context: ResearchContext) => ({ ...(await createRandom().propose(context)), source: `${PROGRAM}//${context.history.length}` }) }
    const { loop, trainer, events } = makeLoop(stores, { controller })
    loop.start()
    await phaseIs(loop, 'paused')
    expect(notices(events).at(-1)?.message).toContain('20 programs in a row that had been tried')
    expect(trainer.jobs.length).toBe(3)
    await loop.stop()
  })
})

describe('a jump', () => {
  const jumped = async (again: (job: RunJob) => number) => {
    const isRepeat = (job: RunJob) => job.runId.endsWith('/jump')
    const made = await labOf(1, (job) => (numberOf(job) === 0 ? 2 : isRepeat(job) ? again(job) : 1.5), [PROGRAM, deeper(4)])
    made.loop.start()
    await made.loop.settled()
    return { ...made, row: (await checkRecord(made.stores)).rows[1] }
  }

  test('is run again on the same seed before it counts, then on the next', async () => {
    const { row, trainer } = await jumped(() => 1.5)
    expect(trainer.jobs.filter((job) => numberOf(job) === 1).map((job) => job.runId)).toEqual(['lab-1/1/1', 'lab-1/1/1/jump', 'lab-1/1/2'])
    expect(row.status).toBe('keep')
    expect(row.runs!.map((run) => run.purpose)).toEqual(['first', 'jump', 'seed'])
    expect(row.runs![1].seed).toBe(42)
    expect(row.scores.length).toBe(2)
  })

  test('that does not come again to the bit does not count', async () => {
    const { row, trainer } = await jumped(() => 1.5000001)
    expect(row).toMatchObject({ status: 'checks_failed', error: { code: 'judge.repeat' } })
    expect(row.gates.at(-1)).toMatchObject({ gate: 'repeat', passed: false })
    expect(row.reason).toContain('more than 6 σ better at first sight')
    expect(trainer.jobs.filter((job) => numberOf(job) === 1).length).toBe(2)
  })

  test('a gain within six σ is not run again', async () => {
    const { loop, trainer } = await labOf(1, (job) => (numberOf(job) === 0 ? 2 : 1.98), [PROGRAM, deeper(4)])
    loop.start()
    await loop.settled()
    expect(trainer.jobs.some((job) => job.runId.endsWith('/jump'))).toBe(false)
  })
})
