// What goes out. A message is signed once and kept before anybody sees it; relays get it when there is one that takes it,
// the messages of one bounty in the order in which they were made. A file carries it, too, so nothing waits for a relay.

import type { Event } from 'nostr-tools/pure'
import { LabError } from '../../core/errors'
import type { Body, EventId, PublicKey } from '../types'
import { eventsOf } from '../wire/events'
import type { BountyStore, SentRow } from './store'

export interface OutboxDeps {
  store: BountyStore
  secretKey: Uint8Array
  /** Gives events to at least one relay; false where no relay was chosen. @throws LabError "relay.offline" */
  publish(events: readonly Event[]): Promise<boolean>
  /** unix seconds */
  now(): number
  onError(error: LabError): void
}

export class Outbox {
  private readonly deps: OutboxDeps
  private last = 0
  private flushing: Promise<void> | null = null
  private told = ''

  private constructor(deps: OutboxDeps) {
    this.deps = deps
  }

  static async open(deps: OutboxDeps): Promise<Outbox> {
    const outbox = new Outbox(deps)
    for (const { order } of await deps.store.allSent()) outbox.last = Math.max(outbox.last, order)
    return outbox
  }

  /** The events of a message: made once a key, kept, and the same ever after. */
  async sign(key: string, body: Body, to: PublicKey | null): Promise<SentRow> {
    const known = await this.deps.store.sent(key)
    if (known) return known
    const row = { key, order: ++this.last, ...eventsOf(body, to, this.deps.secretKey, this.deps.now()), published: false }
    await this.deps.store.saveSent(row)
    return row
  }

  /** How many messages no relay has. */
  async waiting(): Promise<number> {
    return (await this.deps.store.unpublished()).length
  }

  /** Other relays were chosen: they are given everything. */
  async startOver(): Promise<void> {
    for (const row of await this.deps.store.allSent()) if (row.published) await this.deps.store.saveSent({ ...row, published: false })
    await this.flush()
  }

  /** Publishes what no relay has; once at a time, and once more where something came meanwhile. */
  flush(): Promise<void> {
    const next = (this.flushing ?? Promise.resolve()).then(() => this.publishAll())
    this.flushing = next
    return next
  }

  private async publishAll(): Promise<void> {
    const stuck = new Set<EventId>()
    for (const row of (await this.deps.store.unpublished()).sort((a, b) => a.order - b.order)) {
      const bounty = row.key.split('/')[1]
      if (stuck.has(bounty)) continue // what comes later must not be seen before
      try {
        if (!(await this.deps.publish(row.events))) return
        await this.deps.store.saveSent({ ...row, published: true })
        this.told = ''
      } catch (thrown) {
        stuck.add(bounty)
        const error = LabError.from(thrown)
        if (this.told !== error.message) this.deps.onError(error)
        this.told = error.message
      }
    }
  }
}
