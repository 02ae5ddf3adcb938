// Receipts as the page asks for them, with a real trainer on the processor.

import { afterEach, describe, expect, test } from 'vitest'
import '../engine/testing/wasm' // Node 20 has relaxed arithmetic behind a flag
import { memoryStore } from '../engine/tune/table'
import { createTrainer } from '../judge/trainer'
import { newFolder, removeFolders } from '../research/testingLab'
import { createLabApi } from './labApi'
import { assemble, settings, waitFor } from './testingLab'

afterEach(removeFolders)

const oneThread = () => {
  const spawn = () => {
    throw new Error('one thread needs no other')
  }
  return createTrainer({ gpu: async () => undefined, threads: { threads: 1, shared: false, spawn } }, memoryStore(), 'wasm')
}

async function labOnProcessor() {
  const { parts } = await assemble(await newFolder())
  const spares: ReturnType<typeof oneThread>[] = []
  const spareTrainer = () => {
    spares.push(oneThread())
    return spares.at(-1)!
  }
  const api = createLabApi({ ...parts, trainer: oneThread(), spareTrainer })
  const keepRule = { kind: 'plain', repeats: 1, floorBpb: 0 } as const
  const labId = await api.create(settings({ keepRule, budget: { kind: 'tokens', amount: 1500 } }))
  await api.step()
  await waitFor(api, (status) => status.phase === 'paused')
  return { api, parts, labId, spares }
}

describe('receipts', () => {
  test('are given out, verified, replayed while the lab rests, and the verdict is kept', async () => {
    const { api, parts } = await labOnProcessor()
    const text = await api.receipt(0)
    const view = await api.readReceipt(text)
    expect(view).toMatchObject({ isOwn: true, hasProgram: true, receipt: { experiment: { status: 'baseline' } } })
    await expect(api.receipt(7)).rejects.toMatchObject({ code: 'lab.state' })
    await expect(api.readReceipt(text.replace(/"seed":\d/, '"seed":0'))).rejects.toMatchObject({ code: 'import.invalid' })

    const seen: number[] = []
    await api.subscribe((event) => {
      if (event.kind === 'status' && event.status.replaying) seen.push(event.status.replaying.run)
    })
    const { stopped, record } = await api.replay(text, false)
    expect(stopped).toBe(false)
    expect(record).toMatchObject({ verdict: 'bit-identical', fingerprint: view.fingerprint, adapter: { backend: 'wasm' } })
    expect(await parts.replays.list()).toEqual([record])
    expect(seen).toContain(1)
    expect((await api.status()).replaying).toBeNull()
    // the loop's own trainer still has its data
    await api.resume()
    await api.pause()
    await waitFor(api, (status) => status.phase === 'paused')
    expect(await api.exportResults()).toMatch(/keep|discard/)
    await api.stop()
  })

  test('a replay and a run never share the machine, and a replay can be stopped', async () => {
    const { api, parts, spares } = await labOnProcessor()
    const text = await api.receipt(0)
    const open = spares.length
    const replaying = api.replay(text, false)
    await waitFor(api, (status) => status.replaying !== null)
    for (const refused of [api.resume(), api.step(), api.profile(), api.replay(text, false)]) {
      await expect(refused).rejects.toMatchObject({ code: 'lab.state', hint: expect.stringContaining('stop it') })
    }
    await api.stopReplay()
    expect(await replaying).toEqual({ stopped: true, record: null })
    expect(spares).toHaveLength(open + 1)
    expect(await parts.replays.list()).toEqual([])

    await api.resume()
    const running = api.replay(text, false)
    await expect(running).rejects.toMatchObject({ code: 'lab.state', hint: expect.stringContaining('Pause') })
    await api.stop()
  })
})
