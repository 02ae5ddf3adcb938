// The practice node's bytes in Node: one file, written whole beside the old one and then put in its place.

import { promises as fs } from 'node:fs'
import { storeError } from '../../history/storeErrors'
import { LabError } from '../../core/errors'
import type { PracticeStore } from './store'

/** Opens the store in a file; one process owns it. @throws LabError store.* from every method */
export async function openPracticeFile(path: string): Promise<PracticeStore> {
  const kept = readWhole(await read(path))
  return {
    load: async () => new Map(kept),
    async put(changes) {
      const next = new Map(kept)
      for (const [key, bytes] of changes) {
        if (bytes) next.set(key, bytes)
        else next.delete(key)
      }
      try {
        await fs.writeFile(`${path}.new`, writeWhole(next), { mode: 0o600, flush: true })
        await fs.rename(`${path}.new`, path)
      } catch (thrown) {
        throw storeError(thrown, 'keeping the practice wallet')
      }
      for (const [key, bytes] of changes) {
        if (bytes) kept.set(key, bytes)
        else kept.delete(key)
      }
    },
    close: async () => undefined,
  }
}

async function read(path: string): Promise<Buffer> {
  try {
    return await fs.readFile(path)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw storeError(thrown, 'reading the practice wallet')
  }
}

/** Key and bytes, each behind its length in four bytes. */
function writeWhole(entries: ReadonlyMap<string, Uint8Array>): Buffer {
  const parts: Uint8Array[] = []
  for (const part of [...entries].flatMap(([key, bytes]) => [Buffer.from(key), bytes])) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(part.length)
    parts.push(length, part)
  }
  return Buffer.concat(parts)
}

function readWhole(bytes: Buffer): Map<string, Uint8Array> {
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 <= bytes.length ? at + 4 + bytes.readUInt32BE(at) : Infinity
    if (end > bytes.length) throw new LabError('store.corrupt', 'The file of the practice wallet is cut short.', { hint: 'Delete it and join again; it is play money.' })
    // copies of their own: LDK may not look beyond them
    parts.push(Uint8Array.from(bytes.subarray(at + 4, end)))
    at = end
  }
  return new Map(parts.flatMap((part, i) => (i % 2 === 0 ? [[new TextDecoder().decode(part), parts[i + 1]] as const] : [])))
}
