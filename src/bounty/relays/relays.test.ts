import { generateSecretKey, getPublicKey, type Event } from 'nostr-tools/pure'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { relayUrl } from '../../core/relayUrl'
import { specFixture } from '../testing/fixtures'
import { startRelay, type TestRelay } from '../../wallet/testing/relay'
import type { Body, Message } from '../types'
import { eventsOf, Reader } from '../wire/events'
import { openRelays, type RelayPool } from './relays'

const open: { close(): void | Promise<void> }[] = []
beforeAll(() => {
  globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket // Node 20 has none
})
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

async function relayFor(port = 0): Promise<TestRelay> {
  const relay = await startRelay(port)
  open.push(relay)
  return relay
}

function person(urls: string[]) {
  const secretKey = generateSecretKey()
  const reader = new Reader(secretKey)
  const messages = new Map<string, Message>()
  const raw: Event[] = []
  const pool: RelayPool = openRelays({
    urls,
    me: getPublicKey(secretKey),
    onState() {},
    onEvent(event) {
      raw.push(event)
      const message = reader.read(event)
      if (message) messages.set(message.id, message)
    },
  })
  open.push(pool)
  const send = async (body: Body, to: string | null = null) => {
    const { id, events } = eventsOf(body, to, secretKey, Math.floor(Date.now() / 1000))
    await pool.publish(events)
    return id
  }
  return { key: getPublicKey(secretKey), messages, raw, pool, send }
}

const until = (check: () => boolean) => expect.poll(check, { timeout: 10_000, interval: 20 }).toBe(true)
const connected = ({ pool }: { pool: RelayPool }) => until(() => pool.states().every(({ state }) => state === 'open'))

test('a bounty and a private answer over two relays: each arrives once, whichever brings it', async () => {
  const [a, b] = [await relayFor(), await relayFor()]
  const sponsor = person([a.url, b.url])
  await connected(sponsor)
  const id = await sponsor.send({ kind: 'bounty', spec: specFixture() })
  const hunter = person([b.url, a.url])
  await until(() => hunter.messages.has(id))
  const patch: Body = { kind: 'patch', commit: id, nonce: id, trainJs: 'x'.repeat(60_000) }
  const sent = await hunter.send(patch, sponsor.key)
  await until(() => sponsor.messages.has(sent))
  expect(sponsor.messages.get(sent)).toMatchObject({ author: hunter.key, body: patch })
  expect([...hunter.messages.values()].filter(({ body }) => body.kind === 'patch')).toEqual([])
})

test('a relay that drops the line is opened again and asked for what was missed', async () => {
  const relay = await relayFor()
  const [writer, listener] = [person([relay.url]), person([relay.url])]
  await connected(writer)
  await connected(listener)
  relay.cut()
  await until(() => writer.pool.states()[0].state === 'waiting' && listener.pool.states()[0].state === 'waiting')
  await until(() => writer.pool.states()[0].state === 'open' && listener.pool.states()[0].state === 'open')
  const id = await writer.send({ kind: 'bounty', spec: specFixture() })
  await until(() => listener.messages.has(id))
})

test('one dead relay does not matter, only dead ones are an error that says so', async () => {
  const relay = await relayFor()
  const writer = person([relay.url, 'ws://127.0.0.1:9/'])
  await until(() => writer.pool.states()[0].state === 'open')
  await writer.send({ kind: 'bounty', spec: specFixture() })
  const alone = person(['ws://127.0.0.1:9/'])
  await expect(alone.send({ kind: 'bounty', spec: specFixture() })).rejects.toMatchObject({ code: 'relay.offline', hint: expect.stringContaining('file') })
})

test('what a relay makes up is dropped: garbage, giants, and events that nobody signed', async () => {
  const relay = await relayFor()
  const listener = person([relay.url])
  await connected(listener)
  relay.shout('not json')
  relay.shout(JSON.stringify(['EVENT', 'x', { id: 'ab', content: 'x'.repeat(300_000) }]))
  relay.shout(JSON.stringify(['NOTICE', '<img src=x onerror=alert(1)>']))
  const writer = person([relay.url])
  await connected(writer)
  const id = await writer.send({ kind: 'bounty', spec: specFixture() })
  await until(() => listener.messages.has(id))
  expect(listener.messages.size).toBe(1)
})

test('addresses', () => {
  expect(relayUrl(' wss://relay.example ')).toBe('wss://relay.example/')
  for (const wrong of ['https://relay.example', 'ws://relay.example', 'relay', 'javascript:alert(1)']) expect(() => relayUrl(wrong)).toThrow(/not a relay/)
})
