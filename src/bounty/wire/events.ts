// Messages as signed Nostr events. Public ones are a listing (NIP-99, kind 30402) for the bounty and comments (NIP-22,
// kind 1111) for the rest; private ones are sealed and wrapped (NIP-44, NIP-59), so that a relay learns neither who writes
// to whom about what, nor how much. What is too long for one event goes in parts.

import { decrypt, getConversationKey } from 'nostr-tools/nip44'
import { createSeal, createWrap } from 'nostr-tools/nip59'
import { finalizeEvent, getEventHash, getPublicKey, verifyEvent, type Event } from 'nostr-tools/pure'
import type { Body, Message, PublicKey } from '../types'
import { bodyForm, MOST_BODY_CHARS, PRIVATE } from './schema'

export const LISTING = 30402
export const COMMENT = 1111
export const WRAP = 1059
const SEAL = 13
/** NIP-44 takes 65,535 bytes twice over: the rumour is quoted in the seal, the seal in the wrap. */
const PART_CHARS = 24_000
const MOST_PARTS = Math.ceil(MOST_BODY_CHARS / PART_CHARS)
/** Of one event as it comes from a relay. */
export const MOST_EVENT_CHARS = 200_000
export const TOPIC = 'assay-bounty'

interface Rumour {
  id: string
  pubkey: string
  created_at: number
  kind: number
  tags: string[][]
  content: string
}

/**
 * Signs a message. The first event's id is the message's; a private one's is that of the rumour inside.
 * @param secretKey 32 bytes
 * @param to who may read it; null is everybody
 */
export function eventsOf(body: Body, to: PublicKey | null, secretKey: Uint8Array, createdAt: number): { id: string; events: Event[] } {
  const json = JSON.stringify(bodyForm.parse(body))
  const count = Math.max(1, Math.ceil(json.length / PART_CHARS))
  const events: Event[] = []
  let id = ''
  for (let index = 0; index < count; index++) {
    const content = json.slice(index * PART_CHARS, (index + 1) * PART_CHARS)
    const part = count === 1 ? [] : [['part', String(index), String(count), ...(index === 0 ? [] : [id])]]
    const unsigned = { kind: body.kind === 'bounty' && index === 0 ? LISTING : COMMENT, created_at: createdAt, content, tags: [...tagsOf(body), ...part] }
    if (to === null) {
      const event = finalizeEvent(unsigned, secretKey)
      if (index === 0) id = event.id
      events.push(event)
    } else {
      const pubkey = getPublicKey(secretKey)
      const rumour: Rumour = { ...unsigned, pubkey, id: getEventHash({ ...unsigned, pubkey }) }
      if (index === 0) id = rumour.id
      events.push(createWrap(createSeal(rumour, secretKey, to), to))
    }
  }
  return { id, events }
}

function tagsOf(body: Body): string[][] {
  if (body.kind === 'bounty') {
    const { title, poolSat, deadline } = body.spec
    const unique = body.spec.heldOut[0].sha256
    return [['d', unique], ['t', TOPIC], ['title', title], ['price', String(poolSat), 'SAT'], ['expiration', String(deadline + 30 * 86_400)]]
  }
  const root = 'bounty' in body ? body.bounty : body.commit
  return [['t', TOPIC], ['E', root], ['e', root], ['K', String(LISTING)], ['k', String('bounty' in body ? LISTING : COMMENT)]]
}

/** Whether an event is small enough to be one of ours, and signed by its author. */
export function isGenuine(event: Event): boolean {
  return JSON.stringify(event).length <= MOST_EVENT_CHARS && isSigned(event)
}

/** nostr-tools marks an event that it has verified, and believes the mark on a copy that was changed: none is passed on. */
function isSigned({ id, pubkey, created_at, kind, tags, content, sig }: Event): boolean {
  return verifyEvent({ id, pubkey, created_at, kind, tags, content, sig })
}

/** Puts parts together and checks everything that can be checked of a message alone. One reader for one key. */
export class Reader {
  private readonly secretKey: Uint8Array
  private readonly me: PublicKey
  private readonly parts = new Map<string, Rumour[]>()

  constructor(secretKey: Uint8Array) {
    this.secretKey = secretKey
    this.me = getPublicKey(secretKey)
  }

  /** The message that an event completes, or null: not ours, not signed, too large, not a message, or a part of one. */
  read(event: Event): Message | null {
    const message = isGenuine(event) ? this.take(event) : null
    return message === 'part' ? null : message
  }

  /**
   * The same of an event that isGenuine() held for; 'part' where more of the message is to come.
   * What is thrown away here was never trusted, so it is not reported: a relay may send what it likes.
   */
  take(event: Event): Message | 'part' | null {
    if (event.kind === WRAP) {
      const rumour = this.unwrap(event)
      return rumour ? this.collect(rumour, this.me) : null
    }
    return event.kind === LISTING || event.kind === COMMENT ? this.collect(event, null) : null
  }

  private unwrap(event: Event): Rumour | null {
    if (!event.tags.some(([name, value]) => name === 'p' && value === this.me)) return null
    try {
      const seal = JSON.parse(decrypt(event.content, getConversationKey(this.secretKey, event.pubkey))) as Event
      if (seal.kind !== SEAL || !isSigned(seal)) return null
      const rumour = JSON.parse(decrypt(seal.content, getConversationKey(this.secretKey, seal.pubkey))) as Rumour
      // who sealed it is who wrote it; the id is the text's
      return rumour.pubkey === seal.pubkey && getEventHash(rumour) === rumour.id ? rumour : null
    } catch {
      return null // sealed for somebody else, or broken
    }
  }

  private collect(rumour: Rumour, to: PublicKey | null): Message | 'part' | null {
    const part = rumour.tags.find(([name]) => name === 'part')
    if (!part) return this.messageOf(rumour, rumour.content, to)
    const [index, count] = [Number(part[1]), Number(part[2])]
    if (!Number.isInteger(index) || !Number.isInteger(count) || count < 2 || count > MOST_PARTS || index < 0 || index >= count) return null
    const key = `${rumour.pubkey}/${index === 0 ? rumour.id : part[3]}`
    const have = this.parts.get(key) ?? []
    if (this.parts.size > 200) this.parts.delete(this.parts.keys().next().value!) // a flood of first parts ends nobody's memory
    have[index] = rumour
    this.parts.set(key, have)
    const all = Array.from({ length: count }, (_, i) => have[i])
    if (all.some((one) => one === undefined)) return 'part'
    this.parts.delete(key)
    return this.messageOf(all[0], all.map(({ content }) => content).join(''), to)
  }

  private messageOf({ id, pubkey, created_at, kind }: Rumour, json: string, to: PublicKey | null): Message | null {
    if (json.length > MOST_BODY_CHARS) return null
    let value: unknown
    try {
      value = JSON.parse(json)
    } catch {
      return null
    }
    const parsed = bodyForm.safeParse(value)
    if (!parsed.success) return null
    const body: Body = parsed.data
    if ((body.kind === 'bounty') !== (kind === LISTING) || PRIVATE.has(body.kind) !== (to !== null)) return null
    return { id, author: pubkey, to, createdAt: created_at, body }
  }
}
