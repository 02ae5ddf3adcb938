// The relays of one wallet: opened when they are needed, opened again when they drop.

import type { Filter } from 'nostr-tools/filter'
import type { Event, EventTemplate, VerifiedEvent } from 'nostr-tools/pure'
import { Relay } from 'nostr-tools/relay'
import { LabError } from '../../core/errors'

export interface LineOptions {
  /** what is listened to */
  filter: Filter
  /** where a relay wants to know who is asking (NIP-42) */
  sign(event: EventTemplate): VerifiedEvent
  onEvent(event: Event): void
  /** the first opened, or the last dropped */
  onLine(isOpen: boolean, why: string): void
  connectMs: number
}

const LONGEST_WAIT_MS = 60_000

export class Lines {
  private readonly urls: string[]
  private readonly options: LineOptions
  private readonly relays = new Map<string, Relay>()
  private opening: Promise<void> | null = null
  private timer: ReturnType<typeof setTimeout> | null = null
  private waitMs = 1000
  private isClosed = false

  constructor(urls: string[], options: LineOptions) {
    this.urls = urls
    this.options = options
  }

  /** At least one of them. @throws LabError "pay.offline" */
  async open(): Promise<void> {
    if (this.relays.size > 0) return
    this.opening ??= this.openAll().finally(() => (this.opening = null))
    await this.opening
    if (this.relays.size > 0) return
    const hosts = this.urls.map((url) => new URL(url).host).join(', ')
    throw new LabError('pay.offline', `The relay of the wallet cannot be reached: ${hosts}.`, { hint: 'Check the network and try again. Nothing was sent.' })
  }

  /** Gives an event to every open relay; whether one took it is not asked: an answer will tell. */
  send(event: Event): void {
    for (const relay of this.relays.values()) relay.publish(event).catch(() => undefined) // refused or dropped: no answer will come
  }

  /** The newest event that any of them has, or null. */
  newest(filter: Filter, waitMs: number): Promise<Event | null> {
    return new Promise((resolve) => {
      let found: Event | null = null
      let asked = this.relays.size
      const end = () => {
        clearTimeout(timer)
        for (const subscription of subscriptions) subscription.close()
        resolve(found)
      }
      const timer = setTimeout(end, waitMs)
      const subscriptions = [...this.relays.values()].map((relay) =>
        relay.subscribe([filter], {
          onevent: (event) => {
            if (!found || event.created_at > found.created_at) found = event
          },
          oneose: () => {
            if (--asked === 0) end()
          },
        }),
      )
    })
  }

  close(): void {
    this.isClosed = true
    if (this.timer !== null) clearTimeout(this.timer)
    for (const relay of this.relays.values()) relay.close()
    this.relays.clear()
  }

  private async openAll(): Promise<void> {
    await Promise.all(this.urls.filter((url) => !this.relays.has(url)).map((url) => this.openOne(url)))
    if (this.relays.size === 0) this.again()
  }

  private async openOne(url: string): Promise<void> {
    const relay = new Relay(url)
    relay.onnotice = () => undefined // whatever it wants to say: it is not printed
    relay.onauth = async (event) => this.options.sign(event)
    relay.onclose = () => this.dropped(url, relay)
    try {
      await relay.connect({ timeout: this.options.connectMs })
    } catch {
      return // counted by who asked
    }
    if (this.isClosed) return relay.close()
    relay.subscribe([this.options.filter], { onevent: (event) => this.options.onEvent(event) })
    this.relays.set(url, relay)
    this.waitMs = 1000
    if (this.relays.size === 1) this.options.onLine(true, '')
  }

  private dropped(url: string, relay: Relay): void {
    if (this.isClosed || this.relays.get(url) !== relay) return
    this.relays.delete(url)
    if (this.relays.size === 0) this.options.onLine(false, `The connection to ${new URL(url).host} was closed.`)
    this.again()
  }

  /** In a while, longer each time. */
  private again(): void {
    if (this.isClosed || this.timer !== null) return
    this.timer = setTimeout(() => {
      this.timer = null
      this.opening ??= this.openAll().finally(() => (this.opening = null))
    }, this.waitMs)
    this.waitMs = Math.min(LONGEST_WAIT_MS, this.waitMs * 2)
  }
}
