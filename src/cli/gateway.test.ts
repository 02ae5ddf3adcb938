// Materials from a sponsor's gateway to a hunter's lab, paid for with practice nodes.

import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { fetchMaterials, type MaterialsDeps } from '../bounty/materials/fetch'
import { parseMaterials } from '../bounty/materials/form'
import { createTill } from '../wallet/till'
import { newSecret } from '../wallet/practice/testing'
import { memoryPayments, Money } from '../wallet/testing/money'
import { parseGatewayArgs } from './gatewayArgs'
import { createGateway, type GatewayOptions } from './gatewayServer'

let money: Money
const open: Server[] = []
beforeAll(async () => {
  money = await Money.start()
})
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})
afterAll(() => money.close())

const MATERIALS = { version: 1, trainJs: 'const LR = 0.04\n', notes: 'Try the learning rate.', files: [{ name: 'data.txt', text: 'text' }] }
const now = () => Math.floor(Date.now() / 1000)

async function listening(server: Server): Promise<string> {
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The sponsor of the bounty is who is paid here: the practice network's hunter. */
async function gateway(change: Partial<GatewayOptions> = {}): Promise<string> {
  const options: GatewayOptions = {
    path: '/m.json', body: JSON.stringify(MATERIALS), priceSat: 21, wallet: money.hunter, secret: new Uint8Array(32).fill(7), validSeconds: 3600, now, onProblem() {}, ...change,
  } // prettier-ignore
  return (await listening(createGateway(options))) + options.path
}

/** A lab that pays from the practice network's sponsor. */
function buyer() {
  const settings = new Map<string, unknown>()
  const payments = memoryPayments()
  const asked: string[] = []
  const till = createTill({
    wallet: () => money.sponsor, store: payments, caps: () => ({ perPaymentMsat: null, perDayMsat: null, totalMsat: null }), now, onError() {},
    confirm: async ({ key }) => asked.push(key) > 0,
  }) // prettier-ignore
  till.attach(money.sponsor)
  const deps: MaterialsDeps = {
    till, now, store: { setting: async (name) => settings.get(name) ?? null, saveSetting: async (name, value) => void settings.set(name, structuredClone(value)) },
  } // prettier-ignore
  const get = (url: string, capSat = 21, change: Partial<MaterialsDeps> = {}) => fetchMaterials({ url, capSat, toWhom: 'the sponsor', why: 'materials' }, { ...deps, ...change })
  return { settings, payments, asked, get }
}

test('free materials need no wallet', async () => {
  const { get, asked } = buyer()
  expect(await get(await gateway({ priceSat: 0, wallet: null }), 0)).toEqual(MATERIALS)
  expect(asked).toEqual([])
})

test('paid once, then served again for the same proof; another path and another time take another payment', async () => {
  const { get, asked, payments } = buyer()
  let time = now()
  const secret = new Uint8Array(32).fill(9)
  const url = await gateway({ secret, now: () => time })
  const before = await money.balances()
  expect(await get(url)).toEqual(MATERIALS)
  expect(await get(url)).toEqual(MATERIALS)
  expect(before.sponsor - (await money.balances()).sponsor).toBe(21_000)
  expect([...payments.rows.values()]).toMatchObject([{ amountMsat: 21_000, why: 'materials', state: { state: 'paid' } }])
  time += 3601
  expect(await get(url)).toEqual(MATERIALS)
  expect(asked).toHaveLength(2)
  expect(new Set(asked).size).toBe(2)
})

test('above the cap nothing is asked of the wallet', async () => {
  const { get, asked, payments } = buyer()
  await expect(get(await gateway(), 20)).rejects.toMatchObject({ code: 'pay.cap', message: expect.stringContaining('21 sat') })
  expect([asked, payments.rows.size]).toEqual([[], 0])
})

test('a payment that was on its way when the lab ended is not made again', async () => {
  const { get, asked, settings } = buyer()
  const url = await gateway()
  // it dies between paying and writing the proof down
  const died = new Error('dead')
  const store: MaterialsDeps['store'] = {
    setting: async (name) => settings.get(name) ?? null,
    async saveSetting(name, value) {
      if ((value as { preimage: string | null }).preimage !== null) throw died
      settings.set(name, value)
    },
  }
  await expect(get(url, 21, { store })).rejects.toBe(died)
  expect(await get(url)).toEqual(MATERIALS)
  expect(asked).toHaveLength(1)
})

test('a server that takes the money and serves nothing is not paid again', async () => {
  const { get, asked } = buyer()
  const url = await listening(
    createServer((_, response) => {
      void money.hunter.makeInvoice({ amountMsat: 1000, memo: '', expirySeconds: 600 }).then(({ bolt11 }) => response.writeHead(402, { 'WWW-Authenticate': `L402 macaroon="x", invoice="${bolt11}"` }).end())
    }),
  )
  await expect(get(url)).rejects.toMatchObject({ code: 'bounty.state', message: expect.stringContaining('although') })
  await expect(get(url)).rejects.toMatchObject({ code: 'bounty.state' })
  expect(asked).toHaveLength(1)
})

test.each<[string, RequestListener, string]>([
  ['a header that a page may not read', (_, response) => response.writeHead(402).end(), 'data.cors'],
  ['another way to pay', (_, response) => response.writeHead(402, { 'WWW-Authenticate': 'Basic realm="x"' }).end(), 'pay.unsupported'],
  ['no invoice', (_, response) => response.writeHead(402, { 'WWW-Authenticate': 'L402 macaroon="x", invoice="lnbc1x"' }).end(), 'pay.mismatch'],
  ['another place', (_, response) => response.writeHead(302, { Location: 'http://127.0.0.1:9/' }).end(), 'data.fetch'],
  ['an error', (_, response) => response.writeHead(500).end(), 'data.fetch'],
  ['no JSON', (_, response) => response.end('<html>'), 'bounty.invalid'],
  ['fields of its own', (_, response) => response.end(JSON.stringify({ ...MATERIALS, run: 'me' })), 'bounty.invalid'],
])('an answer with %s', async (_, listener, code) => {
  const { get, asked } = buyer()
  await expect(get(await listening(createServer(listener)))).rejects.toMatchObject({ code })
  expect(asked).toEqual([])
})

test('a server that is there and that a page may not read: what to change, before the payment and after it', async () => {
  const { get, asked } = buyer()
  const url = await gateway()
  /** As in a browser that gets no leave for requests like these. */
  const barred = (isBarred: (init: RequestInit) => boolean): typeof fetch => async (input, init = {}) => {
    if (init.mode !== 'no-cors' && isBarred(init)) throw new TypeError('Failed to fetch')
    return fetch(input, init)
  }
  await expect(get(url, 21, { fetch: barred(() => true) })).rejects.toMatchObject({ code: 'data.cors', hint: expect.stringContaining('Nothing was paid') })
  expect(asked).toEqual([])
  const proofs = barred(({ headers }) => new Headers(headers).has('authorization'))
  await expect(get(url, 21, { fetch: proofs })).rejects.toMatchObject({ code: 'data.cors', message: expect.stringContaining('proof of payment'), hint: expect.stringContaining('stays paid') })
  expect(await get(url)).toEqual(MATERIALS)
  expect(asked).toHaveLength(1)
})

test('an endless answer is cut off', async () => {
  const endless: RequestListener = (_, response) => {
    const chunk = Buffer.alloc(2 ** 20, 32)
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on('drain', more)
    more()
  }
  await expect(buyer().get(await listening(createServer(endless)))).rejects.toMatchObject({ code: 'data.fetch', message: expect.stringContaining('larger') })
})

test('the gateway: what any page needs, forged and borrowed proofs, too many requests, a wallet that is away', async () => {
  const url = await gateway()
  const asked = await fetch(url)
  expect(asked.status).toBe(402)
  expect(asked.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
  expect(asked.headers.get('access-control-allow-origin')).toBe('*')
  const preflight = await fetch(url, { method: 'OPTIONS' })
  expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([204, 'Authorization'])
  const token = /macaroon="([^"]+)"/.exec(asked.headers.get('www-authenticate')!)![1]
  const other = [token, `${token}x`, token.replace(/^./, (letter) => (letter === 'e' ? 'f' : 'e')), 'x', 'x.y']
  for (const one of other) expect((await fetch(url, { headers: { authorization: `L402 ${one}:${newSecret().preimage}` } })).status).toBe(402)
  expect((await fetch(`${url}x`)).status).toBe(404)
  expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405)
  const narrow = await gateway({ limits: { perAddress: 2, invoices: 1 }, now: () => 600 })
  expect([(await fetch(narrow)).status, (await fetch(narrow)).status, (await fetch(narrow)).status]).toEqual([402, 429, 429])
  const away = await gateway({ wallet: { makeInvoice: () => Promise.reject(new Error('away')) } })
  expect((await fetch(away)).status).toBe(503)
})

test('the command line is read strictly, and repeats no secret', () => {
  const file = ['--file', 'm.json', '--price', '21']
  expect(parseGatewayArgs([...file, '--wallet', 'nwc'], { ASSAY_WALLET_URI: 'uri' })).toMatchObject({ priceSat: 21, wallet: { kind: 'nwc', uri: 'uri' }, host: '127.0.0.1', port: 8402, days: 30 })
  expect(parseGatewayArgs(['--file', 'm.json', '--price', '0'], {}).wallet).toBeNull()
  expect(parseGatewayArgs([...file, '--wallet', 'practice:x', '--relay', 'wss://r.example'], {}).wallet).toEqual({ kind: 'practice', code: 'x', relays: ['wss://r.example/'] })
  for (const wrong of [[], ['--file', 'x'], file, [...file, '--wallet', 'nwc'], [...file, '--wallet', 'practice:x'], [...file, '--wallet', 'secret']]) {
    expect(() => parseGatewayArgs(wrong, {})).toThrow(/is missing/)
    expect(() => parseGatewayArgs(wrong, {})).not.toThrow(/secret/)
  }
  expect(() => parseMaterials('{"version":2}')).toThrow(/version/)
})
