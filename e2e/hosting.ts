// How a page may be served besides the way `npm start` does: by any plain host, or with the strictest of the headers.

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

const DIST = new URL('../dist/', import.meta.url)
const TYPES: Record<string, string> = {
  '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm', '.svg': 'image/svg+xml',
}

export interface Host {
  /** address of the page */
  page: string
  close(): void
}

/**
 * Serves the built page with this Cross-Origin-Embedder-Policy, or with no headers of the kind: then it is not isolated.
 * @param folder of another page, ending in a slash
 */
export async function openHost(embedder: 'require-corp' | 'credentialless' | null, folder = DIST): Promise<Host> {
  const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': embedder ?? '' }
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://host').pathname.replace(/\/$/, '/index.html').slice(1)
    readFile(fileURLToPath(new URL(path, folder))).then(
      (body) => {
        const type = TYPES[extname(path)] ?? 'application/octet-stream'
        response.writeHead(200, { 'Content-Type': type, ...(embedder && isolation) }).end(body)
      },
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    page: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
