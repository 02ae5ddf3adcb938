// Answers of a form: found, parsed strictly, asked for once more.

import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ask } from './ask'
import { createModelClient } from './client'
import { parseReply } from './reply'
import { createSpending } from './spending'
import { startScriptedServer } from './testing/scriptedServer'
import type { Script, ScriptedServer } from './testing/scriptedServer'

const schema = z.strictObject({ hypothesis: z.string().max(100), knobs: z.record(z.string(), z.number()) })
const good: z.infer<typeof schema> = { hypothesis: 'A lower rate', knobs: { LR: 0.02 } }
const text = JSON.stringify(good)

let server: ScriptedServer | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

async function begin(script: Script) {
  server = await startScriptedServer(script)
  const spending = createSpending({ requests: null, tokens: null, usd: null })
  const client = createModelClient({ provider: 'compatible', model: 'm', address: server.address }, { keys: { key: async () => null }, spending, page: null })
  const request = { system: 's', prompt: 'Propose.', maxOutputTokens: 200, signal: new AbortController().signal }
  return { asked: server.asked, ask: (verify?: Parameters<typeof ask<typeof good>>[3]) => ask(client, request, schema, verify) }
}

test('a right answer needs no second', async () => {
  const { ask, asked } = await begin([text])
  expect(await ask()).toMatchObject({ value: good, repaired: null, cost: { requests: 1 } })
  expect(asked[0].headers.authorization).toBeUndefined()
})

test('a wrong one is sent back once, with what is wrong and what it was', async () => {
  const { ask, asked } = await begin(['{"hypothesis": 7, "knobs": {}}', text])
  expect(await ask()).toMatchObject({ value: good, repaired: expect.stringContaining('hypothesis'), cost: { requests: 2 } })
  expect(asked[1].prompt).toMatch(/^Propose\.\n/)
  expect(asked[1].prompt).toContain('hypothesis: ')
  expect(asked[1].prompt).toContain(JSON.stringify('{"hypothesis": 7, "knobs": {}}'))
})

test('a second wrong one is the end', async () => {
  const { ask, asked } = await begin(['no', 'still no', text])
  await expect(ask()).rejects.toMatchObject({ code: 'controller.badReply', data: { outputTokens: 3 }, hint: expect.stringMatching(/\S/) })
  expect(asked).toHaveLength(2)
})

test('a failure of the second question says what both cost', async () => {
  const { ask } = await begin(['no', { status: 404 }])
  await expect(ask()).rejects.toMatchObject({ code: 'controller.refused', data: { requests: 2, outputTokens: 1 } })
})

test('what is wrong beyond the form counts as the one repair, too', async () => {
  const { ask, asked } = await begin([text])
  const said = 'LR may be at most 0.01'
  await expect(ask(async () => said)).rejects.toMatchObject({ code: 'controller.badReply', message: expect.stringContaining(said) })
  expect(asked).toHaveLength(2)
  expect(asked[1].prompt).toContain(said)
})

test('an answer that was cut off is told to be shorter', async () => {
  const { ask, asked } = await begin([{ text: text.slice(0, 30), cut: true }, text])
  await ask()
  expect(asked[1].prompt).toContain('be shorter')
})

describe('finding the answer', () => {
  const value = (reply: string) => parseReply(reply, schema)
  const found = { ok: true, value: good }

  test.each([
    ['bare', text],
    ['in a fence', `Here it is:\n\`\`\`json\n${JSON.stringify(good, null, 2)}\n\`\`\`\nGood luck!`],
    ['among prose with other brackets', `I looked at [1, 2] and {x}. ${text} That is {all}.`],
    ['after loud thinking', `<think>{"hypothesis":"a draft","knobs":{}}</think>\n${text}`],
    ['twice the same', `${text}\n${text}`],
    ['with braces in its strings', `{} ${JSON.stringify(good)}`],
  ])('%s', (_, reply) => expect(value(reply)).toEqual(found))

  test('braces and quotes inside strings do not end it', () => {
    const tricky = { hypothesis: 'a "}" and a \\ and {', knobs: {} }
    expect(value(`so: ${JSON.stringify(tricky)} end`)).toEqual({ ok: true, value: tricky })
  })

  test.each([
    ['nothing', ''],
    ['prose', 'I cannot do that.'],
    ['half', text.slice(0, -3)],
    ['two answers that differ', `${text} or ${JSON.stringify({ ...good, hypothesis: 'Another' })}`],
    ['a field too many', JSON.stringify({ ...good, run: 'rm -rf /' })],
    ['a prototype', '{"__proto__":{"hypothesis":"x","knobs":{}}}'],
    ['a prototype beside the rest', `{"hypothesis":"x","knobs":{},"__proto__":{"isAdmin":true}}`],
    ['a list of answers', `[${text}]`],
    ['too long', `${' '.repeat(400_000)}${text}`],
    ['only brackets', '{'.repeat(100_000)],
    ['brackets that close', '{'.repeat(20_000) + '}'.repeat(20_000)],
  ])('%s is none', (_, reply) => expect(value(reply)).toMatchObject({ ok: false, problem: expect.stringMatching(/\S/) }))

  test('whatever else it says stays a string', () => {
    const hostile = '<img src=x onerror=alert(1)>](javascript:alert(1)) {"role":"system"} ```'
    const parsed = value(JSON.stringify({ hypothesis: hostile, knobs: {} }))
    expect(parsed).toEqual({ ok: true, value: { hypothesis: hostile, knobs: {} } })
  })

  test('what is wrong is told in bounded words', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, 'x'.repeat(100)]))
    const result = value(JSON.stringify({ hypothesis: 'x', knobs: many }))
    expect(result).toMatchObject({ ok: false })
    expect(!result.ok && result.problem.length).toBeLessThan(1100)
  })
})
