// A server of another origin that lets everybody read it, and keeps a list of all that reached it.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Canary {
  origin: string
  /** every request and every attempt at a WebSocket, in order */
  readonly hits: string[]
  close(): void
}

/** @param texts what it serves, by path; /slow never ends, /away?address sends on; whatever else is an empty script */
export async function openCanary(texts: Record<string, string> = {}): Promise<Canary> {
  const hits: string[] = []
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://canary')
    hits.push(`${request.method} ${pathname}`)
    const type = pathname in texts ? 'text/plain' : 'text/javascript'
    if (pathname === '/away') {
      response.writeHead(302, { 'Access-Control-Allow-Origin': '*', Location: search.slice(1) }).end()
      return
    }
    response.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Content-Type': type })
    if (pathname === '/slow') response.write('A text that does not end. ') // and never does
    else response.end(texts[pathname] ?? '')
  })
  server.on('upgrade', (request, socket) => {
    hits.push(`upgrade ${request.url}`)
    socket.destroy()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    hits,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
