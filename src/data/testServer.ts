// A loopback web server for the tests of this folder: real requests, and every misbehaviour that downloads meet.

import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

const blocks = Array.from({ length: 3000 }, (_, i) => `Block ${i} tells of the number ${i * 7919}, and of its neighbours.\n\n`)

/** About 200 kB of text in short blocks. */
export const SAMPLE_TEXT = new TextEncoder().encode(blocks.join(''))

export interface TestServer {
  url: (path: string) => string
  /** Range header of each request, by path, in order */
  asked: Record<string, (string | undefined)[]>
  close: () => Promise<void>
}

/**
 * Serves `files` by path. The path's first part says how:
 * /ranges/ honours Range; /whole/ ignores it; /breaks/ sends half of what was asked and drops the connection, once;
 * /fails/ always does; /busy/ answers 503 once; /moved/ leads to a web page; anything else is 404.
 */
export async function startTestServer(files: Record<string, Uint8Array>): Promise<TestServer> {
  const asked: TestServer['asked'] = {}
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? ''
    const [, how, name] = path.split('/')
    const times = (asked[path] ??= []).push(request.headers.range)
    const file = files[name]
    if (how === 'moved') return void response.writeHead(302, { location: '/login' }).end()
    if (path === '/login') {
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><p>Log in')
    }
    if (!file) return void response.writeHead(404).end()
    if (how === 'busy' && times === 1) return void response.writeHead(503).end()
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    const start = range && how !== 'whole' ? Number(range[1]) : 0
    const end = range?.[2] && how !== 'whole' ? Math.min(file.length, Number(range[2]) + 1) : file.length
    if (start >= file.length) return void response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end()
    const part = file.subarray(start, end)
    const partial = range && how !== 'whole'
    response.writeHead(partial ? 206 : 200, {
      'content-length': part.length,
      ...(partial ? { 'content-range': `bytes ${start}-${end - 1}/${file.length}` } : {}),
    })
    if (request.method === 'HEAD') return void response.end()
    if (how === 'fails' || (how === 'breaks' && times === 1)) {
      response.write(part.subarray(0, part.length >> 1), () => setTimeout(() => response.destroy(), 20))
    } else response.end(part)
  }
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: (path) => `http://127.0.0.1:${port}/${path}`,
    asked,
    close: () => new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    }),
  }
}

// A Parquet file put together by hand: one required string column, PLAIN pages. Thrift compact protocol.

type Field = [id: number, type: number, bytes: number[]]
const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(Math.floor(n / 128))])
const int = (id: number, n: number): Field => [id, 5, varint(n * 2)]
const long = (id: number, n: number): Field => [id, 6, varint(n * 2)]
const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)]
const string = (text: string): number[] => [...varint(utf8(text).length), ...utf8(text)]
const list = (id: number, type: number, items: number[][]): Field =>
  [id, 9, [(items.length << 4) | type, ...items.flat()]]
function struct(...fields: Field[]): number[] {
  let last = 0
  return [...fields.flatMap(([id, type, bytes]) => {
    const header = ((id - last) << 4) | type
    last = id
    return [header, ...bytes]
  }), 0]
}

/** Row groups of strings as a Parquet file; every second group's page is gzipped. */
export function writeParquet(column: string, groups: string[][]): Uint8Array {
  const file = utf8('PAR1')
  const rowGroups = groups.map((rows, g) => {
    const plain = rows.flatMap((row) => {
      const length = utf8(row).length
      return [length & 255, (length >> 8) & 255, (length >> 16) & 255, 0, ...utf8(row)]
    })
    const page = g % 2 ? [...gzipSync(Uint8Array.from(plain))] : plain
    const header = struct(int(1, 0), int(2, plain.length), int(3, page.length),
      [5, 12, struct(int(1, rows.length), int(2, 0), int(3, 3), int(4, 3))])
    const offset = file.length
    file.push(...header, ...page)
    const meta = struct(int(1, 6), list(2, 5, [varint(0)]), list(3, 8, [string(column)]), int(4, g % 2 ? 2 : 0),
      long(5, rows.length), long(6, header.length + plain.length), long(7, file.length - offset), long(9, offset))
    return struct(list(1, 12, [struct(long(2, offset), [3, 12, meta])]), long(2, plain.length), long(3, rows.length))
  })
  const schema = [struct([4, 8, string('root')], int(5, 1)),
    struct(int(1, 6), int(3, 0), [4, 8, string(column)], int(6, 0))]
  const footer = struct(int(1, 1), list(2, 12, schema), long(3, groups.flat().length), list(4, 12, rowGroups))
  file.push(...footer, footer.length & 255, (footer.length >> 8) & 255, 0, 0, ...utf8('PAR1'))
  return Uint8Array.from(file)
}
