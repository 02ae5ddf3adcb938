// What has been received: every event once, messages by bounty, and the board. Bounded, because anybody may write.

import type { Event } from 'nostr-tools/pure'
import type { BountySpec, EventId, Message, PublicKey } from '../types'
import { isGenuine, type Reader } from '../wire/events'
import type { BountyStore, EventRow } from './store'

/** A bounty as it stands on the board. */
export interface Listing {
  id: EventId
  author: PublicKey
  createdAt: number
  spec: BountySpec
}

/** Of one author about one bounty: more is a flood. */
const MOST_A_HEAD = 500
const MOST_CHARS_A_HEAD = 16_000_000
/** Of one author on the board, and of all. */
const MOST_LISTINGS_A_HEAD = 30
const MOST_LISTINGS = 2000
const MOST_STRAYS = 1000
/** Of all messages in memory; past it only a bounty's own parties are heard. */
const MOST_CHARS = 150_000_000
/** Of all events kept; the oldest of bounties that nobody here takes part in go first, a twentieth at a time. */
const MOST_EVENTS = 20_000

interface MailDeps {
  reader: Reader
  store: BountyStore
  /** unix seconds */
  now(): number
  /** somebody here takes part in it: nothing of it is ever dropped */
  isOurs(bounty: EventId): boolean
  mostEvents?: number
}

export class Mail {
  readonly listings = new Map<EventId, Listing>()
  private readonly deps: MailDeps
  private readonly seen = new Set<string>()
  /** bounty of a commitment */
  private readonly commits = new Map<EventId, EventId>()
  private readonly messages = new Map<EventId, Message[]>()
  /** about a commitment that has not come yet */
  private strays: Message[] = []
  private readonly heads = new Map<string, { count: number; chars: number }>()
  private chars = 0
  /** so many events are kept when it is looked for what can go */
  private fullAt: number
  private kept = 0

  constructor(deps: MailDeps) {
    this.deps = deps
    this.fullAt = 1.05 * (deps.mostEvents ?? MOST_EVENTS)
  }

  /** Reads everything that was kept, in the order in which it came. @param hear is told each message, and waited for */
  async reread(hear: (message: Message) => Promise<void>): Promise<void> {
    for (const { event } of await this.deps.store.events()) {
      this.seen.add(event.id)
      this.kept++
      const message = this.sort(this.deps.reader.take(event))
      if (message !== null && message !== 'part') await hear(message)
    }
  }

  /**
   * Keeps an event and reads it; an event that is not genuine is not kept, nor remembered: the true one may come later.
   * @param bounty that it is said to be about: it is kept although nobody here can read it, and handed on
   * @returns null where it is known, no message, or one too many
   */
  async receive(event: Event, bounty: EventId | null = null): Promise<Message | null> {
    if (this.seen.has(event.id) || !isGenuine(event)) return null
    const message = this.sort(this.deps.reader.take(event))
    if (message === null && bounty === null) return null
    this.seen.add(event.id)
    const about = message === null || message === 'part' ? null : message.body.kind === 'bounty' ? message.id : this.bountyOf(message)
    await this.deps.store.saveEvent({ id: event.id, bounty: bounty ?? about, receivedAt: this.deps.now(), event })
    if (++this.kept > this.fullAt) await this.makeRoom()
    return message === 'part' ? null : message
  }

  /** Files a message; null where it is one too many. One about an unknown commitment waits and is a part so far. */
  private sort(message: Message | 'part' | null): Message | 'part' | null {
    if (message === null || message === 'part') return message
    const { body, author, id, createdAt } = message
    if (body.kind === 'bounty') {
      const own = [...this.listings.values()].filter((known) => known.author === author).length
      if (this.listings.has(id) || own >= MOST_LISTINGS_A_HEAD || this.listings.size >= MOST_LISTINGS) return null
      this.listings.set(id, { id, author, createdAt, spec: body.spec })
      return message
    }
    const bounty = this.bountyOf(message)
    if (bounty !== null) return this.keep(message, bounty) ? message : null
    if (this.strays.length >= MOST_STRAYS || !this.hasRoom(message, null)) return null
    this.strays.push(message)
    return 'part'
  }

  /** Which bounty a message is about; null while its commitment is not known. */
  bountyOf({ body }: Message): EventId | null {
    if (body.kind === 'bounty') return null
    return 'bounty' in body ? body.bounty : (this.commits.get(body.commit) ?? null)
  }

  /** Everything received about a bounty, in the order of arrival. */
  about(bounty: EventId): Message[] {
    return this.messages.get(bounty) ?? []
  }

  /** The events of a bounty as they came: what is handed on as a file. */
  async eventsOf(bounty: EventId): Promise<Event[]> {
    const rows = await this.deps.store.events()
    return rows.filter((row) => row.bounty === bounty || this.rootOf(row.event) === bounty).map(({ event }) => event)
  }

  /** The bounty that an event is about, as its public tags say. */
  private rootOf({ id, tags }: Event): EventId | null {
    const tag = (wanted: string) => tags.find(([name]) => name === wanted)
    const root = tag('E')?.[1] ?? tag('part')?.[3] ?? id
    return this.listings.has(root) ? root : (this.commits.get(root) ?? null)
  }

  private async makeRoom(): Promise<void> {
    const { store, isOurs, mostEvents = MOST_EVENTS } = this.deps
    const rows = await store.events()
    const isSpare = ({ bounty, event }: EventRow) => ![bounty, this.rootOf(event)].some((about) => about !== null && isOurs(about))
    const spare = rows.filter(isSpare).slice(0, rows.length - mostEvents)
    await store.dropEvents(spare.map(({ id }) => id))
    this.kept = rows.length - spare.length
    this.fullAt = 1.05 * Math.max(mostEvents, this.kept)
  }

  private keep(message: Message, bounty: EventId): boolean {
    const list = this.messages.get(bounty) ?? []
    if (list.some(({ id }) => id === message.id) || !this.hasRoom(message, bounty)) return false
    list.push(message)
    this.messages.set(bounty, list)
    if (message.body.kind === 'commit') this.commits.set(message.id, bounty)
    return true
  }

  private hasRoom({ author, body }: Message, bounty: EventId | null): boolean {
    const chars = JSON.stringify(body).length
    const listing = bounty === null ? undefined : this.listings.get(bounty)
    const isParty = listing !== undefined && (listing.author === author || listing.spec.verifiers.includes(author))
    const key = `${bounty}/${author}`
    const head = this.heads.get(key) ?? { count: 0, chars: 0 }
    if (head.count >= MOST_A_HEAD * (isParty ? 20 : 1) || head.chars + chars > MOST_CHARS_A_HEAD) return false
    if (!isParty && this.chars + chars > MOST_CHARS) return false
    this.heads.set(key, { count: head.count + 1, chars: head.chars + chars })
    this.chars += chars
    return true
  }

  /** Messages that had come before the commitment that they are about. */
  takeStrays(): Message[] {
    const ready = this.strays.filter((message) => this.bountyOf(message) !== null)
    this.strays = this.strays.filter((message) => !ready.includes(message))
    return ready.filter((message) => this.keep(message, this.bountyOf(message)!))
  }
}
