// What is said when a model cannot be reached, and which addresses may be asked at all.

import { describe, expect, test } from 'vitest'
import { placeOf, unreachable } from './offline'
import type { Browser } from './offline'
import { baseAddress, readModelSpec, readResearcherSpec } from './spec'
import { priceOf, usdOf } from './prices'
import { PROVIDERS } from './providers'
import type { ModelSpec } from './types'

const PAGE = 'https://lab.example'
const browser = (change: Partial<Record<keyof Browser, boolean>> = {}): Browser => ({
  isForbidden: async () => change.isForbidden ?? false,
  isLocalDenied: async () => change.isLocalDenied ?? false,
  isAlive: async () => change.isAlive ?? false,
})

async function said(spec: ModelSpec, change: Parameters<typeof browser>[0] = {}, page = PAGE) {
  const { code, message, hint, data } = await unreachable(placeOf(spec, baseAddress(spec) ?? '', page, browser(change)), 'Failed to fetch')
  expect(code).toBe('controller.offline')
  expect(data.url).toBe(baseAddress(spec)) // what a page may offer to allow
  return { message, hint }
}

const ollama: ModelSpec = { provider: 'ollama', model: 'qwen3' }

describe('in a page', () => {
  test('the page’s own policy', async () => {
    const { message, hint } = await said(ollama, { isForbidden: true, isAlive: true })
    expect(message).toContain('not allowed to reach http://localhost:11434')
    expect(hint).toContain('Allow this one')
  })

  test.each([
    ['ollama', `OLLAMA_ORIGINS=${PAGE} `],
    ['lmstudio', 'lms server start --cors'],
    ['llamacpp', '--cors-origins'],
  ] as const)('%s runs, but answers no page', async (provider, step) => {
    const { message, hint } = await said({ provider, model: 'm' }, { isAlive: true })
    expect(message).toContain('does not answer this page')
    expect(hint).toContain(step)
  })

  test('nothing runs: how to start it, and what Chrome may ask', async () => {
    const { hint } = await said(ollama)
    expect(hint).toMatch(/ollama serve.*OLLAMA_ORIGINS=https:\/\/lab\.example .*Chrome/)
  })

  test('access to the local network was denied', async () => {
    expect((await said(ollama, { isLocalDenied: true })).hint).toContain('Local network access')
    const abroad = await said({ provider: 'openai', model: 'm' }, { isLocalDenied: true })
    expect(abroad.hint).not.toContain('Local network access')
  })

  test('https may not talk to http elsewhere, but to this machine', async () => {
    const spec: ModelSpec = { provider: 'compatible', model: 'm', address: 'http://192.168.1.7:8000/v1' }
    expect((await said(spec)).message).toContain('over http')
    expect((await said(spec, {}, 'http://localhost:4173')).message).not.toContain('over http')
    expect((await said({ ...spec, address: 'http://127.0.0.1:8000' })).message).not.toContain('over http')
  })

  test('another server without the header', async () => {
    const { hint } = await said({ provider: 'compatible', model: 'm', address: 'https://models.example/v1' }, { isAlive: true })
    expect(hint).toContain(`Access-Control-Allow-Origin: ${PAGE}`)
    expect(hint).toContain('npm run lab')
  })
})

describe('which model', () => {
  test.each([
    [ollama, 'http://localhost:11434/v1'],
    [{ ...ollama, address: 'http://127.0.0.1:9999/' }, 'http://127.0.0.1:9999/v1'],
    [{ provider: 'compatible', model: 'm', address: 'https://a.example/api/v2/' }, 'https://a.example/api/v2'],
    [{ provider: 'anthropic', model: 'm' }, 'https://api.anthropic.com/v1'],
    [{ provider: 'anthropic', model: 'm', address: 'http://localhost:1/v1' }, 'http://localhost:1/v1'],
    [{ provider: 'paste', model: '' }, null],
  ] as const)('%j is at %s', (spec, address) => expect(baseAddress(spec)).toBe(address))

  test.each<[object, string]>([
    [{ provider: 'compatible', model: 'm' }, 'no address'],
    [{ provider: 'compatible', model: 'm', address: 'ftp://a' }, 'a protocol that is none'],
    [{ provider: 'compatible', model: 'm', address: 'https://user:pass@a.example' }, 'a password in the address'],
    [{ provider: 'compatible', model: 'm', address: 'https://a.example/v1?key=abc' }, 'a key in the address'],
    [{ provider: 'anthropic', model: 'm', address: 'https://evil.example/v1' }, 'somebody else’s Anthropic'],
    [{ provider: 'openai', model: 'm', address: 'https://api.openai.com.evil.example/v1' }, 'an address that only looks like it'],
    [{ provider: 'openai', model: '' }, 'no name'],
    [{ provider: 'nobody', model: 'm' }, 'no such provider'],
    [{ provider: 'openai', model: 'm', key: 'sk-1' }, 'a key where none belongs'],
    [{ provider: 'openai', model: 'a\nb' }, 'a line break'],
    [{ provider: 'openai', model: 'm', temperature: 9 }, 'a temperature'],
  ])('%j is refused: %s', (spec) => {
    expect(() => readModelSpec(spec)).toThrow(expect.objectContaining({ code: 'import.invalid' }))
  })

  test('a whole researcher', () => {
    const spec = { model: ollama, edits: 'knobs', caps: { requests: 10, tokens: null, usd: null }, ratio: 0.2, sampler: 'cma-es', standIn: null }
    expect(readResearcherSpec(spec)).toEqual(spec)
    expect(() => readResearcherSpec({ ...spec, ratio: 0.9 })).toThrow(/ratio/)
    expect(() => readResearcherSpec({ ...spec, model: { ...ollama, address: 'javascript:1' } })).toThrow(/no address/)
  })
})

test('prices: dated names are the same model, unknown ones have none, this machine is free', () => {
  const dated = priceOf({ provider: 'anthropic', model: 'claude-sonnet-4-5-20250929' })
  expect(dated).toEqual(priceOf({ provider: 'anthropic', model: 'claude-sonnet-4-5' }))
  expect(usdOf(dated, 1_000_000, 1000)).toBeCloseTo(3.015, 9)
  expect(priceOf({ provider: 'anthropic', model: 'claude-sonnet-4-5-turbo' })).toBeNull()
  expect(priceOf({ provider: 'openai', model: 'constructor' })).toBeNull()
  expect(usdOf(priceOf({ provider: 'ollama', model: 'x' }), 1e6, 1e6)).toBe(0)
  expect(PROVIDERS).toHaveLength(11)
})
