// The byte cache of the browser: the origin's private file system. In a worker it writes through sync access handles,
// which append in place; elsewhere through writable streams, which copy the file and swap it in.

import { memoryByteCache, storeError } from './byteCache'
import type { ByteCache } from './byteCache'

/** Opens the cache in the private file system, or in memory where the browser has none (or forbids it). */
export async function openBrowserCache(directory = 'assay-data'): Promise<ByteCache> {
  const storage = typeof navigator === 'undefined' ? undefined : navigator.storage
  if (typeof storage?.getDirectory !== 'function') return memoryByteCache()
  try {
    const root = await storage.getDirectory()
    return opfsCache(await root.getDirectoryHandle(directory, { create: true }))
  } catch (error) {
    // private windows of some browsers have the interface but refuse to open it
    if (error instanceof DOMException && error.name !== 'QuotaExceededError') return memoryByteCache()
    throw storeError(error, directory)
  }
}

function opfsCache(directory: FileSystemDirectoryHandle): ByteCache {
  const find = async (key: string): Promise<File | null> => {
    try {
      return await (await directory.getFileHandle(key)).getFile()
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotFoundError') return null
      throw storeError(error, key)
    }
  }
  const write = async (key: string, bytes: Uint8Array, keep: boolean): Promise<void> => {
    try {
      const handle = await directory.getFileHandle(key, { create: true })
      if (keep && 'createSyncAccessHandle' in handle) return await appendInPlace(handle, bytes)
      const stream = await handle.createWritable({ keepExistingData: keep })
      if (keep) await stream.seek((await handle.getFile()).size)
      await stream.write(bytes as Uint8Array<ArrayBuffer>)
      await stream.close()
    } catch (error) {
      throw storeError(error, key)
    }
  }
  return {
    get: async (key) => {
      const file = await find(key)
      // a writer that is ended before it has closed leaves the file that it had made, empty
      return file && file.size > 0 ? new Uint8Array(await file.arrayBuffer()) : null
    },
    put: (key, bytes) => write(key, bytes, false),
    append: (key, bytes) => write(key, bytes, true),
    length: async (key) => (await find(key))?.size ?? 0,
    delete: async (key) => {
      try {
        await directory.removeEntry(key)
      } catch (error) {
        if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw storeError(error, key)
      }
    },
  }
}

async function appendInPlace(handle: FileSystemFileHandle, bytes: Uint8Array): Promise<void> {
  const access = await handle.createSyncAccessHandle()
  try {
    const size = access.getSize()
    const written = access.write(bytes as Uint8Array<ArrayBuffer>, { at: size })
    access.flush()
    // Chromium, when the disk is full, gives the number of its error as if so many bytes had been written: 2³² − 8
    if (written !== bytes.length) {
      access.truncate(size)
      throw new DOMException('The file system took only a part.', 'QuotaExceededError')
    }
  } finally {
    access.close()
  }
}
