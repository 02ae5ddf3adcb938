import 'fake-indexeddb/auto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isSignedBy } from './identity'
import { openFileIdentity } from './identityFile'
import { openBrowserIdentity, openReplayLog } from './receiptsDexie'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-identity-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const message = new TextEncoder().encode('what was measured')

it.each([
  ['a file', () => openFileIdentity(join(root, 'deep', 'identity.pem'))],
  ['the browser', () => openBrowserIdentity('identity-test')],
])('the key in %s is made once, and signs what only its public half verifies', async (_, open) => {
  const [first, second] = await Promise.all([open(), open()])
  expect(first.publicKey).toMatch(/^[0-9a-f]{64}$/)
  expect(second.publicKey).toBe(first.publicKey)
  const signature = await (await open()).sign(message)
  expect(signature).toBe(await first.sign(message))
  expect(await isSignedBy(first.publicKey, signature, message)).toBe(true)
  expect(await isSignedBy(first.publicKey, signature, message.slice(1))).toBe(false)
  expect(await isSignedBy('0'.repeat(64), signature, message)).toBe(false)
})

it('the file is its owner’s alone, and what is no key is said to be none', async () => {
  const path = join(root, 'identity.pem')
  await openFileIdentity(path)
  if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
  writeFileSync(path, 'not a key')
  await expect(openFileIdentity(path)).rejects.toMatchObject({ code: 'store.corrupt', hint: expect.stringContaining('Delete') })
})

it('the browser keeps the verdicts of replays', async () => {
  const record = {
    fingerprint: 'f', publicKey: 'p', at: 1, seconds: 2, verdict: 'refuted' as const, reason: 'off', runs: [], adapter: null, isOtherApp: false,
  } // prettier-ignore
  await openReplayLog('log-test').save(record)
  await openReplayLog('log-test').save({ ...record, at: 3 })
  expect((await openReplayLog('log-test').list()).map(({ at }) => at)).toEqual([1, 3])
})
