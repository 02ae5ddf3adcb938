// The unattended verifier's money: its fees, and materials that cost something. A real relay and wallet services on
// loopback, over one ledger.

import { createServer } from 'node:http'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { specFixture } from '../bounty/testing/fixtures'
import { Parties } from '../bounty/testing/parties'
import { mailText } from '../bounty/wire/file'
import { sha256 } from '../core/hash'
import { startNwcService } from '../wallet/testing/nwcService'
import { startRelay } from '../wallet/testing/relay'
import { needWebSocket } from './cliWallet'
import { createGateway } from './gatewayServer'
import { BETTER, keyOf, postTiny, sentences, startVerifier } from './testing/verifier'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** Parties on a ledger, a relay, and the verifier's wallet there as a service. */
async function world() {
  await needWebSocket()
  const [dir, all, relay] = await Promise.all([mkdtemp(join(tmpdir(), 'assay-verifier-')), Parties.make(), startRelay()])
  ends.push(() => relay.close(), () => all.end())
  const service = await startNwcService({ wallet: all.ledger.wallet('verifier', 50_000), relay: relay.url })
  ends.push(() => service.close())
  const start = (...argv: string[]) => startVerifier(dir, argv, { ASSAY_WALLET_URI: service.uri })
  return { dir, all, relay, service, start }
}

test('a fee is billed and paid to the msat, and once, although the verifier ends in the middle of billing it', { timeout: 120_000 }, async () => {
  const { all, relay, service, start } = await world()
  const online = ['--relay', relay.url, '--wallet', 'nwc']
  service.faults.mute.add('make_invoice') // it makes the invoice, and nobody hears of it
  const first = await start(...online)
  const key = (await first.said(/public key: ([0-9a-f]{64})/))[1]
  await all.party('sponsor').start([relay.url])
  await all.party('hunter').start([relay.url])
  const bounty = await postTiny(all, key, { coordinatorFeePercent: 10 })
  await all.settle()
  await first.said(/The baseline is attested/)
  await all.party('hunter').office.submit(bounty, BETTER)
  const settled = (isSo: () => unknown) => expect.poll(async () => (await all.settle(), isSo()), { timeout: 60_000, interval: 200 }).toBe(true)
  await settled(() => service.done.includes('make_invoice'))
  expect(await first.stop()).not.toContain('is billed')
  expect(all.ledger.balance('verifier')).toBe(50_000)

  service.faults.mute.clear()
  const second = await start(...online)
  await settled(() => all.ledger.balance('verifier') === 60_000)
  await second.said(/a fee of 10 sat of play money has been received/)
  expect((await second.stop()).match(/is billed/g)).toHaveLength(1)

  // a third start hears the relay out, and ends by itself
  const third = await (await start(...online, '--once')).ended
  expect(third).toContain('Judged.')
  expect(third).not.toMatch(/is billed|received/)
  await all.settle()
  expect(service.done.filter((method) => method === 'make_invoice')).toHaveLength(2)
  expect([all.ledger.balance('sponsor'), all.ledger.balance('hunter'), all.ledger.balance('verifier')]).toEqual([890_000, 1_100_000, 60_000])
  expect(Math.max(...all.ledger.sent.values())).toBe(1)
  const fees = (await all.party('sponsor').till.payments()).filter(({ toWhom }) => toWhom === key)
  expect(fees).toMatchObject([{ amountMsat: 10_000, state: { state: 'paid' } }])
  expect(service.done).not.toContain('pay_invoice')
})

test('materials with the text of a task: free ones are fetched, others bought once, within the cap, and only where they are needed', { timeout: 120_000 }, async () => {
  const { dir, all, service, start } = await world()
  const text = sentences(7, 60_000)
  const files = [{ name: 'data.txt', text }]
  let asked = 0
  const open = async (priceSat: number) => {
    const options = {
      path: '/m.json', body: JSON.stringify({ version: 1, trainJs: null, notes: '', files }), priceSat, wallet: all.ledger.wallet('gateway'),
      secret: new Uint8Array(32).fill(7), validSeconds: 3600, now: () => all.now, onProblem() {},
    } // prettier-ignore
    const server = createGateway(options).on('request', () => asked++)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ends.push(() => (server.closeAllConnections(), server.close()))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/m.json`
  }
  const none = join(dir, 'none.json')
  await writeFile(none, mailText({ bounty: 'ab'.repeat(32), events: [] }))
  const key = keyOf(await (await start('--once', '--import', none)).ended)
  await all.party('sponsor').start()
  const task = { ...specFixture().task, dataset: { kind: 'text' as const, name: 'data.txt', sha256: await sha256(new TextEncoder().encode(text)) }, budget: { kind: 'tokens' as const, amount: 256 }, evaluation: { context: 32, tokens: 1024 } }
  /** A bounty in a file, visited with these arguments; the text of earlier ones is forgotten. */
  const visit = async (change: { materialsUrl: string | null; accessFeeSat: number }, ...argv: string[]) => {
    const bounty = await postTiny(all, key, { ...change, task })
    await all.settle()
    const file = join(dir, 'to.json')
    await writeFile(file, mailText({ bounty, events: await all.party('sponsor').office.eventsOf(bounty) }))
    await rm(join(dir, 'data'), { recursive: true, force: true })
    return (await start('--once', '--import', file, ...argv)).ended
  }
  const wallet = ['--wallet', 'nwc', '--most-sats']
  const [free, paid] = [await open(0), await open(21)]
  expect(await visit({ materialsUrl: null, accessFeeSat: 0 })).toContain('Give it with --text FILE')
  expect(await visit({ materialsUrl: paid, accessFeeSat: 21 })).toContain('its materials cost 21 sat, and --most-sats is 0')
  expect(await visit({ materialsUrl: paid, accessFeeSat: 21 }, ...wallet, '20')).toContain('and --most-sats is 20')
  expect(asked).toBe(0)
  expect(await visit({ materialsUrl: free, accessFeeSat: 0 })).toContain('The baseline is attested')
  // all bounties of this sponsor are known by now: those that were left alone are taken up
  expect(await visit({ materialsUrl: paid, accessFeeSat: 21 }, ...wallet, '21')).toMatch(/Materials of[^\n]*21 sat of play money paid[^]*The baseline is attested/)
  expect(all.ledger.balance('verifier')).toBe(50_000 - 21_000)
  const before = asked
  expect(await visit({ materialsUrl: paid, accessFeeSat: 21 }, ...wallet, '21')).toContain('The baseline is attested') // for the same proof
  expect(asked).toBe(before + 1)
  const other = await open(21)
  expect(await visit({ materialsUrl: other, accessFeeSat: 21 }, ...wallet, '30')).toContain('cap of 30 sat in all')
  expect([all.ledger.balance('verifier'), service.done.filter((method) => method === 'pay_invoice').length]).toEqual([29_000, 1])
  const file = join(dir, 'data.txt')
  await writeFile(file, text)
  expect(await visit({ materialsUrl: null, accessFeeSat: 0 }, '--text', file)).toContain('The baseline is attested')
})

test('a server that fails is asked again later, and the bounty is left alone meanwhile', async () => {
  const { dir, all, start } = await world()
  const server = createServer((_, response) => response.writeHead(500).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => (server.closeAllConnections(), server.close()))
  const none = join(dir, 'none.json')
  await writeFile(none, mailText({ bounty: 'ab'.repeat(32), events: [] }))
  const key = keyOf(await (await start('--once', '--import', none)).ended)
  await all.party('sponsor').start()
  const task = { ...specFixture().task, dataset: { kind: 'text' as const, name: 'data.txt', sha256: 'ab'.repeat(32) } }
  const bounty = await postTiny(all, key, { task, materialsUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` })
  const file = join(dir, 'to.json')
  await writeFile(file, mailText({ bounty, events: await all.party('sponsor').office.eventsOf(bounty) }))
  const said = await (await start('--once', '--import', file)).ended
  expect(said.match(/its materials are not here yet/g)).toHaveLength(1)
  expect(said).not.toContain('training')
})
