// Keys: who gets them, what is written down, and that they show up nowhere else.

import 'fake-indexeddb/auto'
import Dexie from 'dexie'
import { describe, expect, test } from 'vitest'
import { createKeyStore, environmentKeys } from './keys'
import { openKeyVault } from './keysDexie'

const KEY = 'sk-ant-0123456789abcdef'
const PASS = 'four plain words here'
const AT = 'https://api.anthropic.com'

let serial = 0
/** Fewer rounds: their number is tested once. */
function begin() {
  const name = `assay-keys-${serial++}`
  const vault = openKeyVault(name)
  return { name, vault, keys: createKeyStore(vault, 1000), again: () => createKeyStore(openKeyVault(name), 1000) }
}

/** Everything in a database, as text that any key would show up in. */
async function dump(name: string): Promise<string> {
  const db = await new Dexie(name).open()
  const rows = await Promise.all(db.tables.map((table) => table.toArray()))
  db.close()
  const bytes = (value: unknown): unknown => (ArrayBuffer.isView(value) ? Buffer.from(value.buffer).toString('latin1') : value)
  return JSON.stringify(rows, (_, value) => bytes(value))
}

test('in memory: given out, never stored, gone with the page', async () => {
  const { name, keys, again } = begin()
  expect(await keys.key('anthropic', AT)).toBeNull()
  await keys.set('anthropic', `  ${KEY}\n`, null)
  expect(await keys.key('anthropic', AT)).toBe(KEY)
  expect([...(await keys.states())]).toEqual([['anthropic', 'in memory']])
  expect(await dump(name)).toBe('[[]]')
  expect(await again().key('anthropic', AT)).toBeNull()
})

test('sealed: after a reload locked, opened by its passphrase only, and unreadable in the database', async () => {
  const { name, keys, again } = begin()
  await keys.set('anthropic', KEY, PASS)
  await keys.set('openai', 'sk-openai', PASS)
  expect([...(await keys.states()).values()]).toEqual(['stored', 'stored'])
  const stored = await dump(name)
  for (const secret of [KEY, 'sk-openai', PASS, KEY.slice(0, 8)]) expect(stored).not.toContain(secret)

  const later = again()
  expect([...(await later.states()).values()]).toEqual(['locked', 'locked'])
  await expect(later.key('anthropic', AT)).rejects.toMatchObject({ code: 'key.locked', hint: expect.stringMatching(/\S/) })
  await expect(later.unlock('four plain words there')).rejects.toMatchObject({ code: 'key.wrong' })
  await expect(later.key('anthropic', AT)).rejects.toMatchObject({ code: 'key.locked' })
  await later.unlock(PASS)
  expect([await later.key('anthropic', AT), await later.key('openai', AT)]).toEqual([KEY, 'sk-openai'])
})

test('salt and vector are new each time, and the rounds are those that OWASP asks for', async () => {
  const { vault, name } = begin()
  const keys = createKeyStore(vault)
  await keys.set('anthropic', KEY, PASS)
  const [first] = await vault.list()
  await keys.set('anthropic', KEY, PASS)
  const [second] = await vault.list()
  expect(first.iterations).toBeGreaterThanOrEqual(600_000)
  expect([first.salt.length, first.iv.length]).toEqual([16, 12])
  for (const field of ['salt', 'iv', 'sealed'] as const) expect(Buffer.from(first[field]).equals(Buffer.from(second[field]))).toBe(false)
  const later = createKeyStore(openKeyVault(name))
  await later.unlock(PASS)
  expect(await later.key('anthropic', AT)).toBe(KEY)
})

test('a record that was changed opens for nobody', async () => {
  const { vault, keys, again } = begin()
  await keys.set('compatible', KEY, PASS, 'https://mine.example/v1')
  const [record] = await vault.list()
  await vault.put({ ...record, origin: 'https://evil.example' })
  await expect(again().unlock(PASS)).rejects.toMatchObject({ code: 'key.wrong' })
  await vault.put({ ...record, provider: 'openai' })
  await vault.remove('compatible')
  await expect(again().unlock(PASS)).rejects.toMatchObject({ code: 'key.wrong' })
})

test('forgotten: in memory and in the database', async () => {
  const { name, keys } = begin()
  await keys.set('google', KEY, PASS)
  await keys.forget('google')
  expect(await keys.key('google', AT)).toBeNull()
  expect(await dump(name)).toBe('[[]]')
  await keys.set('google', KEY, PASS)
  await keys.set('google', KEY, null) // no longer to be stored
  expect(await dump(name)).toBe('[[]]')
})

test('a key for one server is not sent to another', async () => {
  const { keys, again } = begin()
  await keys.set('compatible', KEY, PASS, 'https://mine.example/v1')
  expect(await keys.key('compatible', 'https://mine.example')).toBe(KEY)
  await expect(keys.key('compatible', 'https://evil.example')).rejects.toMatchObject({ code: 'controller.refused' })
  const later = again()
  await later.unlock(PASS)
  await expect(later.key('compatible', 'https://evil.example')).rejects.toMatchObject({ code: 'controller.refused' })
  await keys.set('ollama', KEY, null)
  expect(await keys.key('ollama', 'http://localhost:11434')).toBe(KEY)
  await expect(keys.set('compatible', KEY, null)).rejects.toMatchObject({ code: 'import.invalid' })
})

test.each(['', 'with space', 'with\nline', 'ключ', 'x'.repeat(513)])('no key: %j', async (key) => {
  const { keys } = begin()
  const failed = keys.set('openai', key, null)
  await expect(failed).rejects.toMatchObject({ code: 'import.invalid' })
  if (key) await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining(key) })
})

test('no passphrase, and providers that take no key', async () => {
  const { keys } = begin()
  await expect(keys.set('openai', KEY, 'short')).rejects.toMatchObject({ code: 'import.invalid' })
  await expect(keys.set('paste', KEY, null)).rejects.toMatchObject({ code: 'import.invalid' })
  await expect(keys.unlock(PASS)).rejects.toMatchObject({ code: 'key.wrong' })
})

describe('the command line', () => {
  test('takes keys from the environment: its own name first, then the provider’s', async () => {
    const at = (environment: Record<string, string>) => environmentKeys(environment)
    expect(await at({ GEMINI_API_KEY: 'g' }).key('google', AT)).toBe('g')
    expect(await at({ OPENAI_API_KEY: 'o', ASSAY_MODEL_KEY: 'a' }).key('openai', AT)).toBe('a')
    expect(await at({ OPENAI_API_KEY: 'o' }).key('anthropic', AT)).toBeNull()
    expect(await at({ OPENAI_API_KEY: 'o' }).key('compatible', AT)).toBeNull()
    expect(await at({ OPENAI_API_KEY: ' ' }).key('openai', AT)).toBeNull()
  })
})
