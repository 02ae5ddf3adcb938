import { expect, test } from 'vitest'
import { createBrowserModel } from './browser/model'
import { scriptedLanguageModel } from './browser/testing'
import type { ScriptLog } from './browser/testing'
import { createLocalClient } from './local'
import { createSpending } from './spending'
import { createTurns } from './turns'
import type { ModelCaps, ModelRequest } from './types'

const FREE: ModelCaps = { requests: null, tokens: null, usd: 0 }

function open(caps: ModelCaps, failure?: { name: string; message: string }) {
  const log: ScriptLog = { created: [], prompts: [], destroyed: 0, aborted: 0 }
  const api = scriptedLanguageModel({ availability: 'available', pieces: ['a wider', ' one'], last: failure ?? 'end' }, log)
  const spending = createSpending(caps)
  const client = createLocalClient({ provider: 'browser', model: '' }, {
    turns: createTurns(), browser: createBrowserModel(() => api), spending, newId: () => 'q', spawn: () => { throw new Error('no model in the page here') },
  })
  const ask = (more: Partial<ModelRequest> = {}) => client.complete({ system: 's', prompt: 'p'.repeat(400), maxOutputTokens: 50, signal: new AbortController().signal, ...more })
  return { spending, client, ask, log }
}

test('a model on this machine costs no money, and what it read and said is counted', async () => {
  const { spending, ask, client } = open(FREE)
  const { cost, text } = await ask()
  expect(text).toBe('a wider one')
  expect(spending.spent).toEqual(cost)
  expect(cost).toMatchObject({ requests: 1, usd: 0, outputTokens: 3 })
  expect(client.contextTokens).toBe(9216) // what the session said, not what was guessed before it
})

test('a request that could pass a limit is not made', async () => {
  const { ask, log, spending } = open({ ...FREE, tokens: 200 })
  await expect(ask()).rejects.toMatchObject({ code: 'controller.cap' })
  expect([log.prompts, spending.spent.requests]).toEqual([[], 0])
  await open({ ...FREE, tokens: 2000 }).ask()
})

test('an answer that breaks off is counted as far as it came', async () => {
  const { ask, spending } = open(FREE, { name: 'UnknownError', message: 'gone' })
  await expect(ask()).rejects.toMatchObject({ code: 'controller.offline' })
  expect(spending.spent).toMatchObject({ requests: 1, inputTokens: 101, outputTokens: 3, usd: 0 })
})

test('nothing else is a model on this machine', () => {
  const deps = { turns: createTurns(), browser: createBrowserModel(() => undefined), spending: createSpending(FREE), newId: () => 'q', spawn: () => { throw new Error('none') } }
  expect(() => createLocalClient({ provider: 'openai', model: 'x' }, deps)).toThrow('no model on this machine')
})
