// The relays that the person chose, several at once. Each is opened again when it drops, and asked again for everything
// of the last days: wraps carry made-up times, so "since the last one" would lose some.

import { Relay } from 'nostr-tools/relay'
import type { Event } from 'nostr-tools/pure'
import type { Filter } from 'nostr-tools/filter'
import { LabError } from '../../core/errors'
import { relayUrl } from '../../core/relayUrl'
import type { PublicKey } from '../types'
import { COMMENT, LISTING, MOST_EVENT_CHARS, TOPIC, WRAP } from '../wire/events'

export interface RelayState {
  url: string
  state: 'connecting' | 'open' | 'waiting'
  /** what it said last, or why it cannot be reached; shown escaped */
  said: string
}

export interface RelayPool {
  /**
   * Gives every event to at least one relay.
   * @returns false without relays: there is nobody to give it to, and it waits for one or for a file
   * @throws LabError "relay.offline" when none took one of them
   */
  publish(events: readonly Event[]): Promise<boolean>
  states(): RelayState[]
  close(): void
}

export interface RelayOptions {
  urls: readonly string[]
  me: PublicKey
  /** what is asked for; the messages of bounties where absent */
  filters?: Filter[]
  /** may come twice, from several relays, and be anything */
  onEvent(event: Event): void
  onState(): void
  /** one of them can be written to (again) */
  onOpen?(): void
}

const LONGEST_WAIT_MS = 60_000
const DAYS_BACK = 60 * 86_400
/** NIP-59 sets a wrap's time up to two days back */
const WRAP_DAYS = 3 * 86_400
const MOST_RELAYS = 10
/** Some relays answer from a cache that is a second old, and tell nobody what came in between: they are asked once more. */
const ASK_AGAIN_MS = 2500
/** Events a second that one relay may push on average before the rest waits for another connection. */
const MOST_A_CONNECTION = 20_000

/** Opens them all; none has to answer. */
export function openRelays(options: RelayOptions): RelayPool {
  const lines = options.urls.slice(0, MOST_RELAYS).map((url) => new Line(relayUrl(url), options))
  return {
    async publish(events) {
      if (lines.length === 0) return false
      for (const event of events) {
        const tries = await Promise.allSettled(lines.map((line) => line.publish(event)))
        if (tries.some(({ status }) => status === 'fulfilled')) continue
        const why = tries.map((one) => (one.status === 'rejected' ? String(one.reason instanceof Error ? one.reason.message : one.reason).slice(0, 120) : '')).join('; ')
        throw new LabError('relay.offline', `No relay took the message: ${why}`, { hint: 'It is kept and sent again. Add another relay, or hand it on as a file.' })
      }
      return true
    },
    states: () => lines.map(({ url, state, said }) => ({ url, state, said })),
    close: () => lines.forEach((line) => line.close()),
  }
}

function bountyFilters(me: PublicKey): Filter[] {
  const since = Math.floor(Date.now() / 1000) - DAYS_BACK
  return [
    { kinds: [LISTING], '#t': [TOPIC], since, limit: 1000 },
    { kinds: [COMMENT], '#t': [TOPIC], since, limit: 5000 },
    { kinds: [WRAP], '#p': [me], since: since - WRAP_DAYS, limit: 5000 },
  ]
}

/** One relay, for as long as it is wanted. */
class Line {
  readonly url: string
  state: RelayState['state'] = 'connecting'
  said = ''
  private readonly options: RelayOptions
  private relay: Relay | null = null
  private waitMs = 1000
  private timer: ReturnType<typeof setTimeout> | null = null
  private isClosed = false

  constructor(url: string, options: RelayOptions) {
    this.url = url
    this.options = options
    void this.open()
  }

  async publish(event: Event): Promise<void> {
    if (this.state !== 'open' || !this.relay) throw new Error(`${this.url} is not connected`)
    await this.relay.publish(event)
  }

  close(): void {
    this.isClosed = true
    if (this.timer !== null) clearTimeout(this.timer)
    this.relay?.close()
  }

  private async open(): Promise<void> {
    this.become('connecting', this.said)
    const relay = new Relay(this.url)
    relay.onclose = () => this.again(relay, 'The connection was closed.')
    relay.onnotice = (said) => this.become(this.state, said.slice(0, 300))
    try {
      await relay.connect({ timeout: 10_000 })
    } catch (thrown) {
      return this.again(relay, thrown instanceof Error ? thrown.message : String(thrown))
    }
    if (this.isClosed) return relay.close()
    this.relay = relay
    this.waitMs = 1000
    this.become('open', '')
    this.options.onOpen?.()
    let received = 0
    const filters = this.options.filters ?? bountyFilters(this.options.me)
    const onevent = (event: Event) => {
      if (++received > MOST_A_CONNECTION || JSON.stringify(event).length > MOST_EVENT_CHARS) return
      this.options.onEvent(event)
    }
    for (const filter of filters) relay.subscribe([filter], { onevent })
    setTimeout(() => {
      if (this.isClosed || this.relay !== relay) return
      for (const filter of filters) {
        const asked = relay.subscribe([filter], { onevent, oneose: () => asked.close() })
      }
    }, ASK_AGAIN_MS)
  }

  private again(relay: Relay, why: string): void {
    if (this.isClosed || this.timer !== null || (this.relay !== null && this.relay !== relay)) return
    this.relay = null
    this.become('waiting', why.slice(0, 300))
    this.timer = setTimeout(() => {
      this.timer = null
      void this.open()
    }, this.waitMs)
    this.waitMs = Math.min(LONGEST_WAIT_MS, this.waitMs * 2)
  }

  private become(state: RelayState['state'], said: string): void {
    this.state = state
    this.said = said
    this.options.onState()
  }
}
