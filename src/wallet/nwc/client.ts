// The line to a wallet service: requests and replies as encrypted Nostr events (NIP-47). What matters here is to know
// whether a request can have arrived: only one that no relay was given is surely not sent.

import { decrypt as decrypt04, encrypt as encrypt04 } from 'nostr-tools/nip04'
import { decrypt, encrypt, getConversationKey } from 'nostr-tools/nip44'
import { finalizeEvent, getPublicKey, type Event } from 'nostr-tools/pure'
import type { z } from 'zod'
import { LabError } from '../../core/errors'
import { MOST_EVENT_CHARS, notificationForm, replyForm, type Notification } from './forms'
import { Lines } from './lines'
import type { NwcConnection } from './uri'

const INFO = 13194
const REQUEST = 23194
const REPLY = 23195
const NOTIFICATION_04 = 23196
const NOTIFICATION_44 = 23197
/** A request that a relay held back for longer is not to be carried out. */
const REQUEST_SECONDS = 600
/** Requests that may still be answered late; the oldest are given up. */
const MOST_WAITING = 300

export interface NwcTimes {
  /** to open a relay, and to hear what the wallet can do */
  connectMs: number
  /** for an answer */
  replyMs: number
  /** for the answer to a payment, before it is called pending */
  payMs: number
}
export const TIMES: NwcTimes = { connectMs: 10_000, replyMs: 10_000, payMs: 5000 }

/** silent: it may have arrived, or not. */
export type Reply<T> = { kind: 'result'; result: T } | { kind: 'error'; code: string; message: string } | { kind: 'silent' }

/** What the wallet service says of itself before anything is asked. */
export interface Service {
  methods: string[]
  /** NIP-44 where it can, else NIP-04 */
  encryption: 'nip44' | 'nip04'
}

type RawReply = z.infer<typeof replyForm>

export class NwcClient {
  /** unix ms; 0: never */
  lastHeardAt = 0
  private readonly connection: NwcConnection
  private readonly times: NwcTimes
  private readonly me: string
  private readonly key: Uint8Array
  private readonly lines: Lines
  private readonly waiting = new Map<string, (reply: RawReply) => void>()
  private readonly seen = new Set<string>()
  private known: Promise<Service> | null = null

  constructor(connection: NwcConnection, times: NwcTimes, hears: { notification(told: Notification): void; line(isOpen: boolean, why: string): void }) {
    this.connection = connection
    this.times = times
    this.me = getPublicKey(connection.secretKey)
    this.key = getConversationKey(connection.secretKey, connection.wallet)
    this.lines = new Lines(connection.relays, {
      filter: { kinds: [REPLY, NOTIFICATION_04, NOTIFICATION_44], authors: [connection.wallet], '#p': [this.me] },
      sign: (event) => finalizeEvent(event, connection.secretKey),
      onEvent: (event) => this.hear(event, hears.notification),
      onLine: hears.line,
      connectMs: times.connectMs,
    })
  }

  /** @throws LabError "pay.offline" */
  service(): Promise<Service> {
    this.known ??= this.readService().catch((thrown: unknown) => {
      this.known = null
      throw thrown
    })
    return this.known
  }

  /**
   * Asks, and waits for so long.
   * @param late hears what came after that
   * @throws LabError "pay.offline": surely not sent
   */
  async ask<T>(method: string, params: object, form: z.ZodType<T>, waitMs: number, late: (reply: Reply<T>) => void = () => undefined): Promise<Reply<T>> {
    const { encryption } = await this.service()
    await this.lines.open()
    const plain = JSON.stringify({ method, params })
    const content = encryption === 'nip44' ? encrypt(plain, this.key) : encrypt04(this.connection.secretKey, this.connection.wallet, plain)
    const now = Math.floor(Date.now() / 1000)
    const tags = [['p', this.connection.wallet], ['encryption', encryption === 'nip44' ? 'nip44_v2' : 'nip04'], ['expiration', String(now + REQUEST_SECONDS)]] // prettier-ignore
    const event = finalizeEvent({ kind: REQUEST, created_at: now, tags, content }, this.connection.secretKey)
    return new Promise((resolve) => {
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        resolve({ kind: 'silent' })
      }, waitMs)
      this.wait(event.id, (raw) => {
        clearTimeout(timer)
        const reply = read(raw, form)
        if (isLate) late(reply)
        else resolve(reply)
      })
      this.lines.send(event)
    })
  }

  close(): void {
    this.waiting.clear()
    this.lines.close()
  }

  private wait(id: string, answer: (reply: RawReply) => void): void {
    if (this.waiting.size >= MOST_WAITING) this.waiting.delete(this.waiting.keys().next().value!)
    this.waiting.set(id, answer)
  }

  private async readService(): Promise<Service> {
    await this.lines.open()
    const info = await this.lines.newest({ kinds: [INFO], authors: [this.connection.wallet], limit: 1 }, this.times.connectMs)
    if (!info || info.content.length > 4000) {
      throw new LabError('pay.offline', 'The wallet has not said on its relay what it can do.', { hint: 'Open the wallet, or make a new connection in it. Nothing was sent.' })
    }
    const encryption = info.tags.find(([name]) => name === 'encryption')?.[1] ?? 'nip04'
    return { methods: info.content.split(/\s+/).filter(Boolean).slice(0, 100), encryption: /\bnip44_v2\b/.test(encryption) ? 'nip44' : 'nip04' }
  }

  /** A reply or a notification, from any relay, any number of times. What cannot be read is as if it had not come. */
  private hear(event: Event, notify: (told: Notification) => void): void {
    if (this.seen.has(event.id) || event.content.length > MOST_EVENT_CHARS) return
    if (this.seen.size >= 2000) this.seen.delete(this.seen.values().next().value!)
    this.seen.add(event.id)
    const value = this.decrypt(event)
    if (event.kind === REPLY) {
      const id = event.tags.find(([name]) => name === 'e')?.[1] ?? ''
      const reply = replyForm.safeParse(value)
      const answer = this.waiting.get(id)
      if (!answer || !reply.success) return
      this.waiting.delete(id)
      this.lastHeardAt = Date.now()
      answer(reply.data)
    } else {
      const told = notificationForm.safeParse(value)
      if (told.success) notify(told.data)
    }
  }

  private decrypt({ content, kind }: Event): unknown {
    try {
      const is04 = kind === NOTIFICATION_04 || (kind === REPLY && content.includes('?iv='))
      return JSON.parse(is04 ? decrypt04(this.connection.secretKey, this.connection.wallet, content) : decrypt(content, this.key))
    } catch {
      return null // encrypted for somebody else, or broken
    }
  }
}

function read<T>({ error, result }: RawReply, form: z.ZodType<T>): Reply<T> {
  if (error) return { kind: 'error', code: error.code, message: error.message ?? '' }
  const parsed = form.safeParse(result)
  // it answered, but not so that anything is known
  return parsed.success ? { kind: 'result', result: parsed.data } : { kind: 'error', code: 'UNREADABLE', message: 'The answer of the wallet could not be read.' }
}
