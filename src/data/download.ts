// A file over the network into the cache: in ranges, with progress, going on where it broke off.

import { LabError } from '../core/errors'
import { sha256 } from '../core/hash'
import type { ByteCache } from './byteCache'
import { checkUrl, requestRange } from './request'
import type { Fetch } from './request'

export interface Transfer {
  cache: ByteCache
  /** default: the global fetch */
  fetch?: Fetch
  onProgress?: (progress: { name: string; received: number; total: number | null }) => void
  signal?: AbortSignal
}

/** attempts before an interrupted transfer is given up for now */
const attempts = 3
const pauseMs = 200
/** so many bytes are gathered before they are written to the cache */
const flushBytes = 1 << 20

/** What is known of the file whose first part is in the cache: the rest must come from the same file. */
interface PartNote {
  /** bytes wanted: of the file, or of its first maxBytes */
  total: number | null
  etag: string | null
}

/** The cache key of something fetched. */
export const keyOf = async (text: string): Promise<string> => `url-${(await sha256(text)).slice(0, 32)}`

/** The last part of an address's path: what to call the file. */
export const nameOf = (url: string): string => decodeURIComponent(checkUrl(url).pathname.split('/').pop() || url)

/**
 * Fetches a file, or its first `maxBytes`, through the cache.
 * What arrived of a broken transfer is kept, and the next call asks only for the rest; a server that ignores ranges
 * and sends everything again is believed.
 * @returns the bytes, and whether the file goes on after them
 * @throws LabError data.fetch, data.cors, data.partial (broken off), data.hash, data.format (a web page), store.quota
 */
export async function download(
  url: string,
  options: { maxBytes: number; sha256?: string },
  transfer: Transfer,
): Promise<{ bytes: Uint8Array; truncated: boolean }> {
  checkUrl(url)
  const { cache } = transfer
  const key = await keyOf(`${url}\n${options.maxBytes}`)
  let bytes = await cache.get(key)
  if (!bytes) {
    await fetchRest(url, key, options.maxBytes, transfer)
    bytes = (await cache.get(`${key}.part`)) ?? new Uint8Array(0)
    if (bytes.length === 0 || looksLikePage(bytes)) {
      await forget(key, cache)
      throw bytes.length ? pageError(url) : emptyError(url)
    }
    await checkHash(bytes, url, key, options.sha256, cache)
    await cache.put(key, bytes)
    await cache.delete(`${key}.part`)
    await cache.delete(`${key}.json`)
  } else await checkHash(bytes, url, key, options.sha256, cache)
  return { bytes, truncated: bytes.length >= options.maxBytes }
}

async function checkHash(bytes: Uint8Array, url: string, key: string, expected: string | undefined, cache: ByteCache) {
  if (!expected) return
  const actual = await sha256(bytes)
  if (actual === expected.toLowerCase()) return
  await forget(key, cache)
  throw hashError(nameOf(url), expected, actual)
}

async function forget(key: string, cache: ByteCache): Promise<void> {
  for (const entry of [key, `${key}.part`, `${key}.json`]) await cache.delete(entry)
}

export const hashError = (name: string, expected: string, actual: string): LabError =>
  new LabError('data.hash', `${name} is not the file that was expected: its SHA-256 is ${actual}.`, {
    hint: 'Try again; if it stays so, the file has changed at its source, or the expected hash is of another file.',
    data: { expected, actual },
  })

async function fetchRest(url: string, key: string, maxBytes: number, transfer: Transfer): Promise<void> {
  const { cache, signal } = transfer
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    try {
      if (await fetchOnce(url, key, maxBytes, transfer)) return
    } catch (error) {
      const broken = error instanceof LabError && (error.code === 'data.partial' || Number(error.data.status) >= 429)
      if (!broken || attempt === attempts) throw error
    }
    if (attempt === attempts) {
      const received = await cache.length(`${key}.part`)
      throw new LabError('data.partial', `The transfer of ${nameOf(url)} broke off after ${received} bytes.`, {
        hint: 'Try again: it goes on from there.',
        data: { url, received },
      })
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs * attempt))
  }
}

/** One request for what is missing; true when nothing is missing any more. */
async function fetchOnce(url: string, key: string, maxBytes: number, transfer: Transfer): Promise<boolean> {
  const { cache, signal } = transfer
  const part = `${key}.part`
  let offset = await cache.length(part)
  if (offset >= maxBytes) return true
  const response = await requestRange(transfer.fetch ?? fetch, url, offset, maxBytes, signal)
  const known = offset > 0 ? await readNote(cache, key) : null
  if (response.status === 416) {
    await response.body?.cancel()
    // nothing after the offset: the part is the whole file, unless it is known to be longer
    if (offset === 0 || known?.total === offset) return true
    await cache.delete(part)
    return false
  }
  if (/\btext\/html\b/.test(response.headers.get('content-type') ?? '')) {
    await response.body?.cancel()
    throw pageError(url)
  }
  const fresh = noteOf(response, offset, maxBytes)
  const start = rangeStart(response) ?? offset
  const changed = known && (differs(known.total, fresh.total) || differs(known.etag, fresh.etag))
  if (offset > 0 && (response.status === 200 || changed || start !== offset)) {
    await cache.delete(part)
    if (response.status !== 200) {
      await response.body?.cancel()
      return false
    }
    offset = 0
  }
  await cache.put(`${key}.json`, new TextEncoder().encode(JSON.stringify(fresh)))
  const received = await drain(response, url, part, { offset, total: fresh.total, maxBytes }, transfer)
  return received >= (fresh.total ?? 0)
}

/** Writes the body into the cache as it comes; whatever ends it, what came is kept. Returns the length of the part. */
async function drain(
  response: Response,
  url: string,
  part: string,
  { offset, total, maxBytes }: { offset: number; total: number | null; maxBytes: number },
  { cache, signal, onProgress }: Transfer,
): Promise<number> {
  const reader = response.body?.getReader()
  if (!reader) return offset
  const name = nameOf(url)
  let held: Uint8Array[] = []
  let heldBytes = 0
  let received = offset
  const flush = async (): Promise<void> => {
    if (heldBytes === 0) return
    const joined = new Uint8Array(heldBytes)
    let at = 0
    for (const chunk of held) {
      joined.set(chunk, at)
      at += chunk.length
    }
    held = []
    heldBytes = 0
    await cache.append(part, joined)
  }
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      const chunk = value.subarray(0, maxBytes - received)
      held.push(chunk)
      heldBytes += chunk.length
      received += chunk.length
      if (heldBytes >= flushBytes) await flush()
      onProgress?.({ name, received, total })
      if (received >= maxBytes) {
        await reader.cancel()
        break
      }
    }
  } catch (error) {
    await flush()
    signal?.throwIfAborted()
    if (error instanceof LabError) throw error
    throw new LabError('data.partial', `The transfer of ${name} broke off after ${received} bytes.`, {
      hint: 'Try again: it goes on from there.',
      data: { url, received },
      cause: error,
    })
  }
  await flush()
  return received
}

const differs = <T>(a: T | null, b: T | null): boolean => a !== null && b !== null && a !== b

function noteOf(response: Response, offset: number, maxBytes: number): PartNote {
  const length = response.headers.get('content-length')
  const range = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')
  const before = response.status === 206 ? offset : 0
  // a compressed body's length says nothing about the bytes we get
  const counted = length !== null && !response.headers.get('content-encoding') ? before + Number(length) : null
  const total = range ? Number(range[1]) : counted
  return { total: total === null ? null : Math.min(total, maxBytes), etag: response.headers.get('etag') }
}

function rangeStart(response: Response): number | null {
  const range = /bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')
  return range ? Number(range[1]) : null
}

async function readNote(cache: ByteCache, key: string): Promise<PartNote | null> {
  const bytes = await cache.get(`${key}.json`)
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as PartNote)
}

function looksLikePage(bytes: Uint8Array): boolean {
  const head = new TextDecoder().decode(bytes.subarray(0, 200)).trimStart().toLowerCase()
  return head.startsWith('<!doctype html') || head.startsWith('<html')
}

const emptyError = (url: string): LabError =>
  new LabError('data.empty', `${nameOf(url)} is empty.`, { hint: 'Check the address.', data: { url } })

const pageError = (url: string): LabError =>
  new LabError('data.format', `${url} is a web page, not the file itself.`, {
    hint: 'Use the address of the file: on GitHub the “Raw” link, on Hugging Face the one with /resolve/ in it.',
    data: { url },
  })
