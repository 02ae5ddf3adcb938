// The adapter over real sockets: what the scripted server does, and what the lab then knows.

import { afterEach, describe, expect, test } from 'vitest'
import { begin, closeServer, failureOf, KEY, schema } from './testing/openClient'
import type { ModelSpec } from './types'

afterEach(closeServer)

const everyProvider: [string, Partial<ModelSpec>][] = [
  ['anthropic', { provider: 'anthropic', model: 'claude-sonnet-4-5' }],
  ['anthropic, older', { provider: 'anthropic', model: 'claude-3-haiku-20240307' }],
  ['openai', { provider: 'openai', model: 'gpt-5-mini' }],
  ['google', { provider: 'google', model: 'gemini-2.5-flash' }],
  ['openrouter', { provider: 'openrouter', model: 'a/b' }],
  ['compatible', { provider: 'compatible' }],
  ['ollama', { provider: 'ollama' }],
  ['lmstudio', { provider: 'lmstudio' }],
  ['llamacpp', { provider: 'llamacpp', model: '' }],
]

describe.each(everyProvider)('%s', (_, spec) => {
  test('streams, sends the schema, counts; the key goes in a header and nowhere else', async () => {
    const { ask, asked, shown, spending, client } = await begin(['{"word":"gold and silver"}'], spec)
    const reply = await ask({ schema })
    expect(reply).toMatchObject({ text: '{"word":"gold and silver"}', cost: { requests: 1, outputTokens: 7 } })
    expect(shown()).toBe(reply.text)
    expect(spending.spent).toEqual(reply.cost)
    expect(asked[0]).toMatchObject({ system: 'Be brief.', prompt: 'Say something.', schema: { properties: { word: { type: 'string' } } } })
    const { headers, text, path } = asked[0]
    expect(Object.values(headers).some((value) => String(value).includes(KEY))).toBe(true)
    expect(path + text + client.name).not.toContain(KEY)
  })

  test('a refused key, a wrong name, a busy server', async () => {
    const { ask, asked, clock } = await begin([{ status: 401, body: `{"error":{"message":"Incorrect key ${KEY}"}}` }, { status: 404 }, { status: 429, headers: { 'retry-after': '7' } }, 'ok'], spec)
    const refused = await failureOf(ask())
    expect(refused).toMatchObject({ code: 'controller.refused', message: expect.stringContaining('Incorrect key …') })
    expect((await failureOf(ask())).message).toMatch(/knows no model|nothing of the kind/)
    expect(asked).toHaveLength(2) // neither is worth another try
    expect((await ask()).text).toBe('ok')
    expect(clock.slept).toEqual([7000])
  })
})

test('a page tells Anthropic that it means it; nothing else does', async () => {
  const browser = { isForbidden: async () => false, isLocalDenied: async () => false, isAlive: async () => true }
  const { ask, asked } = await begin(['ok'], everyProvider[0][1], { page: { origin: 'https://lab.example', browser } })
  await ask()
  expect(asked[0].headers['anthropic-dangerous-direct-browser-access']).toBe('true')
  const inNode = await begin(['ok'], everyProvider[0][1])
  await inNode.ask()
  expect(inNode.asked[0].headers['anthropic-dangerous-direct-browser-access']).toBeUndefined()
})

test('a key that is needed and not there is asked for, not sent for', async () => {
  const { ask, asked } = await begin(['ok'], { provider: 'openai' }, { keys: { key: async () => null } })
  expect(await failureOf(ask())).toMatchObject({ code: 'controller.refused', hint: expect.stringContaining('OPENAI_API_KEY') })
  expect(asked).toHaveLength(0)
})

test('how much it reads: what is said of it, else what is usual', async () => {
  expect((await begin([], { provider: 'ollama' })).client.contextTokens).toBe(4096)
  expect((await begin([], { provider: 'ollama', contextTokens: 16_384 })).client.contextTokens).toBe(16_384)
})

describe('failures that may pass', () => {
  test('500, 502 and 503 are tried again, each wait twice the last; then the answer counts', async () => {
    const { ask, asked, clock } = await begin([{ status: 500 }, { status: 502 }, { status: 503 }, 'at last'])
    expect(await ask()).toMatchObject({ text: 'at last', cost: { requests: 4 } })
    expect([asked.length, clock.slept]).toEqual([4, [1000, 2000, 4000]])
  })

  test('what stays broken is given up', async () => {
    const { ask, asked, server } = await begin([{ status: 500 }])
    expect(await failureOf(ask())).toMatchObject({ code: 'controller.offline', message: expect.stringContaining('500') })
    expect(asked).toHaveLength(4)
    server.follow([{ status: 429 }])
    expect(await failureOf(ask())).toMatchObject({ code: 'controller.limit' })
  })

  test('a wait longer than anyone waits is told instead', async () => {
    const { ask, asked, clock } = await begin([{ status: 429, headers: { 'retry-after': '3600' } }])
    expect(await failureOf(ask())).toMatchObject({ code: 'controller.limit', hint: expect.stringContaining('3600 s') })
    expect([asked.length, clock.slept]).toEqual([1, []])
  })

  test('Retry-After as a date, and in milliseconds', async () => {
    const soon = new Date(Date.now() + 20_000).toUTCString()
    const { ask, clock } = await begin([{ status: 503, headers: { 'retry-after': soon } }, { status: 429, headers: { 'retry-after-ms': '5500' } }, 'ok'])
    await ask()
    expect(clock.slept[0]).toBeGreaterThan(15_000)
    expect(clock.slept[0]).toBeLessThanOrEqual(20_000)
    expect(clock.slept[1]).toBe(5500)
  })

  test('a dropped connection: asked again, both paid for, the break is shown', async () => {
    const { ask, shown, spending } = await begin([{ text: 'half an answer, then', end: 'drop' }, 'whole'])
    const reply = await ask()
    expect(reply).toMatchObject({ text: 'whole', cost: { requests: 2, outputTokens: 7 } })
    expect(spending.spent).toEqual(reply.cost)
    expect(shown()).toMatch(/^half an answer, then\s+\[.*asking again.*]\s+whole$/)
  })

  test('an overload told in the middle of a stream', async () => {
    const event = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    const { ask, asked } = await begin([{ status: 200, headers: { 'content-type': 'text/event-stream' }, body: event }, 'ok'], everyProvider[0][1])
    expect((await ask()).text).toBe('ok')
    expect(asked).toHaveLength(2)
  })

  test('nothing listens', async () => {
    const { ask } = await begin(['never'], { provider: 'ollama' })
    await closeServer()
    expect(await failureOf(ask())).toMatchObject({ code: 'controller.offline', message: expect.stringContaining('ECONNREFUSED'), hint: expect.stringContaining('ollama serve') })
  })
})
