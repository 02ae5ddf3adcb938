// A server of models on the loopback, with the paths of Hugging Face: made when a test begins, never a file here.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ModelHost {
  address: string
  /** every request, in order: 'config.json', and 'onnx/model.onnx from 100' where it went on there */
  readonly hits: string[]
  close(): void
}

/**
 * @param models their files, by name and path
 * @param strangeness by name and path, "tiny/huge config.json", what a file is sent as instead: a status, a length that
 * it only says it has, or bytes that stop coming half-way, the first time
 */
export async function openModelHost(
  models: Record<string, Record<string, Uint8Array>>,
  strangeness: Record<string, { status?: number; claims?: number; stops?: boolean }> = {},
): Promise<ModelHost> {
  const hits: string[] = []
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://host')
    const [name, path] = pathname.slice(1).split('/resolve/main/')
    const file = models[name]?.[path]
    const { status, claims, stops } = strangeness[`${name} ${path}`] ?? {}
    const headers = {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Expose-Headers': 'Content-Range',
      'Content-Type': 'application/octet-stream',
    }
    if (!file || status) {
      hits.push(path)
      return void response.writeHead(status ?? 404, headers).end()
    }
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    const from = range ? Number(range[1]) : 0
    hits.push(from > 0 ? `${path} from ${from}` : path)
    const to = Math.min(file.length, range?.[2] ? Number(range[2]) + 1 : file.length)
    const size = claims ?? file.length
    response.writeHead(range ? 206 : 200, { ...headers, ...(range && { 'Content-Range': `bytes ${from}-${to - 1}/${size}` }) })
    if (stops && from === 0 && to > 1) response.write(file.subarray(from, from + (to - from) / 2)) // and no more
    else response.end(file.subarray(from, to))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hits,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
