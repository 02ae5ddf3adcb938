import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LabError } from '../../../core/errors'
import { createTurns } from '../turns'
import type { ModelRequest, ModelSpec } from '../types'
import { createPageClient, INTERRUPT_MS, SILENCE_MS, type SpawnedEngine } from './client'
import type { Generated, LoadedModel, PageModelEngine } from './types'

const SPEC: ModelSpec = { provider: 'page', model: 'tiny/one' }
const LOADED: LoadedModel = { device: 'wasm', dtype: 'q4', contextTokens: 2048, bytes: 10, notKept: null }
const SAID: Generated = { text: 'wider', inputTokens: 7, outputTokens: 3, end: 'said' }

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => vi.useRealTimers())
const settle = () => vi.advanceTimersByTimeAsync(0)

/** Engines that do as the test says; `log` is what happened to them. */
function workers(behaviour: Partial<PageModelEngine> = {}) {
  const log: string[] = []
  const deaths: ((reason: string) => void)[] = []
  const spawn = (): SpawnedEngine => {
    log.push('spawned')
    return {
      engine: {
        load: async ({ model, address }) => {
          log.push(`load ${address} ${model}`)
          return LOADED
        },
        generate: async () => SAID,
        interrupt: async () => void log.push('interrupt'),
        forget: async () => undefined,
        ...behaviour,
      },
      end: () => void log.push('ended'),
      onDeath: (listener) => void deaths.push(listener),
    }
  }
  return { spawn, log, deaths }
}

const request = (more: Partial<ModelRequest> = {}): ModelRequest => ({
  system: 's', prompt: 'p', maxOutputTokens: 100, signal: new AbortController().signal, ...more,
})
const never = () => new Promise<never>(() => undefined)

test('it loads with the first question only, and counts what the model counted', async () => {
  const { spawn, log } = workers()
  const client = createPageClient(SPEC, { spawn, turns: createTurns() })
  expect([client.name, client.contextTokens, log]).toEqual(['page/tiny/one', 4096, []])
  expect(await client.complete(request())).toMatchObject({ text: 'wider', cost: { requests: 1, inputTokens: 7, outputTokens: 3, usd: 0 } })
  await client.complete(request())
  expect([client.contextTokens, log]).toEqual([2048, ['spawned', 'load https://huggingface.co tiny/one']])
  client.dispose()
  expect(log.at(-1)).toBe('ended')
})

test('an answer that ended at its limit says so', async () => {
  const { spawn } = workers({ generate: async () => ({ ...SAID, end: 'limit' }) })
  expect(await createPageClient(SPEC, { spawn, turns: createTurns() }).complete(request())).toMatchObject({ cut: true })
})

test('an interrupted model is waited for, and one that does not listen is ended', async () => {
  let finish = (): void => undefined
  const { spawn, log } = workers({ generate: () => new Promise((resolve) => (finish = () => resolve({ ...SAID, end: 'interrupted' }))) })
  const client = createPageClient(SPEC, { spawn, turns: createTurns() })
  for (const listens of [true, false]) {
    const stop = new AbortController()
    let isOver = false
    const asked = client.complete(request({ signal: stop.signal })).catch((thrown: Error) => thrown.message).finally(() => (isOver = true))
    await settle()
    stop.abort(new Error('enough'))
    await settle()
    expect([log.at(-1), isOver]).toEqual(['interrupt', false])
    if (listens) finish()
    else await vi.advanceTimersByTimeAsync(INTERRUPT_MS)
    expect(await asked).toBe('enough')
    expect(log.at(-1)).toBe(listens ? 'interrupt' : 'ended')
  }
  expect(log.filter((line) => line === 'spawned')).toHaveLength(1)
})

test('a load that nobody waits for any more ends its worker', async () => {
  const { spawn, log } = workers({ load: never })
  const stop = new AbortController()
  const asked = createPageClient(SPEC, { spawn, turns: createTurns() }).complete(request({ signal: stop.signal }))
  const refused = expect(asked).rejects.toThrow('enough')
  await settle()
  stop.abort(new Error('enough'))
  await refused
  expect(log).toEqual(['spawned', 'ended'])
})

test('a silent model is given up, a talking one is not', async () => {
  let talk = (): void => undefined
  const { spawn, log } = workers({
    generate: (_, onText) => {
      talk = () => onText('and ')
      return never()
    },
  })
  const asked = createPageClient(SPEC, { spawn, turns: createTurns() }).complete(request())
  const refused = expect(asked).rejects.toMatchObject({ code: 'controller.offline', message: expect.stringContaining('said nothing') })
  await settle()
  await vi.advanceTimersByTimeAsync(SILENCE_MS - 1)
  talk()
  await vi.advanceTimersByTimeAsync(SILENCE_MS - 1)
  expect(log).not.toContain('ended')
  await vi.advanceTimersByTimeAsync(1)
  await refused
  expect(log).toContain('ended')
})

test('a worker that dies is named and started again; a prompt that does not fit ends nothing', async () => {
  const failures: (() => Promise<Generated>)[] = [
    never,
    () => Promise.reject(new LabError('controller.refused', 'The prompt is too long.')),
    () => Promise.reject(new LabError('gpu.oom', 'There is not enough memory.')),
    async () => SAID,
  ]
  const { spawn, log, deaths } = workers({ generate: () => failures.shift()!() })
  const client = createPageClient(SPEC, { spawn, turns: createTurns() })
  const dead = expect(client.complete(request())).rejects.toMatchObject({ code: 'controller.offline', message: expect.stringContaining('out of luck') })
  await settle()
  deaths[0]('out of luck')
  await dead
  await expect(client.complete(request())).rejects.toMatchObject({ code: 'controller.refused' })
  expect(log.filter((line) => line === 'spawned')).toHaveLength(2)
  await expect(client.complete(request())).rejects.toMatchObject({ code: 'gpu.oom' })
  expect(log.at(-1)).toBe('ended')
  expect((await client.complete(request())).text).toBe('wider')
  expect(log.filter((line) => line === 'spawned')).toHaveLength(3)
})

test('asked to make room, it gives its memory back before a run; otherwise it keeps it', async () => {
  for (const release of [true, false]) {
    const { spawn, log } = workers()
    const turns = createTurns()
    const client = createPageClient({ ...SPEC, release }, { spawn, turns })
    await client.complete(request())
    const end = await turns.begin(new AbortController().signal)
    expect(log.includes('ended')).toBe(release)
    end()
  }
})

test.each([
  ['', undefined], ['../secret', undefined], ['a/b/c', undefined], ['a b', undefined], ['a/..', undefined], ['-x', undefined],
  ['a/b', 'ftp://x'], ['a/b', 'https://name:word@x.org'], ['a/b', 'https://x.org/?q'], ['a/b', 'x.org'],
])('a model that there cannot be is refused at once: %s at %s', (model, address) => {
  expect(() => createPageClient({ provider: 'page', model, address }, { spawn: workers().spawn, turns: createTurns() })).toThrow(LabError)
})
