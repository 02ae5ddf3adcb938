// Where fetched and given files are kept: the browser's private file system, a directory in Node, or plain memory.

import { LabError } from '../core/errors'

/** Bytes under short keys (letters, digits, dot, dash). Any method may throw LabError store.quota or store.corrupt. */
export interface ByteCache {
  /** All bytes of an entry, in a fresh buffer; null where there is none, or nothing in it. */
  get(key: string): Promise<Uint8Array | null>
  /** Replaces the entry, all or nothing. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** Adds to the end of the entry, which begins empty. */
  append(key: string, bytes: Uint8Array): Promise<void>
  /** Bytes held under the key so far; 0 where there is none. */
  length(key: string): Promise<number>
  /** Forgets the entry; nothing happens where there is none. */
  delete(key: string): Promise<void>
}

/** A cache that lives as long as the page: where there is no file system, and in tests. */
export function memoryByteCache(): ByteCache {
  const entries = new Map<string, Uint8Array>()
  return {
    get: async (key) => (entries.get(key)?.length ? entries.get(key)!.slice() : null),
    put: async (key, bytes) => void entries.set(key, bytes.slice()),
    append: async (key, bytes) => {
      const old = entries.get(key) ?? new Uint8Array(0)
      const joined = new Uint8Array(old.length + bytes.length)
      joined.set(old)
      joined.set(bytes, old.length)
      entries.set(key, joined)
    },
    length: async (key) => entries.get(key)?.length ?? 0,
    delete: async (key) => void entries.delete(key),
  }
}

/** The lab's error for a failure of storage: store.quota where there is no room, else store.corrupt. */
export function storeError(thrown: unknown, key: string): LabError {
  if (thrown instanceof LabError) return thrown
  const { name, code } = thrown as { name?: string; code?: unknown }
  if (name === 'QuotaExceededError' || code === 'ENOSPC' || code === 'EDQUOT') {
    return new LabError('store.quota', 'There is no room left to keep this data.', {
      hint: 'Delete old labs or cached data, free disk space, or use a smaller data set. Nothing was lost.',
      data: { key },
      cause: thrown,
    })
  }
  const what = thrown instanceof Error ? thrown.message : String(thrown)
  return new LabError('store.corrupt', `The data cache cannot be used: ${what}`, {
    hint: 'Reload the page; if it happens again, clear this site’s stored data.',
    data: { key },
    cause: thrown,
  })
}
