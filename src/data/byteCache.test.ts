import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { memoryByteCache, storeError } from './byteCache'
import { nodeByteCache } from './nodeCache'

const directory = await mkdtemp(join(tmpdir(), 'assay-data-'))
afterAll(() => rm(directory, { recursive: true }))

describe.each([
  ['memory', () => memoryByteCache()],
  ['a directory', () => nodeByteCache(join(directory, 'cache'))],
])('the byte cache in %s', (_, open) => {
  it('keeps, appends, replaces and forgets', async () => {
    const store = open()
    expect(await store.get('k')).toBeNull()
    expect(await store.length('k')).toBe(0)
    await store.append('k', Uint8Array.of(1, 2))
    await store.append('k', Uint8Array.of(3))
    expect(await store.length('k')).toBe(3)
    expect(await store.get('k')).toEqual(Uint8Array.of(1, 2, 3))
    await store.put('k', Uint8Array.of(9))
    expect(await store.get('k')).toEqual(Uint8Array.of(9))
    await store.put('k', new Uint8Array(0)) // what is left of a writer that was ended, where entries are files
    expect(await store.get('k')).toBeNull()
    await store.delete('k')
    await store.delete('k')
    expect(await store.get('k')).toBeNull()
  })
})

it('names a full disk for what it is', () => {
  expect(storeError(new DOMException('full', 'QuotaExceededError'), 'k').code).toBe('store.quota')
  expect(storeError(Object.assign(new Error('full'), { code: 'ENOSPC' }), 'k').code).toBe('store.quota')
  expect(storeError(new Error('odd'), 'k').code).toBe('store.corrupt')
})
