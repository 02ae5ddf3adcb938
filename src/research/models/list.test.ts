// Lists of models over real sockets: every provider's own form, what a page is told, and servers that lie or hang.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { listModels } from './list'
import { manualClock } from './testing/manualClock'
import { failureOf, KEY } from './testing/openClient'
import { startScriptedServer, type ScriptedServer, type ScriptedServerOptions } from './testing/scriptedServer'
import type { ModelSpec, Provider } from './types'

let server: ScriptedServer | null = null
let raw: Server | null = null
afterEach(async () => {
  await server?.close()
  raw?.closeAllConnections()
  raw?.close()
  server = raw = null
})

const keys = { key: async () => KEY }
const never = new AbortController().signal

async function listOf(provider: Provider, options: ScriptedServerOptions = {}, deps: Partial<Parameters<typeof listModels>[1]> = {}) {
  server = await startScriptedServer(['never'], options)
  return listModels({ provider, model: '', address: server.address }, { keys, page: null, ...deps }, never)
}

const page = (value: unknown) => ({ body: JSON.stringify(value) })

describe('every provider in its own form', () => {
  test.each(['openai', 'openrouter', 'compatible', 'anthropic'] as const)('%s: names, and how much they read where it is said', async (provider) => {
    const data = [
      { id: 'b', created: 1, context_length: 32_768 },
      { id: 'a', max_input_tokens: 200_000, context_length: null },
      { id: 'c', max_model_len: 4096, context_length: 'plenty' },
    ]
    expect(await listOf(provider, { pages: { '/models': page({ object: 'list', data, has_more: false }) } })).toEqual([
      { id: 'b', contextTokens: 32_768 },
      { id: 'a', contextTokens: 200_000 },
      { id: 'c', contextTokens: 4096 },
    ])
    expect(server!.asked).toEqual([]) // no model was asked anything
  })

  test('google: those that answer, without what stands before their names', async () => {
    const models = [
      { name: 'models/gemini-2.5-flash', inputTokenLimit: 1_048_576, supportedGenerationMethods: ['generateContent', 'countTokens'] },
      { name: 'models/embedding-001', inputTokenLimit: 2048, supportedGenerationMethods: ['embedContent'] },
    ]
    expect(await listOf('google', { pages: { '/models': page({ models }) } })).toEqual([{ id: 'gemini-2.5-flash', contextTokens: 1_048_576 }])
  })

  test('ollama: what is installed; how much is known of those that are loaded', async () => {
    const loaded = page({ models: [{ name: 'qwen3:8b', context_length: 16_384 }] })
    const models = ['qwen3:8b', 'llama3.2:latest']
    expect(await listOf('ollama', { models, pages: { '/api/ps': loaded } })).toEqual([
      { id: 'qwen3:8b', contextTokens: 16_384 },
      { id: 'llama3.2:latest', contextTokens: null },
    ])
    await server!.close()
    expect(await listOf('ollama', { models: ['a'] })).toEqual([{ id: 'a', contextTokens: null }]) // an older one
    await server!.close()
    expect(await listOf('ollama', { pages: { '/models': page({ object: 'list', data: null }) } })).toEqual([]) // nothing yet
  })

  test('llama.cpp: what it was started with, not what the model was made for', async () => {
    const list = page({ data: [{ id: 'm.gguf', meta: { n_ctx_train: 131_072 } }] })
    const props = page({ default_generation_settings: { n_ctx: 8192 } })
    expect(await listOf('llamacpp', { pages: { '/models': list, '/props': props } })).toEqual([{ id: 'm.gguf', contextTokens: 8192 }])
  })

  test('LM Studio: its own list, without embeddings; an older one has the usual list', async () => {
    const own = page({ data: [
      { id: 'qwen3-8b', type: 'llm', state: 'loaded', max_context_length: 40_960, loaded_context_length: 4096 },
      { id: 'gemma', type: 'vlm', state: 'not-loaded', max_context_length: 131_072 },
      { id: 'nomic', type: 'embeddings' },
    ] }) // prettier-ignore
    expect(await listOf('lmstudio', { pages: { '/api/v0/models': own } })).toEqual([
      { id: 'qwen3-8b', contextTokens: 4096 },
      { id: 'gemma', contextTokens: null },
    ])
    await server!.close()
    expect(await listOf('lmstudio', { models: ['old'], pages: { '/api/v0/models': { status: 404, body: '{}' } } })).toEqual([{ id: 'old', contextTokens: null }])
  })
})

describe('the key', () => {
  test.each([
    ['anthropic', 'x-api-key', KEY],
    ['google', 'x-goog-api-key', KEY],
    ['openai', 'authorization', `Bearer ${KEY}`],
    ['compatible', 'authorization', `Bearer ${KEY}`],
  ] as const)('%s: goes in %s and nowhere else; a page says that it means it', async (provider, header, value) => {
    let seen: { url: string; headers: Headers } | null = null
    const fetch = (async (input, init) => {
      seen = { url: String(input), headers: new Headers(init?.headers) }
      return new Response('{"data":[],"models":[]}')
    }) as typeof globalThis.fetch
    const browser = { isForbidden: async () => false, isLocalDenied: async () => false, isAlive: async () => true }
    await listModels({ provider, model: '', ...(provider === 'compatible' && { address: 'https://models.example/v1' }) }, { keys, page: { origin: 'https://lab.example', browser }, fetch }, never)
    expect(seen!.headers.get(header)).toBe(value)
    expect([...seen!.headers].filter(([, text]) => text.includes(KEY))).toHaveLength(1)
    expect(seen!.url).not.toContain(KEY)
    expect(seen!.headers.has('anthropic-dangerous-direct-browser-access')).toBe(provider === 'anthropic')
  })

  test('none is sent where none is needed, and a provider that needs one is not asked without', async () => {
    const none = { key: async () => null }
    expect(await listOf('lmstudio', {}, { keys: none })).toHaveLength(1)
    expect(await failureOf(listModels({ provider: 'openai', model: '' }, { keys: none, page: null }, never))).toMatchObject({ code: 'controller.refused', hint: expect.stringContaining('OPENAI_API_KEY') })
  })
})

describe('what stands in the way', () => {
  const spec: ModelSpec = { provider: 'ollama', model: 'qwen3' }

  test('a page that is not answered is told the command, as with a question', async () => {
    const browser = { isForbidden: async () => false, isLocalDenied: async () => false, isAlive: async () => true }
    const fetch = (() => Promise.reject(new TypeError('Failed to fetch'))) as typeof globalThis.fetch
    const failure = await failureOf(listModels(spec, { keys, page: { origin: 'https://lab.example', browser }, fetch }, never))
    expect(failure).toMatchObject({ code: 'controller.offline', hint: expect.stringContaining('OLLAMA_ORIGINS=https://lab.example ') })
  })

  test('a refused key, no list, an address that is none, nobody there', async () => {
    expect(await failureOf(listOf('openai', { pages: { '/models': { status: 401, body: `{"error":{"message":"Incorrect key ${KEY}"}}` } } }))).toMatchObject({ code: 'controller.refused' })
    await server!.close()
    expect(await failureOf(listOf('compatible', { pages: { '/models': { status: 404 } } }))).toMatchObject({ code: 'controller.refused', message: expect.stringContaining('nothing of the kind') })
    const { address } = server!
    await server!.close()
    expect(await failureOf(listModels({ provider: 'compatible', model: '', address }, { keys, page: null }, never))).toMatchObject({ code: 'controller.offline' })
    expect(await failureOf(listModels({ provider: 'compatible', model: '' }, { keys, page: null }, never))).toMatchObject({ code: 'import.invalid' })
  })

  test.each([
    ['a web page', '<html></html>'],
    ['something else', '{"hello":[1]}'],
    ['nothing', ''],
    ['a list of another kind', '{"data":"many"}'],
  ])('%s instead of a list', async (_, body) => {
    expect(await failureOf(listOf('compatible', { pages: { '/models': { body } } }))).toMatchObject({ code: 'controller.badReply', hint: expect.stringContaining('address') })
  })

  test('names that could stand in no row are left out, and so is what passes all bounds', async () => {
    const data = [{ id: 'good' }, { id: 'a\nb' }, { id: 'x'.repeat(300) }, { id: 7 }, null, 'text', ...Array.from({ length: 6000 }, (_, k) => ({ id: `m${k}` }))]
    const list = await listOf('compatible', { pages: { '/models': page({ data }) } })
    expect(list.slice(0, 2).map(({ id }) => id)).toEqual(['good', 'm0'])
    expect(list.length).toBeLessThanOrEqual(5000)
    await server!.close()
    const huge = await failureOf(listOf('compatible', { pages: { '/models': { body: ' '.repeat(9 * 2 ** 20) } } }))
    expect(huge).toMatchObject({ code: 'controller.badReply', message: expect.stringContaining('too long') })
  })

  test('a server that says nothing is given up, and so is one that nobody waits for any more', async () => {
    const asked = new Promise<void>((resolve) => (raw = createServer(() => resolve())))
    await new Promise<void>((resolve) => raw!.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(raw!.address() as AddressInfo).port}/v1`
    const clock = manualClock()
    const silent = failureOf(listModels({ provider: 'compatible', model: '', address }, { keys, page: null, clock }, never))
    await asked
    clock.pass(15_000)
    expect(await silent).toMatchObject({ code: 'controller.offline', message: expect.stringContaining('nothing for 15 s') })
    const leaving = new AbortController()
    const left = listModels({ provider: 'compatible', model: '', address }, { keys, page: null }, leaving.signal)
    leaving.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
  })
})
