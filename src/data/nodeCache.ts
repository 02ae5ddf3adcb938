// The byte cache of the command line: one file an entry. Only Node may import this module.

import { appendFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { storeError } from './byteCache'
import type { ByteCache } from './byteCache'

/** A cache in a directory, which is made when first written to. */
export function nodeByteCache(directory: string): ByteCache {
  const path = (key: string): string => join(directory, key)
  const guarded = async <T>(key: string, act: () => Promise<T>): Promise<T> => {
    try {
      return await act()
    } catch (error) {
      throw storeError(error, key)
    }
  }
  const orAbsent = async <T>(read: Promise<T>, absent: T): Promise<T> => {
    try {
      return await read
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return absent
      throw error
    }
  }
  return {
    get: (key) => guarded(key, () =>
      orAbsent<Uint8Array | null>(readFile(path(key)).then((file) => (file.length > 0 ? new Uint8Array(file) : null)), null)),
    put: (key, bytes) => guarded(key, async () => {
      await mkdir(directory, { recursive: true })
      await writeFile(`${path(key)}.new`, bytes)
      await rename(`${path(key)}.new`, path(key))
    }),
    append: (key, bytes) => guarded(key, async () => {
      await mkdir(directory, { recursive: true })
      await appendFile(path(key), bytes)
    }),
    length: (key) => guarded(key, () => orAbsent(stat(path(key)).then(({ size }) => size), 0)),
    delete: (key) => guarded(key, () => rm(path(key), { force: true })),
  }
}
