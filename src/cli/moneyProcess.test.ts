// The commands that take money, as npm starts them: real processes on a practice network, over a relay on loopback.

import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fetchMaterials } from '../bounty/materials/fetch'
import { openRelayChannel } from '../bounty/relays/practiceChannel'
import { createPracticeHost, type PracticeHost } from '../wallet/practice/host'
import { readLdkWasm } from '../wallet/practice/ldkFile'
import { openMemoryStore } from '../wallet/practice/store'
import { createPracticeWallet, type PracticeWallet } from '../wallet/practice/wallet'
import { memoryPayments } from '../wallet/testing/money'
import { startRelay, type TestRelay } from '../wallet/testing/relay'
import { createTill } from '../wallet/till'
import { needWebSocket } from './cliWallet'
import { buildNode } from './launch.mjs'

const LAUNCH = join(import.meta.dirname, 'launch.mjs')
const MATERIALS = { version: 1, trainJs: null, notes: 'Try the learning rate.', files: [{ name: 'data.txt', text: 'text' }] }
const now = () => Math.floor(Date.now() / 1000)

const children: ChildProcess[] = []
let dir: string
let relay: TestRelay
let host: PracticeHost
let hunter: PracticeWallet
/** --wallet and --relay of the practice network */
let network: string[]
beforeAll(async () => {
  await needWebSocket()
  ;[dir, relay] = await Promise.all([mkdtemp(join(tmpdir(), 'assay-money-')), startRelay(), buildNode()])
  const ends = () => openRelayChannel(crypto.getRandomValues(new Uint8Array(32)), [relay.url])
  const channel = ends()
  host = await createPracticeHost({ store: openMemoryStore(new Map()), channel, wasm: readLdkWasm, blockSeconds: 0 })
  hunter = await createPracticeWallet({ name: 'hunter', store: openMemoryStore(new Map()), channel: ends(), host: channel.address, wasm: readLdkWasm, helloSeconds: 1 })
  await hunter.untilOnline(60_000)
  network = ['--wallet', `practice:${channel.address.slice(0, 16)}-${channel.address}`, '--relay', relay.url]
}, 180_000)
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await hunter.close()
  await host.close()
  await relay.close()
})

/** `npm run lab -- …`, once it has printed this. */
async function lab(argv: string[], pattern: RegExp): Promise<{ match: RegExpExecArray; end(signal: 'SIGINT' | 'SIGTERM'): Promise<number | null> }> {
  const child = spawn(process.execPath, [LAUNCH, 'lab', ...argv])
  children.push(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk))
  const ended = new Promise<number | null>((done) => child.on('exit', done))
  void ended.then((code) => (text += `\nended with ${code}`))
  await expect.poll(() => text, { timeout: 90_000 }).toMatch(new RegExp(`${pattern.source}|ended with`))
  const match = pattern.exec(text)
  if (match === null) throw new Error(text)
  return { match, end: (signal) => (child.kill(signal), ended) }
}

test('a gateway is paid over the practice network, ends when it is told to, and goes on', { timeout: 180_000 }, async () => {
  const file = join(dir, 'm.json')
  await writeFile(file, JSON.stringify(MATERIALS))
  const argv = ['gateway', '--file', file, '--price', '21', '--out', join(dir, 'gateway'), ...network]
  const isOpen = /Materials at (http:\/\/127\.0\.0\.1:(\d+)\/m\.json), 21 sat to "gateway", play money/
  const first = await lab([...argv, '--port', '0'], isOpen)
  const [, url, port] = first.match

  const kept = new Map<string, unknown>()
  const asked: string[] = []
  const till = createTill({
    wallet: () => hunter, store: memoryPayments(), caps: () => ({ perPaymentMsat: null, perDayMsat: null, totalMsat: null }), now, onError() {},
    confirm: async ({ key }) => asked.push(key) > 0,
  }) // prettier-ignore
  till.attach(hunter)
  const store = { setting: async (name: string) => kept.get(name) ?? null, saveSetting: async (name: string, value: unknown) => void kept.set(name, value) }
  const get = () => fetchMaterials({ url, capSat: 21, toWhom: 'the sponsor', why: 'materials' }, { till, store, now })
  const before = (await hunter.info()).balanceMsat!
  expect(await get()).toEqual(MATERIALS)
  expect(before - (await hunter.info()).balanceMsat!).toBe(21_000)
  expect(await first.end('SIGTERM')).toBe(0)

  const second = await lab([...argv, '--port', port], isOpen)
  expect(await get()).toEqual(MATERIALS) // for what was paid before
  expect(asked).toHaveLength(1)
  expect((await fetch(url)).status).toBe(402) // a new invoice of the same wallet
  expect(await second.end('SIGINT')).toBe(0)
})

test('a verifier with a wallet of the practice network ends when it is told to, and goes on as the same', { timeout: 180_000 }, async () => {
  const argv = ['verify-bounty', '--out', join(dir, 'verifier'), ...network]
  const isReady = /public key: ([0-9a-f]{64})[^]*Fees are billed to "verifier", play money/
  const first = await lab(argv, isReady)
  expect(await first.end('SIGINT')).toBe(0)
  const second = await lab(argv, isReady)
  expect(second.match[1]).toBe(first.match[1])
  expect(await second.end('SIGTERM')).toBe(0)
})
