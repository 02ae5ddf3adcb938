// What ends a request: time, size, a person, a limit; and answers that are none.

import { afterEach, describe, expect, test } from 'vitest'
import type { LabError } from '../../core/errors'
import { createSpending } from './spending'
import { manualClock } from './testing/manualClock'
import { begin, closeServer, failureOf, NO_CAPS, schema } from './testing/openClient'
import { startScriptedServer } from './testing/scriptedServer'
import type { Cost, ModelSpec } from './types'

afterEach(closeServer)

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
    const costs: Cost[] = []
    await expect(ask({ onText: () => leaving.abort(reason), onCost: (cost) => void costs.push(cost) })).rejects.toBe(reason)
    await asked[0].left
    expect(spending.spent).toMatchObject({ requests: 1, outputTokens: 3 })
    expect(costs).toEqual([spending.spent])
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

test('what a model thinks before it answers is paid for, and no part of the answer', async () => {
  const chunk = (delta: object, end: string | null) => `data: ${JSON.stringify({ id: 'a', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: end }] })}\n\n`
  const body = chunk({ reasoning_content: 't'.repeat(40) }, null) + chunk({ content: 'gold' }, 'stop') + 'data: [DONE]\n\n'
  const { ask, shown } = await begin([{ status: 200, headers: { 'content-type': 'text/event-stream' }, body }])
  expect(await ask()).toMatchObject({ text: 'gold', cost: { requests: 1, outputTokens: 11 } })
  expect(shown()).toBe('gold')
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
    const unknown = await capped({ usd: 5 })
    expect(await failureOf(unknown.ask())).toMatchObject({ code: 'controller.cap', message: expect.stringContaining('price') })
    expect(unknown.asked).toHaveLength(0)
  })

  test('retries count, and stop at the cap', async () => {
    const { ask, asked, server } = await capped({ requests: 2 })
    server.follow([{ status: 500 }])
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
