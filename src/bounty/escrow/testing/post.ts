// What was ever sent, and the secrets of ordinary invoices: what comes again under its key is what it was.

import type { Body, EventId, Message, PublicKey } from '../../types'
import { hashOfSecret } from '../seal'
import { hexKey } from './facts'

export class Post {
  readonly messages: Message[] = []
  private readonly ids = new Map<string, EventId>()
  private readonly secrets = new Map<string, string>()
  private serial = 0

  /** A signed event that comes again is the same event. */
  send(author: PublicKey, to: PublicKey | null, body: Body, key: string, createdAt: number): EventId {
    const known = this.ids.get(key)
    if (known) return known
    const id = hexKey(0xe0000000 + this.serial++)
    this.ids.set(key, id)
    this.messages.push({ id, author, to, createdAt, body: JSON.parse(JSON.stringify(body)) })
    return id
  }

  /** The secret of an ordinary invoice. */
  secretOf(key: string): string {
    const secret = this.secrets.get(key) ?? hexKey(0x5ec0000 + this.serial++)
    this.secrets.set(key, secret)
    return secret
  }

  /** Of an invoice that any payment settles; undefined where only its holder knows it. */
  secretOn(paymentHash: string): string | undefined {
    return [...this.secrets.values()].find((secret) => hashOfSecret(secret) === paymentHash)
  }

  /** A stranger's message: it is signed, but by nobody whose word counts. */
  forged(body: Body, to: PublicKey, createdAt: number): Message {
    return { id: hexKey(0xf00d0000 + this.serial++), author: hexKey(0xbad), to, createdAt, body }
  }
}
