import { afterEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { createTurns } from '../turns'
import type { ModelRequest } from '../types'
import { createBrowserClient } from './client'
import { createBrowserModel, SILENCE_MS } from './model'
import { scriptedLanguageModel } from './testing'
import type { Script, ScriptLog } from './testing'

afterEach(() => vi.useRealTimers())

const schema = z.strictObject({ hypothesis: z.string() })
const ANSWER = ['{"hypothesis":', '"wider', ' is better"}']

function open(script: Script | null) {
  const log: ScriptLog = { created: [], prompts: [], destroyed: 0, aborted: 0 }
  const api = script ? scriptedLanguageModel(script, log) : undefined
  const model = createBrowserModel(() => api)
  let ids = 0
  const client = createBrowserClient({ provider: 'browser', model: '' }, { model, turns: createTurns(), newId: () => `q${++ids}` })
  const deltas: string[] = []
  const complete = (more: Partial<ModelRequest> = {}) =>
    client.complete({
      system: 'You improve models.', prompt: 'Propose.', schema, maxOutputTokens: 400,
      signal: new AbortController().signal, onText: (delta) => deltas.push(delta), ...more,
    })
  return { log, model, client, complete, deltas }
}

test('it answers under a schema, piece by piece, in a session of its own', async () => {
  const { complete, deltas, log, client } = open({ availability: 'available', pieces: ANSWER })
  const reply = await complete()
  expect(reply.text).toBe('{"hypothesis":"wider is better"}')
  expect(deltas).toEqual(ANSWER)
  // 10 of the system's, 2 of the prompt's; then the answer's 32 characters
  expect(reply.cost).toMatchObject({ requests: 1, inputTokens: 13, outputTokens: 8, usd: 0 })
  expect(log.created).toEqual([{ system: 'You improve models.', languages: ['en'] }])
  expect(log.prompts).toMatchObject([{ input: 'Propose.', constraint: { type: 'object', required: ['hypothesis'], additionalProperties: false } }])
  expect(log.destroyed).toBe(1)
  expect(client.contextTokens).toBe(9216)
})

test('an answer that is too long is cut, and says so', async () => {
  const { complete } = open({ availability: 'available', pieces: Array.from({ length: 50 }, () => 'and so on '), last: 'hang' })
  expect(await complete({ maxOutputTokens: 10 })).toMatchObject({ cut: true, text: 'and so on '.repeat(4) })
})

test.each([
  [null, 'missing', /update Chrome or Edge/],
  ['unavailable', 'unavailable', /chrome:\/\/on-device-internals/],
  ['downloadable', 'downloadable', /press “Download”/],
  ['downloading', 'downloading', /wait until it is there/],
] as const)('where it is %s the person is told what to do', async (availability, word, help) => {
  const { complete, model } = open(availability && { availability })
  expect(await model.state()).toEqual({ availability: word, help: expect.arrayContaining([expect.stringMatching(help)]) })
  await expect(complete()).rejects.toMatchObject({ code: 'controller.offline', hint: expect.stringMatching(help), data: { availability: word } })
})

test.each([
  ['QuotaExceededError', 'controller.refused', /too long/],
  ['NotReadableError', 'controller.refused', /held .* back/],
  ['NotAllowedError', 'controller.offline', /does not allow/],
  ['NotSupportedError', 'controller.refused', /cannot do this/],
  ['UnknownError', 'controller.offline', /failed: what the browser says/],
] as const)('a %s half-way is named, and the session closed', async (name, code, words) => {
  const { complete, log } = open({ availability: 'available', pieces: ['{"hyp'], last: { name, message: 'what the browser says' } })
  await expect(complete()).rejects.toMatchObject({ code, message: expect.stringMatching(words) })
  expect(log.destroyed).toBe(1)
})

test('one that hangs is left after a while: while it answers, and before it begins', async () => {
  vi.useFakeTimers()
  for (const script of [{ availability: 'available', pieces: ['{'], last: 'hang' }, { availability: 'available', create: 'hang' }] as Script[]) {
    const { complete, log } = open(script)
    const failed = expect(complete()).rejects.toMatchObject({ code: 'controller.offline', message: expect.stringContaining('said nothing') })
    await vi.advanceTimersByTimeAsync(SILENCE_MS)
    await failed
    expect(log.aborted).toBe(1) // and is told to stop
  }
})

test('an answer that nobody wants any more is stopped, with the reason given', async () => {
  const { complete, log } = open({ availability: 'available', pieces: ['{"hyp'], last: 'hang' })
  const stop = new AbortController()
  const onText = () => stop.abort(new Error('enough'))
  await expect(complete({ signal: stop.signal, onText })).rejects.toThrow('enough')
  await vi.waitFor(() => expect(log).toMatchObject({ destroyed: 1, aborted: 1 }), { timeout: 20_000 })
})

test('a download takes a click, tells how far it is, and then the model answers', async () => {
  const { complete, model } = open({ availability: 'downloadable', pieces: ANSWER })
  const shares: number[] = []
  await model.download((share) => shares.push(share), new AbortController().signal)
  expect(shares).toEqual([0, 0.5, 1])
  expect((await complete()).text).toContain('wider')
})

test('a download that cannot be had, or is given up, says why', async () => {
  const signal = new AbortController().signal
  await expect(open({ availability: 'unavailable' }).model.download(() => undefined, signal)).rejects.toMatchObject({ code: 'controller.offline' })
  const refused = open({ availability: 'downloadable', create: { name: 'NotAllowedError', message: 'Requires a user gesture' } })
  await expect(refused.model.download(() => undefined, signal)).rejects.toMatchObject({ hint: expect.stringContaining('Download') })
  const stop = new AbortController()
  const given = open({ availability: 'downloadable', create: 'hang' }).model.download(() => undefined, stop.signal)
  stop.abort(new Error('enough'))
  await expect(given).rejects.toThrow('enough')
})
