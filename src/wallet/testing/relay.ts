// A real relay on loopback for tests: @nostr-relay with its SQLite store where that could be built, else a store of a few
// lines in memory; its name says which.

import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { EventRepository, type Event as RelayEvent, type Filter } from '@nostr-relay/common'
import { NostrRelay } from '@nostr-relay/core'
import { Validator } from '@nostr-relay/validator'
import { WebSocketServer, type WebSocket } from 'ws'

export interface TestRelay {
  url: string
  store: 'sqlite' | 'memory'
  /** cuts every connection; the relay stays */
  cut(): void
  /** sends something of the test's own to everybody */
  shout(text: string): void
  close(): Promise<void>
}

/** @param port 0 picks one */
export async function startRelay(port = 0): Promise<TestRelay> {
  const { repository, store } = await openRepository()
  const relay = new NostrRelay(repository)
  const validator = new Validator()
  const server = new WebSocketServer({ port, host: '127.0.0.1' })
  await new Promise((resolve) => server.once('listening', resolve))
  server.on('connection', (socket: WebSocket) => {
    relay.handleConnection(socket)
    socket.on('message', (data) => {
      validator
        .validateIncomingMessage(data as Buffer)
        .then((message) => relay.handleMessage(socket, message))
        .catch((thrown: unknown) => socket.send(JSON.stringify(['NOTICE', String(thrown)])))
    })
    socket.on('close', () => relay.handleDisconnect(socket))
    socket.on('error', () => socket.terminate())
  })
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    store,
    cut: () => server.clients.forEach((socket) => socket.terminate()),
    shout: (text) => server.clients.forEach((socket) => socket.send(text)),
    async close() {
      server.clients.forEach((socket) => socket.terminate())
      await new Promise((resolve) => server.close(resolve))
      await relay.destroy()
    },
  }
}

async function openRepository(): Promise<{ repository: EventRepository; store: TestRelay['store'] }> {
  try {
    const { EventRepositorySqlite } = createRequire(import.meta.url)('@nostr-relay/event-repository-sqlite') as {
      EventRepositorySqlite: new (file: string) => EventRepository & { init(): Promise<void> }
    }
    const repository = new EventRepositorySqlite(':memory:')
    await repository.init()
    return { repository, store: 'sqlite' }
  } catch {
    return { repository: new MemoryRepository(), store: 'memory' } // SQLite's native part is optional: it needs a compiler
  }
}

class MemoryRepository extends EventRepository {
  private readonly events = new Map<string, RelayEvent>()

  isSearchSupported(): boolean {
    return false
  }

  upsert(event: RelayEvent): { isDuplicate: boolean } {
    if (this.events.has(event.id)) return { isDuplicate: true }
    this.events.set(event.id, event)
    return { isDuplicate: false }
  }

  find({ ids, kinds, authors, since, until, limit, ...rest }: Filter): RelayEvent[] {
    const tags = Object.entries(rest).filter((entry): entry is [string, string[]] => entry[0].startsWith('#'))
    const hasTag = (event: RelayEvent, name: string, values: string[]) => event.tags.some(([tag, value]) => tag === name && values.includes(value))
    return [...this.events.values()]
      .filter((event) => !ids || ids.includes(event.id))
      .filter((event) => !kinds || kinds.includes(event.kind))
      .filter((event) => !authors || authors.includes(event.pubkey))
      .filter((event) => (since === undefined || event.created_at >= since) && (until === undefined || event.created_at <= until))
      .filter((event) => tags.every(([name, values]) => hasTag(event, name.slice(1), values)))
      .slice(0, limit ?? 1000)
  }

  async destroy(): Promise<void> {
    this.events.clear()
  }
}
