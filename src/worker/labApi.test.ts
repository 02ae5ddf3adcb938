import { unzipSync } from 'fflate'
import { afterEach, describe, expect, test } from 'vitest'
import { LabError } from '../core/errors'
import { ADAPTER, success } from '../research/testing'
import { newFolder, removeFolders } from '../research/testingLab'
import { defaultProgram } from '../sandbox/defaultProgram'
import { assemble, atRest, settings, waitFor } from './testingLab'

afterEach(removeFolders)

describe('lab', () => {
  test('from settings to a finished record that can be taken away', async () => {
    const { api, events, parts } = await assemble(await newFolder())
    const labId = await api.create(settings())
    expect((await api.status()).notice?.message).toContain('may delete')
    await api.start()
    await expect(api.start()).rejects.toMatchObject({ code: 'lab.state' })
    const status = await waitFor(api, (s) => atRest(s) && s.notice!.message.includes('done'))
    expect(status).toMatchObject({ labId, adapter: ADAPTER, watching: false })
    const lab = (await parts.ledger.loadLab(labId))!
    expect(lab).toMatchObject({ phase: 'finished', nextNumber: 4 })
    expect(lab.floorBpb).toBeGreaterThan(0)
    const seqs = events.flatMap((event) => (event.kind === 'status' ? [event.status.seq] : []))
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b))

    const { before, after } = await api.sources(1)
    expect(before).toBe(defaultProgram('software'))
    expect(after).not.toBe(before)
    expect(await api.sources(0)).toEqual({ before, after: before })
    await expect(api.sources(99)).rejects.toMatchObject({ code: 'lab.state' })
    expect((await api.exportResults()).trim().split('\n').length).toBe(5)
    const zip = await api.exportZip()
    expect(zip.name).toMatch(/^first-lab-\d{4}-\d\d-\d\d\.zip$/)
    expect(Object.keys(unzipSync(zip.bytes)).some((path) => path.endsWith('/train.js'))).toBe(true)
    expect(await api.sample(0, 'Once upon', 4, 1)).toBe('Once')
  })

  test('a reload in the middle: opening the lab again says so and goes on', async () => {
    const dir = await newFolder()
    const first = await assemble(dir)
    first.trainer.before = (job) =>
      job.runId.includes('/1/') ? new Promise(() => {}) : success(job, 2 + job.seed / 1e4)
    const labId = await first.api.create(settings())
    await first.api.start()
    await waitFor(first.api, (status) => status.number === 1 && status.activity === 'training')
    // the tab is gone; what it held in memory is lost
    const second = await assemble(dir)
    await second.api.open(labId)
    await waitFor(second.api, (status) => atRest(status) && status.notice!.message.includes('done'))
    const rows = await second.parts.ledger.listExperiments(labId)
    expect(rows.map((row) => row.number)).toEqual([0, 1, 2, 3, 4])
    expect(rows[1]).toMatchObject({ status: 'crash', error: { code: 'lab.state' } })
    const said = second.events.flatMap((event) => (event.kind === 'status' ? [event.status.notice?.message] : []))
    const told = said.some((message) => message?.includes('Experiment 1 was cut off'))
    expect(told).toBe(true)
  })

  test('a tab that watches may read but not command', async () => {
    const dir = await newFolder()
    const leader = await assemble(dir)
    const labId = await leader.api.create(settings({ maxExperiments: 1 }))
    await leader.api.start()
    await waitFor(leader.api, (status) => atRest(status) && status.notice!.message.includes('done'))
    const watcher = await assemble(dir, false)
    expect((await watcher.api.status()).watching).toBe(true)
    await watcher.api.open(labId)
    expect((await watcher.api.exportResults()).split('\n').length).toBeGreaterThan(2)
    expect((await watcher.api.sources(1)).after).toContain('knob(')
    for (const refused of [watcher.api.start(), watcher.api.create(settings()), watcher.api.sample(0, '', 1, 1)]) {
      await expect(refused).rejects.toMatchObject({ code: 'lab.state', hint: expect.stringContaining('other tab') })
    }
  })

  test('check: sizes a program, or says where it is wrong', async () => {
    const { api } = await assemble(await newFolder())
    const good = await api.check(defaultProgram('software'), { kind: 'bytes' })
    expect(good).toMatchObject({ ok: true, error: null, tokensPerStep: 512 })
    expect(good.paramCount).toBeGreaterThan(100_000)
    expect(good.predictedBytes).toBeGreaterThan(4 * good.paramCount)
    expect(good.knobs.map((knob) => knob.name)).toContain('MATRIX_LR')
    const bad = await api.check('export const batch = {', { kind: 'bytes' })
    expect(bad).toMatchObject({ ok: false, error: { code: 'program.syntax' } })
    expect((await api.defaults()).trainJs).toBe(defaultProgram('software'))
  })

  test('bad input is refused with its cause and stores nothing', async () => {
    const { api, parts, trainer } = await assemble(await newFolder())
    const photo = Uint8Array.of(255, 216, 0, 0, 1).buffer
    await expect(api.importText('photo.jpg', photo)).rejects.toMatchObject({ code: 'data.binary' })
    await expect(api.importText('empty.txt', new ArrayBuffer(0))).rejects.toMatchObject({ code: 'data.empty' })
    await expect(api.create(settings({ controller: 'psychic' }))).rejects.toMatchObject({ code: 'import.invalid' })
    const gone = { kind: 'text', name: 'gone.txt', sha256: '00' } as const
    await expect(api.create(settings({ dataset: gone }))).rejects.toMatchObject({ code: 'data.partial' })
    await expect(api.start()).rejects.toMatchObject({ code: 'lab.state' })
    await expect(api.open('nowhere')).rejects.toMatchObject({ code: 'lab.state' })
    expect((await api.status()).activity).toBe('idle')
    trainer.open = async () => {
      throw new Error('no adapter')
    }
    expect(await parts.ledger.listLabs()).toEqual([])
  })

  test('a profile is of the best program, or of the default one, and never beside a run', async () => {
    const { api, trainer } = await assemble(await newFolder())
    const first = await api.profile()
    expect(first).toMatchObject({ experiment: null, adapter: ADAPTER, profile: { clock: 'timestamps' } })
    await api.create(settings({ maxExperiments: 1 }))
    let release = () => {}
    const score = trainer.before!
    trainer.before = async (job) => {
      await new Promise<void>((resolve) => (release = resolve))
      return score(job)
    }
    await api.start()
    await waitFor(api, (status) => status.activity === 'training')
    await expect(api.profile()).rejects.toMatchObject({ code: 'lab.state', hint: expect.stringContaining('Pause') })
    trainer.before = score
    release()
    await waitFor(api, (s) => atRest(s) && s.notice!.message.includes('done'))
    const after = await api.profile()
    expect(after.experiment).not.toBeNull()
    expect(after.profile.dispatches).toBe(first.profile.dispatches)
    trainer.profile = async () => {
      throw new LabError('gpu.lost', 'gone', { hint: 'Try again.' })
    }
    await expect(api.profile()).rejects.toMatchObject({ code: 'gpu.lost' })
  })

  test('what trains can be chosen while no lab is at work, and a choice that fails can be taken back', async () => {
    const { api, trainer } = await assemble(await newFolder())
    const processor = { ...ADAPTER, backend: 'wasm' as const, description: 'threads' }
    const asked: unknown[] = []
    trainer.open = async (choice) => {
      if (choice !== undefined) asked.push(choice)
      if (asked.at(-1) === 'webgpu') throw new LabError('gpu.unavailable', 'none here', { hint: 'Take the processor.' })
      return asked.at(-1) === 'wasm' ? processor : ADAPTER
    }
    expect(await api.probe()).toEqual(ADAPTER)
    await expect(api.probe('webgpu')).rejects.toMatchObject({ code: 'gpu.unavailable' })
    expect((await api.status()).adapter).toBeNull()
    await expect(api.probe('webgpu')).rejects.toMatchObject({ code: 'gpu.unavailable' })
    expect(await api.probe('wasm')).toEqual(processor)
    expect(asked).toEqual(['webgpu', 'wasm'])

    await api.create(settings())
    await api.step()
    await expect(api.probe('auto')).rejects.toMatchObject({ code: 'lab.state', hint: expect.stringContaining('Stop') })
    expect(await api.probe('wasm')).toEqual(processor)
    await waitFor(api, (status) => status.phase === 'paused')
    await expect(api.probe('auto')).rejects.toMatchObject({ code: 'lab.state' })
    await api.stop()
    expect(await api.probe('auto')).toEqual(ADAPTER)
    // the next run is opened anew
    await api.step()
    await waitFor(api, (status) => status.phase === 'paused')
    expect((await api.status()).adapter).toEqual(ADAPTER)
    await api.stop()
  })

  test('a dropped text becomes a data set', async () => {
    const { api } = await assemble(await newFolder())
    const lines = Array.from({ length: 400 }, (_, i) => `Line ${i} of a small text that says ${i * 7}.\n\n`).join('')
    const source = await api.importText('small.txt', new TextEncoder().encode(lines).buffer as ArrayBuffer)
    expect(await api.create(settings({ dataset: source, tokenizer: { kind: 'bpe', vocab: 300 } }))).toBe('lab-1')
    await api.step()
    await waitFor(api, (status) => status.phase === 'paused')
    await api.queueProgram(`${defaultProgram('software')}// by hand\n`, 'A comment.')
    await api.resume()
    await api.pause()
    await waitFor(api, (status) => status.phase === 'paused')
    expect(await api.exportResults()).toContain('A comment.')
    await api.stop()
    expect((await api.status()).phase).toBe('idle')
  })
})

