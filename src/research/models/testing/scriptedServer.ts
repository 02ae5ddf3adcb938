// A model server on this machine whose answers are written beforehand: it speaks the streaming protocols of OpenAI (and
// all who copy it), Anthropic and Google over real sockets, and can fail in every way that a real one does.

import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readAsked, wireOf } from './wire'
import type { Asked, Wire } from './wire'

export type { Asked } from './wire'

/** One answer. Absent: 200, the whole text in pieces of 16 characters, then an honest end. */
export interface Turn {
  text?: string
  /** the text in the pieces in which it is sent; may wait for whatever the test waits for */
  pieces?: Iterable<string> | AsyncIterable<string>
  /** tokens as the provider would count them; null: it does not say. Default: a token for four characters */
  usage?: { input: number; output: number } | null
  /** the answer was cut at the limit of tokens */
  cut?: boolean
  /** after the text: the connection is dropped, or stays open with nothing more coming */
  end?: 'drop' | 'hang'
  /** instead of an answer: this status, these headers and this body as it stands */
  status?: number
  headers?: Record<string, string>
  body?: string
}

/** The k-th request gets the k-th answer, the last one from then on; or a function of what was asked, k from 0. */
export type Script = readonly (Turn | string)[] | ((asked: Asked, k: number) => Turn | string | Promise<Turn | string>)

export interface ScriptedServer {
  /** base address, as a person would type it: http://127.0.0.1:PORT/v1 */
  readonly address: string
  /** every request for an answer so far, in order; preflights and lists of models are not in it */
  readonly asked: readonly Asked[]
  /** paths of all requests, lists and preflights included: 'OPTIONS /v1/chat/completions' */
  readonly paths: readonly string[]
  /** From now on; the count starts anew. */
  follow(script: Script): void
  close(): Promise<void>
}

export interface ScriptedServerOptions {
  port?: number
  /** false: no header lets a page read the answer, as with most local servers by default */
  cors?: boolean
  /** names that a list of models gives */
  models?: string[]
  /** other answers to GET, by the end of the path: { '/api/ps': { body: '{…}' } } */
  pages?: Record<string, Pick<Turn, 'status' | 'body'>>
}

/** Starts the server on this machine; the caller closes it. */
export async function startScriptedServer(script: Script, options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
  const { port = 0, cors = true, models = ['scripted'], pages = {} } = options
  const asked: Asked[] = []
  const paths: string[] = []
  let following = script
  let from = 0

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://x').pathname
    paths.push(`${request.method} ${path}`)
    if (cors) allow(request, response)
    if (request.method === 'OPTIONS') return void response.writeHead(204).end()
    const page = Object.keys(pages).find((end) => request.method === 'GET' && path.endsWith(end))
    if (page !== undefined) return void response.writeHead(pages[page].status ?? 200, { 'content-type': 'application/json' }).end(pages[page].body)
    if (path.endsWith('/models')) return void sendJson(response, 200, { object: 'list', data: models.map((id) => ({ id, object: 'model' })) })
    const wire = wireOf(path)
    if (!wire) return void sendJson(response, 404, { error: { message: 'no such path' } })
    const one = await readAsked(request, response, wire)
    asked.push(one)
    const k = asked.length - 1 - from
    const turn = typeof following === 'function' ? await following(one, k) : following[Math.min(k, following.length - 1)]
    await answer(response, wire, one, typeof turn === 'string' ? { text: turn } : turn)
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((thrown: unknown) => response.destroy(thrown instanceof Error ? thrown : undefined))
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    paths,
    follow(next) {
      following = next
      from = asked.length
    },
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

async function answer(response: ServerResponse, wire: Wire, asked: Asked, turn: Turn): Promise<void> {
  if (turn.status !== undefined || turn.body !== undefined) {
    response.writeHead(turn.status ?? 200, { 'content-type': 'application/json', ...turn.headers })
    return void response.end(turn.body ?? JSON.stringify(wire.failure(turn.status ?? 200)))
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', ...turn.headers })
  let sent = 0
  for (const event of wire.opening(asked)) response.write(event)
  for await (const piece of turn.pieces ?? piecesOf(turn.text ?? '')) {
    if (response.destroyed) return
    sent += piece.length
    // a reader that is slow, or gone
    if (!response.write(wire.piece(asked, piece))) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
  }
  if (turn.end === 'hang') return
  if (turn.end === 'drop') {
    await new Promise((resolve) => setImmediate(resolve))
    return void response.destroy()
  }
  const counted = { input: Math.ceil(asked.text.length / 4), output: Math.ceil(sent / 4) }
  for (const event of wire.closing(asked, turn.usage === undefined ? counted : turn.usage, turn.cut ?? false)) response.write(event)
  response.end()
}

const piecesOf = (text: string): string[] => text.match(/[^]{1,16}/g) ?? []

function allow(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', request.headers.origin ?? '*')
  response.setHeader('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '*')
  response.setHeader('access-control-allow-methods', 'GET, POST, OPTIONS')
  response.setHeader('access-control-allow-private-network', 'true')
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
