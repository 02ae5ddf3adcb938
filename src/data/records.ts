// Documents out of files of records: one JSON object a line, or the rows of a Parquet column.

import type { AsyncBuffer } from 'hyparquet'
import { LabError } from '../core/errors'
import { keyOf, nameOf } from './download'
import type { Transfer } from './download'
import { requestRange } from './request'

const encoder = new TextEncoder()

/**
 * Documents of a JSON Lines file: the string under `field` of each line's object.
 * @param truncated the file goes on after these bytes, so its last line is left out
 * @throws LabError data.format naming the line and what is wrong with it
 */
export function jsonLines(bytes: Uint8Array, field: string, truncated: boolean, name: string): Uint8Array[] {
  const lines = new TextDecoder().decode(bytes).split('\n')
  if (truncated) lines.pop()
  const documents: Uint8Array[] = []
  lines.forEach((line, i) => {
    if (line.trim() !== '') documents.push(encoder.encode(textField(line, field, `${name}, line ${i + 1}`)))
  })
  return documents
}

function textField(line: string, field: string, where: string): string {
  let record: unknown
  try {
    record = JSON.parse(line)
  } catch (error) {
    throw new LabError('data.format', `${where}: not JSON.`, {
      hint: 'A JSON Lines file has one complete JSON object on each line. For plain text, choose the format “text”.',
      cause: error,
    })
  }
  const value = typeof record === 'object' && record !== null ? (record as Record<string, unknown>)[field] : undefined
  if (typeof value === 'string') return value
  throw fieldError(where, field, typeof record === 'object' && record !== null ? Object.keys(record) : [])
}

const fieldError = (where: string, field: string, found: string[]): LabError =>
  new LabError('data.format', `${where}: there is no text under “${field}”.`, {
    hint: found.length ? `It has: ${found.slice(0, 20).join(', ')}. Name the one with text.` : 'Name another field.',
    data: { field },
  })

/** a server without ranges has to send a whole Parquet file, and so much of it is accepted */
const wholeFileBytes = 256 << 20

/**
 * Documents of a Parquet file's text column, row group by row group, until they hold `maxBytes` bytes. Only the footer
 * and the column's chunks are asked for; a row group that is in the cache is not asked for again, so a broken transfer
 * goes on where it stopped.
 * @throws LabError data.format (no Parquet, no such column), data.fetch, data.cors, data.partial, store.quota
 */
export async function parquetDocuments(
  url: string,
  field: string,
  maxBytes: number,
  transfer: Transfer,
): Promise<Uint8Array[]> {
  const { cache, signal, onProgress } = transfer
  const key = await keyOf(`${url}\n${field}\n${maxBytes}`)
  const kept = await cache.get(key)
  if (kept) return unframe(kept)
  // the reader and its decompressors are large: fetched only when a Parquet file is
  const [{ parquetMetadataAsync, parquetReadObjects }, { compressors }] = await Promise.all([
    import('hyparquet'), import('hyparquet-compressors'),
  ])
  const name = nameOf(url)
  const file = await remoteFile(url, transfer)
  const metadata = await asFormat(name, () => parquetMetadataAsync(file))
  const columns = metadata.schema.filter((element) => element.type !== undefined).map((element) => element.name)
  if (!columns.includes(field)) throw fieldError(name, field, columns)

  const documents: Uint8Array[] = []
  let received = 0
  let rowStart = 0
  let group = 0
  for (; group < metadata.row_groups.length && received < maxBytes; group++) {
    signal?.throwIfAborted()
    const rowEnd = rowStart + Number(metadata.row_groups[group].num_rows)
    const groupKey = `${key}.g${group}`
    let framed = await cache.get(groupKey)
    if (!framed) {
      const range = { rowStart, rowEnd }
      const rows = await asFormat(name, () =>
        parquetReadObjects({ file, metadata, columns: [field], ...range, compressors }))
      framed = frame(rows.map((row) => textBytes(row[field])).filter((bytes) => bytes !== null))
      await cache.put(groupKey, framed)
    }
    for (const document of unframe(framed)) {
      if (received >= maxBytes) break
      documents.push(document)
      received += document.length
    }
    rowStart = rowEnd
    onProgress?.({ name, received: Math.min(received, maxBytes), total: maxBytes })
  }
  await cache.put(key, frame(documents))
  for (let i = 0; i < group; i++) await cache.delete(`${key}.g${i}`)
  return documents
}

const textBytes = (value: unknown): Uint8Array | null =>
  typeof value === 'string' ? encoder.encode(value) : value instanceof Uint8Array ? value : null

async function asFormat<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof LabError || (error instanceof DOMException && error.name === 'AbortError')) throw error
    const what = error instanceof Error ? error.message : String(error)
    throw new LabError('data.format', `${name} cannot be read as Parquet: ${what}`, {
      hint: 'Check that the address is that of a Parquet file, and that the format is chosen right.',
      cause: error,
    })
  }
}

/** A file of which ranges are read over the network. */
async function remoteFile(url: string, transfer: Transfer): Promise<AsyncBuffer> {
  const request = (start: number, end: number): Promise<Response> =>
    requestRange(transfer.fetch ?? fetch, url, start, end, transfer.signal)
  // any range tells the length where the server shows Content-Range; else a HEAD request does
  const first = await request(0, 4)
  if (first.status === 200) {
    const length = Number(first.headers.get('content-length') ?? 0)
    if (length > wholeFileBytes) {
      await first.body?.cancel()
      throw new LabError('data.fetch', `The server of ${nameOf(url)} cannot send parts of a file.`, {
        hint: 'Use a server that supports range requests, such as Hugging Face.',
      })
    }
    const whole = await body(first, url)
    return { byteLength: whole.byteLength, slice: (start, end) => whole.slice(start, end) }
  }
  await first.body?.cancel()
  const shown = /\/(\d+)$/.exec(first.headers.get('content-range') ?? '')
  const byteLength = shown ? Number(shown[1]) : await headLength(url, transfer)
  return {
    byteLength,
    slice: async (start, end = byteLength) => {
      const response = await request(start, end)
      const bytes = await body(response, url)
      if (response.status === 200) return bytes.slice(start, end)
      const missing = end - start - bytes.byteLength
      if (missing !== 0) throw brokenOff(url, new Error(`${missing} bytes are missing`))
      return bytes
    },
  }
}

async function headLength(url: string, { fetch: given, signal }: Transfer): Promise<number> {
  const response = await (given ?? fetch)(url, { method: 'HEAD', signal })
  const length = response.headers.get('content-length')
  if (response.ok && length !== null) return Number(length)
  throw new LabError('data.fetch', `The server of ${nameOf(url)} does not tell how long the file is.`, {
    hint: 'Use a server that sends Content-Length or Content-Range, such as Hugging Face.',
  })
}

async function body(response: Response, url: string): Promise<ArrayBuffer> {
  try {
    return await response.arrayBuffer()
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw brokenOff(url, error)
  }
}

const brokenOff = (url: string, cause: unknown): LabError =>
  new LabError('data.partial', `The transfer of ${nameOf(url)} broke off.`, {
    hint: 'Try again: what has arrived is kept.',
    data: { url },
    cause,
  })

/** Documents as one run of bytes, each behind its length in four bytes. */
function frame(documents: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(documents.reduce((sum, document) => sum + 4 + document.length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const document of documents) {
    view.setUint32(at, document.length, true)
    bytes.set(document, at + 4)
    at += 4 + document.length
  }
  return bytes
}

function unframe(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const documents: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at, true)
    documents.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return documents
}
