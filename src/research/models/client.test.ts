// The adapter over real sockets: what the scripted server does, and what the lab then knows.

import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { LabError } from '../../core/errors'
import { createModelClient } from './client'
import type { ClientDeps } from './client'
import { createSpending } from './spending'
import { manualClock } from './testing/manualClock'
import { startScriptedServer } from './testing/scriptedServer'
import type { Script, ScriptedServer } from './testing/scriptedServer'
import type { ModelRequest, ModelSpec } from './types'

const KEY = 'sk-very-secret-0123456789'
const NO_CAPS = { requests: null, tokens: null, usd: null }
const schema = z.strictObject({ word: z.string() })

let server: ScriptedServer | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

async function begin(script: Script, spec: Partial<ModelSpec> = {}, deps: Partial<ClientDeps> = {}) {
  server = await startScriptedServer(script)
  const clock = manualClock()
  const spending = createSpending(NO_CAPS)
  const full: ModelSpec = { provider: 'compatible', model: 'm', address: server.address, ...spec }
  const keys = { key: async () => KEY }
  const client = createModelClient(full, { keys, spending, page: null, clock, random: () => 0.5, ...deps })
  let shown = ''
  const leaving = new AbortController()
  const ask = (change: Partial<ModelRequest> = {}) =>
    client.complete({ system: 'Be brief.', prompt: 'Say something.', maxOutputTokens: 100, signal: leaving.signal, onText: (delta) => void (shown += delta), ...change })
  return { client, clock, spending, asked: server.asked, ask, leaving, shown: () => shown }
}

/** What a call came to: the error, as it crosses borders and is written down. */
async function failureOf(call: Promise<unknown>): Promise<LabError> {
  const thrown = await call.then(() => null, (error: LabError) => error)
  expect(thrown).toMatchObject({ name: 'LabError', hint: expect.stringMatching(/\S/) })
  expect(JSON.stringify([thrown, thrown?.stack, String(thrown?.cause)])).not.toContain(KEY)
  return thrown as LabError
}

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
    expect((await failureOf(ask())).message).toMatch(/knows no model/)
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
  await server?.close()
  const inNode = await begin(['ok'], everyProvider[0][1])
  await inNode.ask()
  expect(inNode.asked[0].headers['anthropic-dangerous-direct-browser-access']).toBeUndefined()
})

test('a key that is needed and not there is asked for, not sent for', async () => {
  const { ask, asked } = await begin(['ok'], { provider: 'openai' }, { keys: { key: async () => null } })
  expect(await failureOf(ask())).toMatchObject({ code: 'controller.refused', hint: expect.stringContaining('OPENAI_API_KEY') })
  expect(asked).toHaveLength(0)
})

describe('failures that may pass', () => {
  test('500, 502 and 503 are tried again, each wait twice the last; then the answer counts', async () => {
    const { ask, asked, clock } = await begin([{ status: 500 }, { status: 502 }, { status: 503 }, 'at last'])
    expect(await ask()).toMatchObject({ text: 'at last', cost: { requests: 4 } })
    expect([asked.length, clock.slept]).toEqual([4, [1000, 2000, 4000]])
  })

  test('what stays broken is given up', async () => {
    const { ask, asked } = await begin([{ status: 500 }])
    expect(await failureOf(ask())).toMatchObject({ code: 'controller.offline', message: expect.stringContaining('500') })
    expect(asked).toHaveLength(4)
    server?.follow([{ status: 429 }])
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
    await server?.close()
    expect(await failureOf(ask())).toMatchObject({ code: 'controller.offline', message: expect.stringContaining('ECONNREFUSED'), hint: expect.stringContaining('ollama serve') })
  })
})

describe('bounds', () => {
  test('silence ends a request, and the server sees the socket close', async () => {
    const { ask, asked, clock } = await begin([{ text: 'one', end: 'hang' }], {}, { patience: { retries: 0 } })
    const answer = failureOf(ask({ onText: () => void setImmediate(() => clock.pass(60_000)) }))
    expect(await answer).toMatchObject({ code: 'controller.offline', message: expect.stringContaining('nothing for 60 s') })
    await asked[0].left
  })

  test('a slow drip ends when the whole takes too long', async () => {
    let seen = () => {}
    async function* drips() {
      for (;;) {
        const next = new Promise<void>((resolve) => (seen = resolve))
        yield 'drip '
        await next
      }
    }
    const { ask, asked, clock } = await begin(() => ({ pieces: drips() }))
    const onText = () => {
      clock.pass(50_000)
      seen()
    }
    expect(await failureOf(ask({ onText }))).toMatchObject({ code: 'controller.offline', message: expect.stringContaining('not done after 900 s') })
    await asked[0].left
  })

  test('an endless answer ends at its limit, in bytes and in characters', async () => {
    const { ask, asked } = await begin(() => ({ pieces: endless('x'.repeat(10_000)) }))
    expect(await failureOf(ask())).toMatchObject({ code: 'controller.badReply', message: expect.stringContaining('400000 characters') })
    await asked[0].left
    await server?.close()
    const body = { status: 200, headers: { 'content-type': 'text/event-stream' }, body: `data: ${'y'.repeat(200_000)}` }
    const onWire = await begin([body], {}, { limits: { bytes: 100_000 } })
    expect(await failureOf(onWire.ask())).toMatchObject({ code: 'controller.badReply', message: expect.stringContaining('100000 bytes') })
  })

  test('a huge error is cut, and only text', async () => {
    const { ask } = await begin([{ status: 400, body: `<script>alert(1)</script>\u0007${'z'.repeat(100_000)}` }])
    const { message } = await failureOf(ask())
    expect(message.length).toBeLessThan(500)
    expect(message).not.toContain('\u0007')
  })

  test('an abort ends the request with its own reason, at the server, too; what came is paid for', async () => {
    const { ask, asked, leaving, spending } = await begin([{ text: 'some words', end: 'hang' }])
    const reason = new Error('the lab stops')
    await expect(ask({ onText: () => leaving.abort(reason) })).rejects.toBe(reason)
    await asked[0].left
    expect(spending.spent).toMatchObject({ requests: 1, outputTokens: 3 })
  })

  test('an abort during a wait, and before anything is sent', async () => {
    const { ask, leaving, asked } = await begin([{ status: 500 }], {}, { clock: { ...manualClock(), sleep: async () => leaving0() } })
    const leaving0 = () => leaving.abort(new Error('left'))
    await expect(ask()).rejects.toThrow('left')
    expect(asked).toHaveLength(1)
    await expect(ask()).rejects.toThrow('left')
    expect(asked).toHaveLength(1)
  })
})

describe('answers of no known form', () => {
  test.each([
    ['a web page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html><script>alert(1)</script></html>' }],
    ['JSON of another kind', { status: 200, headers: { 'content-type': 'text/event-stream' }, body: 'data: {"hello":[1,2]}\n\n' }],
    ['broken JSON', { status: 200, headers: { 'content-type': 'text/event-stream' }, body: 'data: {"choices":[{"delta"\n\n' }],
    ['noise', { status: 200, headers: { 'content-type': 'text/event-stream' }, body: '\u0000\u0001\ufffd'.repeat(1000) }],
    ['nothing', { status: 200, body: '' }],
  ])('%s', async (_, turn) => {
    const { ask } = await begin([turn])
    const came = await ask().then(({ text }) => text, (error: LabError) => error.code)
    // a stream without events is an empty answer; anything else is refused
    expect(['', 'controller.badReply']).toContain(came)
  })

  test('a redirect is not followed: it would carry the key along', async () => {
    const elsewhere = await startScriptedServer(['stolen'])
    const { ask } = await begin([{ status: 307, headers: { location: `${elsewhere.address}/chat/completions` }, body: '' }], { provider: 'anthropic', model: 'm' })
    expect(await failureOf(ask())).toMatchObject({ code: 'controller.offline' })
    expect(elsewhere.asked).toHaveLength(0)
    await elsewhere.close()
  })
})

test('an answer that was cut says so; one that nobody counted is estimated', async () => {
  const { ask } = await begin([{ text: 'a'.repeat(40), cut: true, usage: null }])
  expect(await ask()).toMatchObject({ cut: true, cost: { inputTokens: 6, outputTokens: 10 } })
})

test('a server that knows no schemas is asked without one, from then on', async () => {
  const { ask, asked } = await begin(({ schema: sent }) => (sent ? { status: 400 } : '{"word":"gold"}'))
  expect((await ask({ schema })).text).toBe('{"word":"gold"}')
  await ask({ schema })
  expect(asked.map(({ schema: sent }) => sent !== null)).toEqual([true, false, false])
})

describe('caps', () => {
  const capped = async (caps: Partial<typeof NO_CAPS> | Record<string, number>, spec: Partial<ModelSpec> = {}) => {
    const spending = createSpending({ ...NO_CAPS, ...caps })
    return { ...(await begin(['ok'], spec, { spending })), spending }
  }

  test('requests', async () => {
    const { ask, asked } = await capped({ requests: 1 })
    await ask()
    expect(await failureOf(ask())).toMatchObject({ code: 'controller.cap' })
    expect(asked).toHaveLength(1)
  })

  test('tokens: what could pass the cap is not sent', async () => {
    const { ask, asked } = await capped({ tokens: 150 })
    await ask() // 12 + 100 at worst, 32 in fact
    expect(await failureOf(ask({ maxOutputTokens: 200 }))).toMatchObject({ code: 'controller.cap' })
    await ask({ maxOutputTokens: 90 })
    expect(asked).toHaveLength(2)
  })

  test('money, where the price is known; where it is not, nothing is sent', async () => {
    const { ask, spending } = await capped({ usd: 0.0011 }, { provider: 'anthropic', model: 'claude-haiku-4-5-20251001' })
    await ask() // at worst 12 · $1 and 100 · $5 for a million
    expect(spending.spent.usd).toBeCloseTo((spending.spent.inputTokens + 5 * spending.spent.outputTokens) / 1e6, 12)
    expect(await failureOf(ask({ maxOutputTokens: 300 }))).toMatchObject({ code: 'controller.cap' })
    await server?.close()
    const unknown = await capped({ usd: 5 })
    expect(await failureOf(unknown.ask())).toMatchObject({ code: 'controller.cap', message: expect.stringContaining('price') })
    expect(unknown.asked).toHaveLength(0)
  })

  test('retries count, and stop at the cap', async () => {
    const { ask, asked } = await capped({ requests: 2 })
    server?.follow([{ status: 500 }])
    expect(await failureOf(ask())).toMatchObject({ code: 'controller.cap' })
    expect(asked).toHaveLength(2)
  })
})

async function* endless(piece: string) {
  for (;;) {
    yield piece
    await new Promise((resolve) => setImmediate(resolve))
  }
}
