// What has been received: every event once, messages by bounty, and the board. Bounded, because anybody may write.

import type { Event } from 'nostr-tools/pure'
import type { BountySpec, EventId, Message, PublicKey } from '../types'
import type { Reader } from '../wire/events'
import type { BountyStore } from './store'

/** A bounty as it stands on the board. */
export interface Listing {
  id: EventId
  author: PublicKey
  createdAt: number
  spec: BountySpec
}

/** Of one author about one bounty: more is a flood. */
const MOST_A_HEAD = 500
const MOST_LISTINGS = 2000
const MOST_STRAYS = 1000

export class Mail {
  readonly listings = new Map<EventId, Listing>()
  private readonly reader: Reader
  private readonly store: BountyStore
  private readonly now: () => number
  /** bounty of a commitment */
  private readonly commits = new Map<EventId, EventId>()
  private readonly messages = new Map<EventId, Message[]>()
  /** about a commitment that has not come yet */
  private strays: Message[] = []
  private readonly counts = new Map<string, number>()

  constructor(reader: Reader, store: BountyStore, now: () => number) {
    this.reader = reader
    this.store = store
    this.now = now
  }

  /** Keeps an event and reads it. @returns null where it is known, no message, or one too many */
  async receive(event: Event): Promise<Message | null> {
    const root = event.tags?.find?.(([name]) => name === 'E')?.[1] ?? null
    const known = root === null ? null : (this.commits.get(root) ?? (this.listings.has(root) ? root : null))
    const isNew = await this.store.saveEvent({ id: event.id, bounty: known, receivedAt: this.now(), event })
    return isNew ? this.read(event) : null
  }

  /** Reads an event that is kept already. */
  read(event: Event): Message | null {
    const message = this.reader.read(event)
    if (!message) return null
    const { body, author, id, createdAt } = message
    if (body.kind === 'bounty') {
      if (this.listings.size >= MOST_LISTINGS || this.listings.has(id)) return null
      this.listings.set(id, { id, author, createdAt, spec: body.spec })
      return message
    }
    const bounty = this.bountyOf(message)
    if (bounty === null) {
      if (this.strays.length < MOST_STRAYS) this.strays.push(message)
      return null
    }
    return this.keep(message, bounty) ? message : null
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

  private keep(message: Message, bounty: EventId): boolean {
    const key = `${bounty}/${message.author}`
    const count = (this.counts.get(key) ?? 0) + 1
    if (count > MOST_A_HEAD) return false
    this.counts.set(key, count)
    const list = this.messages.get(bounty) ?? []
    if (list.some(({ id }) => id === message.id)) return false
    list.push(message)
    this.messages.set(bounty, list)
    if (message.body.kind === 'commit') this.commits.set(message.id, bounty)
    return true
  }

  /** Messages that had come before the commitment that they are about. */
  takeStrays(): Message[] {
    const ready = this.strays.filter((message) => this.bountyOf(message) !== null)
    this.strays = this.strays.filter((message) => !ready.includes(message))
    return ready.filter((message) => this.keep(message, this.bountyOf(message)!))
  }
}
