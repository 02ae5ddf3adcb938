// The scripted server itself, asked by the providers' own clients.

import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { LanguageModelV3, LanguageModelV3CallOptions } from '@ai-sdk/provider'
import { afterEach, expect, test } from 'vitest'
import { startScriptedServer } from './scriptedServer'
import type { Script, ScriptedServer } from './scriptedServer'

let server: ScriptedServer
const begin = async (script: Script) => (server = await startScriptedServer(script))
afterEach(() => server.close())

const families = {
  openai: (baseURL: string) => createOpenAICompatible({ name: 'x', baseURL, apiKey: 'k', includeUsage: true, supportsStructuredOutputs: true })('m'),
  anthropic: (baseURL: string) => createAnthropic({ baseURL, apiKey: 'k' })('claude-3-haiku-20240307'),
  'anthropic with schemas of its own': (baseURL: string) => createAnthropic({ baseURL, apiKey: 'k' })('claude-sonnet-4-5'),
  google: (baseURL: string) => createGoogleGenerativeAI({ baseURL, apiKey: 'k' })('gemini-2.5-flash'),
} satisfies Record<string, (address: string) => LanguageModelV3>

const schema = { type: 'object', properties: { word: { type: 'string' } }, required: ['word'], additionalProperties: false } as const
const options: LanguageModelV3CallOptions = {
  prompt: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'Say something.' }] },
  ],
  maxOutputTokens: 50,
}

async function answerOf(model: LanguageModelV3, change: Partial<LanguageModelV3CallOptions> = {}) {
  const { stream } = await model.doStream({ ...options, ...change })
  let text = ''
  for await (const part of stream as unknown as AsyncIterable<{ type: string; delta?: string; error?: unknown }>) {
    if (part.type === 'text-delta') text += part.delta
    if (part.type === 'error') throw part.error
    if (part.type === 'finish') return { text, finish: part }
  }
  throw new Error('no end')
}

test.each(Object.entries(families))('%s: streams, counts, is given the schema', async (_, model) => {
  const { address, asked } = await begin(['a longer answer, in several pieces', '{"word":"gold"}'])
  const first = await answerOf(model(address))
  expect(first).toMatchObject({ text: 'a longer answer, in several pieces', finish: { finishReason: { unified: 'stop' }, usage: { outputTokens: { total: 9 } } } })
  expect(asked[0]).toMatchObject({ system: 'Be brief.', prompt: 'Say something.', schema: null })
  const second = await answerOf(model(address), { responseFormat: { type: 'json', schema } })
  expect(second.text).toBe('{"word":"gold"}')
  expect(asked[1].schema).toMatchObject({ properties: { word: { type: 'string' } } })
})

test('answers may depend on the question, the last of a list holds on, and a new script counts anew', async () => {
  const { address } = await begin(({ prompt }, k) => `${k} ${prompt}`)
  const ask = async () => (await answerOf(families.openai(address))).text
  expect([await ask(), await ask()]).toEqual(['0 Say something.', '1 Say something.'])
  server.follow(['first', 'last'])
  expect([await ask(), await ask(), await ask()]).toEqual(['first', 'last', 'last'])
})

test('failures: a status, a dropped connection, and a client that leaves', async () => {
  const { address, asked } = await begin([{ status: 429, headers: { 'retry-after': '3' } }, { text: 'half', end: 'drop' }, { text: 'half', end: 'hang' }])
  const model = families.openai(address)
  await expect(answerOf(model)).rejects.toMatchObject({ statusCode: 429, responseHeaders: { 'retry-after': '3' } })
  await expect(answerOf(model)).rejects.toThrow()
  const leaving = new AbortController()
  const { stream } = await model.doStream({ ...options, abortSignal: leaving.signal })
  const reader = stream.getReader()
  await reader.read()
  leaving.abort()
  await asked[2].left
})
