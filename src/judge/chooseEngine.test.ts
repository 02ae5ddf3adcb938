// Which engine is opened where there is no GPU, only a pretended one, or a slow one.

import { expect, it } from 'vitest'
import { create } from 'webgpu'
import { memoryByteCache } from '../data/byteCache'
import { loadCorpus, prepareData } from '../data/corpus'
import { describeGpu, expectClose } from '../engine/testing/dawn'
import { threadScript } from '../engine/testing/wasmEngine'
import { nodeHost } from '../engine/backends/wasm/nodeHost'
import { memoryStore } from '../engine/tune/table'
import { nanochatGraph } from '../graph/sampleGraphs'
import { chooseEngine, stepMs, type EngineHost } from './chooseEngine'
import { createTrainer } from './trainer'
import type { RunJob } from './types'

const alone = { threads: 1, shared: true, spawn: () => expect.unreachable('one thread needs no other') }
const nothing: EngineHost = { gpu: async () => undefined, threads: alone }
const unavailable = { code: 'gpu.unavailable', data: { cause: 'missing' } }

it('without WebGPU the processor trains, unless WebGPU was asked for', async () => {
  const engine = await chooseEngine('auto', nothing)
  expect(engine.caps).toMatchObject({ backend: 'wasm', threads: 1, replicas: 1 })
  expect(engine.info.description).toMatch(/^CPU: WebAssembly SIMD, .*1 thread$/)
  engine.destroy()
  expect(await engine.lost).not.toBe('')
  await expect(chooseEngine('webgpu', nothing)).rejects.toMatchObject(unavailable)
})

it('threads that cannot be started are done without', async () => {
  const refused = () => {
    throw new Error('no workers here')
  }
  const engine = await chooseEngine('wasm', { ...nothing, threads: { threads: 4, shared: true, spawn: refused } })
  expect(engine.caps.threads).toBe(1)
  engine.destroy()
})

it('a trainer can be told another engine, and says which it has', async () => {
  const trainer = createTrainer(nothing, memoryStore())
  expect(await trainer.open()).toMatchObject({ backend: 'wasm', tier: 'software', threads: 1, replicas: 1 })
  await expect(trainer.open('webgpu')).rejects.toMatchObject(unavailable)
  await expect(trainer.open()).rejects.toMatchObject(unavailable)
  expect(await trainer.open('wasm')).toMatchObject({ backend: 'wasm' })
  trainer.terminate()
})

it('a thread that dies in the middle of a run ends it as a lost engine, and the next run has others', async () => {
  const corpus = await loadCorpus({ kind: 'grammar', seed: 3, bytes: 50_000 }, { cache: memoryByteCache() })
  const { data } = await prepareData(corpus, { kind: 'bytes' })
  const graph = nanochatGraph({ V: data.vocab, C: 16, H: 2, KV: 1, D: 8, hidden: 32, windows: [0], gateChannels: 8, softcap: 15 })
  const rule = { rule: 'adamw' as const, lr: 0.01, beta1: 0.8, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0 }
  const job: RunJob = {
    runId: 'r',
    program: {
      version: 1,
      batch: { rows: 2, context: 32, accumulate: 1 },
      training: { clip: 0, ema: 0 },
      graph,
      groups: [{ ...rule, params: graph.params.map((p) => p.name) }],
      schedule: { lr: [1], weightDecay: [1] },
      ramp: { momentum: [] },
    },
    seed: 5,
    budget: { kind: 'tokens', amount: 64 * 200 },
    evaluation: { context: 32, tokens: 320 },
    guards: { maxWallSeconds: 120, maxBytes: 2 ** 30 },
    scoreHidden: false,
    returnWeights: false,
  }
  const host = nodeHost(await threadScript(), 2)
  const ends: (() => void)[] = []
  const spawn = () => {
    const thread = host.spawn()
    ends.push(thread.end)
    return thread
  }
  const trainer = createTrainer({ ...nothing, threads: { ...host, spawn } }, memoryStore(), 'wasm')
  await trainer.setData(data)
  const killed = await trainer.run(job, (event) => event.kind === 'phase' && event.phase === 'training' && ends[0]())
  expect(killed).toMatchObject({ ok: false, status: 'device_lost', error: { code: 'gpu.lost' } })
  expect(await trainer.run(job, () => undefined)).toMatchObject({ ok: true })
  expect(ends).toHaveLength(2)
  trainer.terminate()
})

describeGpu('beside a software adapter', () => {
  const gpu = create([])
  Object.assign(globalThis, { choosingInstance: gpu }) // Dawn's instance must outlive its devices

  it('the processor trains, and faster', async () => {
    const host = { gpu: async () => gpu, threads: nodeHost(await threadScript(), 2) }
    const [chosen, device] = [await chooseEngine('auto', host), await chooseEngine('webgpu', host)]
    if (device.caps.software) expect(chosen.caps.backend).toBe('wasm')
    const times = [await stepMs(chosen), await stepMs(device)]
    expectClose(Float32Array.from(times, Math.sign), [1, 1], { atol: 0, rtol: 0, seed: 0, name: 'times above 0' })
    if (device.caps.software) expect(times[0]).toBeLessThan(times[1])
    chosen.destroy()
    device.destroy()
  })
})
