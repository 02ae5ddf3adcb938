// The gateway: hands a sponsor's materials to whoever has paid for them (L402). It remembers nothing of anybody: the
// token names the invoice, the path and its own end, under the gateway's key, and the preimage proves the payment.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { challengeHeader, parseAuthorization } from '../bounty/materials/l402'
import { LabError } from '../core/errors'
import { proves } from '../wallet/proof'
import type { Wallet } from '../wallet/types'

export interface GatewayOptions {
  /** what is served at which path, e.g. "/materials.json" */
  path: string
  body: string
  /** 0: free */
  priceSat: number
  wallet: Pick<Wallet, 'makeInvoice'> | null
  /** 32 bytes; the same after a restart, or what was bought is worth nothing */
  secret: Uint8Array
  /** how long what was bought is honoured */
  validSeconds: number
  /** unix seconds */
  now(): number
  /** requests a minute from one address, and invoices a minute in all */
  limits?: { perAddress: number; invoices: number }
  onProblem(error: LabError): void
}

const INVOICE_SECONDS = 600
const MOST_ADDRESSES = 10_000
const MOST_CONNECTIONS = 200

const claims = z.strictObject({ v: z.literal(1), hash: z.string().regex(/^[0-9a-f]{64}$/), path: z.string().max(500), until: z.number().int() })

/** A server that is not listening yet. */
export function createGateway(options: GatewayOptions): Server {
  const { perAddress, invoices } = options.limits ?? { perAddress: 60, invoices: 300 }
  const ofAddresses = new Counter(perAddress, options.now)
  const ofInvoices = new Counter(invoices, options.now)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // any page may ask, and read what it is asked to pay
    const headers = {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Expose-Headers': 'WWW-Authenticate, Retry-After',
      'Access-Control-Allow-Headers': 'Authorization',
      'Access-Control-Allow-Private-Network': 'true',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Cache-Control': 'no-store',
    }
    const end = (status: number, text: string, more: Record<string, string> = {}) => {
      response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8', ...more })
      response.end(text)
    }
    request.resume() // no body is wanted
    if (!ofAddresses.take(request.socket.remoteAddress ?? '')) return end(429, 'Too many requests.', { 'Retry-After': '60' })
    if (request.method === 'OPTIONS') return end(204, '', { 'Access-Control-Allow-Methods': 'GET', 'Access-Control-Max-Age': '600' })
    if (request.method !== 'GET') return end(405, 'GET only.', { Allow: 'GET, OPTIONS' })
    if (request.url !== options.path) return end(404, 'There is nothing here.')
    if (options.priceSat === 0 || isPaid(request.headers.authorization, options)) return end(200, options.body, { 'Content-Type': 'application/json; charset=utf-8' })
    if (!ofInvoices.take('')) return end(429, 'Too many invoices.', { 'Retry-After': '60' })
    try {
      const invoice = await options.wallet!.makeInvoice({ amountMsat: options.priceSat * 1000, memo: `Materials: ${options.path}`, expirySeconds: INVOICE_SECONDS })
      const token = issue({ v: 1, hash: invoice.paymentHash, path: options.path, until: options.now() + options.validSeconds }, options.secret)
      end(402, 'Payment required.', { 'WWW-Authenticate': challengeHeader({ token, invoice: invoice.bolt11 }) })
    } catch (thrown) {
      options.onProblem(LabError.from(thrown))
      end(503, 'The wallet of this gateway does not answer.', { 'Retry-After': '30' })
    }
  }

  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 32_768 }, (request, response) => void answer(request, response))
  server.maxConnections = MOST_CONNECTIONS
  return server
}

function isPaid(header: string | undefined, { path, secret, now }: GatewayOptions): boolean {
  const given = parseAuthorization(header)
  const claim = given && read(given.token, secret)
  return claim !== null && claim.path === path && claim.until > now() && proves(given!.preimage, claim.hash)
}

function issue(claim: z.infer<typeof claims>, secret: Uint8Array): string {
  const text = Buffer.from(JSON.stringify(claim)).toString('base64url')
  return `${text}.${sign(text, secret).toString('base64url')}`
}

function read(token: string, secret: Uint8Array): z.infer<typeof claims> | null {
  const [text, mark = ''] = token.split('.')
  const [given, right] = [Buffer.from(mark, 'base64url'), sign(text, secret)]
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null
  return claims.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))) // ours: the mark is
}

const sign = (text: string, secret: Uint8Array): Buffer => createHmac('sha256', secret).update(text).digest()

/** So many a minute for each name. */
class Counter {
  private readonly most: number
  private readonly now: () => number
  private minute = 0
  private counts = new Map<string, number>()

  constructor(most: number, now: () => number) {
    this.most = most
    this.now = now
  }

  take(name: string): boolean {
    const minute = Math.floor(this.now() / 60)
    if (minute !== this.minute) this.counts = new Map()
    this.minute = minute
    const count = (this.counts.get(name) ?? 0) + 1
    if (count > this.most || (this.counts.size >= MOST_ADDRESSES && !this.counts.has(name))) return false
    this.counts.set(name, count)
    return true
  }
}
