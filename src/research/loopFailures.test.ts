import { afterEach, describe, expect, test } from 'vitest'
import { LabError } from '../core/errors'
import type { Ledger } from '../history/types'
import { setKnobs } from '../sandbox/knobs'
import { createRunner } from './runner'
import { failed, PROGRAM, scriptedBox, scriptedData, scriptedLab, scriptedTrainer } from './testing'
import { checkRecord, landscape, makeLoop, newFolder, notices, openStores, phaseIs, removeFolders } from './testingLab'

afterEach(removeFolders)

describe('failures are recorded outcomes', () => {
  test('a lost device is reopened and the run tried once more', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 2 }))
    const { loop, trainer, events } = makeLoop(stores)
    const lost = new LabError('gpu.lost', 'The GPU went away.', { hint: 'Close other tabs.' })
    let losses = 0
    trainer.before = (job) => {
      if (job.runId === 'lab-1/1/1' && losses++ === 0) return failed(job, 'device_lost', lost)
      if (job.runId === 'lab-1/2/1') return failed(job, 'device_lost', lost)
    }
    loop.start()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    expect(rows[1].status).not.toBe('device_lost')
    expect(rows[2]).toMatchObject({ status: 'device_lost', error: { code: 'gpu.lost', hint: 'Close other tabs.' } })
    expect(trainer.opened).toBeGreaterThanOrEqual(3)
    expect(notices(events).some((notice) => notice.message.includes('reopened'))).toBe(true)
  })

  test('a run that never ends is ended from outside', async () => {
    const task = { ...scriptedLab().task, guards: { maxWallSeconds: 0.02, maxBytes: 1e9 } }
    const trainer = scriptedTrainer(landscape, 0.004)
    let ended = 0
    trainer.terminate = () => ended++
    trainer.before = () => new Promise(() => {})
    const runner = createRunner({ trainer, data: scriptedData, graceMs: 10 })
    const program = await scriptedBox().describe({ source: PROGRAM, vocab: 260, tier: 'software' })
    const { budget, evaluation, guards } = task
    const extras = { scoreHidden: false, returnWeights: false }
    const job = { runId: 'lab-1/1/1', program, seed: 1, budget, evaluation, guards, ...extras }
    const result = await runner.run(job, () => {})
    expect(result).toMatchObject({ ok: false, status: 'timeout', error: { code: 'judge.timeout' } })
    expect(ended).toBe(1)
  })

  test('a kernel that hangs is recorded, its worker ended, and the lab goes on', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 2 }))
    const { loop, trainer } = makeLoop(stores)
    let ended = 0
    trainer.terminate = () => ended++
    trainer.before = (job) => {
      if (job.runId === 'lab-1/1/1') return failed(job, 'timeout', new LabError('gpu.hung', 'custom_gate_forward did not come back.', { hint: 'Shorter loops.' }))
    }
    loop.start()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    expect(rows[1]).toMatchObject({ status: 'timeout', error: { code: 'gpu.hung', hint: 'Shorter loops.' } })
    expect(rows[2].status).not.toBe('timeout')
    expect(trainer.jobs.filter(({ runId }) => runId === 'lab-1/1/1')).toHaveLength(1)
    expect(ended).toBe(1)
  })

  test('what cannot run costs no run: broken, duplicate, too big', async () => {
    // a duplicate does not count as one of them
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 2 }))
    const { loop, trainer } = makeLoop(stores, {
      predictBytes: (program) => Number(program.graph.nodes[0].attrs.WIDTH) * 1e7,
    })
    await loop.queueProgram(PROGRAM, 'The baseline.')
    loop.step()
    await phaseIs(loop, 'paused')
    await loop.queueProgram(PROGRAM, 'Again the same.')
    await loop.queueProgram(`${PROGRAM}// BROKEN`, 'A typo.')
    await loop.queueProgram(setKnobs(PROGRAM, { WIDTH: 700 }), 'Very wide.')
    const runs = trainer.jobs.length
    loop.resume()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    expect(rows.slice(1).map((row) => [row.status, row.error?.code, row.proposer])).toEqual([
      ['rejected', 'program.duplicate', 'human'],
      ['crash', 'program.syntax', 'human'],
      ['rejected', 'program.memory', 'human'],
    ])
    expect(rows[2].reason).toContain('Mend it.')
    expect(trainer.jobs.length).toBe(runs)
  })

  test('five failures in a row make the lab wait, and resuming counts anew', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 12 }))
    const { loop, trainer, events } = makeLoop(stores)
    trainer.before = (job) =>
      job.runId.startsWith('lab-1/0/') ? undefined : failed(job, 'crash', new LabError('gpu.shader', 'No.'))
    loop.start()
    await phaseIs(loop, 'paused')
    expect((await stores.ledger.listExperiments('lab-1')).length).toBe(6)
    expect(notices(events).at(-1)?.message).toContain('5 experiments in a row failed')
    expect((await stores.ledger.loadLab('lab-1'))!.phase).toBe('paused')
    loop.resume()
    await phaseIs(loop, 'running')
    await phaseIs(loop, 'paused')
    expect((await stores.ledger.listExperiments('lab-1')).length).toBe(11)
    await loop.stop()
    await checkRecord(stores)
  })

  test('a baseline that does not run waits for a better program', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ trainJs: '// BROKEN\n', maxExperiments: 1 }))
    const { loop, events } = makeLoop(stores)
    loop.start()
    await phaseIs(loop, 'paused')
    expect(notices(events).at(-1)?.message).toContain('starting program did not run')
    await loop.queueProgram(PROGRAM, 'One that runs.')
    loop.resume()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    expect(rows.map((row) => row.status).slice(0, 2)).toEqual(['crash', 'baseline'])
    expect(rows.length).toBe(3)
  })

  test('no adapter: the lab fails with the reason, and can be started again', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 1 }))
    const { loop, trainer, events } = makeLoop(stores)
    const open = trainer.open
    trainer.open = async () => {
      throw new LabError('gpu.unavailable', 'No WebGPU here.', { hint: 'Use Chrome.' })
    }
    loop.start()
    await loop.settled()
    expect(loop.phase).toBe('failed')
    expect(notices(events).at(-1)).toMatchObject({ level: 'error', hint: 'Use Chrome.' })
    trainer.open = open
    loop.start()
    await loop.settled()
    expect((await checkRecord(stores)).rows.length).toBe(2)
  })

  test('a full disk pauses, loses nothing, and goes on where it was', async () => {
    const stores = await openStores(await newFolder(), scriptedLab({ maxExperiments: 2 }))
    let full = false
    const ledger: Ledger = new Proxy(stores.ledger, {
      get(object, name) {
        const method = Reflect.get(object, name) as (...args: unknown[]) => Promise<unknown>
        return async (...args: unknown[]) => {
          if (full && name === 'commitDecision') throw new LabError('store.quota', 'Full.', { hint: 'Free space.' })
          return method.apply(object, args)
        }
      },
    })
    const { loop, trainer, events } = makeLoop({ ...stores, ledger })
    trainer.before = (job) => {
      if (job.runId === 'lab-1/1/1') full = true
    }
    loop.start()
    await phaseIs(loop, 'paused')
    expect(notices(events).at(-1)).toMatchObject({ message: 'Full.', hint: 'Free space.' })
    const runs = trainer.jobs.length
    full = false
    loop.resume()
    await loop.settled()
    const { rows } = await checkRecord(stores)
    expect(rows.length).toBe(3)
    expect(rows[1].scores.length).toBeGreaterThan(0)
    // the run that had ended when the disk was full was not run again
    expect(trainer.jobs.filter((job) => job.runId === 'lab-1/1/1').length).toBe(1)
    expect(trainer.jobs.length).toBeGreaterThanOrEqual(runs)
  })
})
