// What a member and the host of a practice network say to one another, and how it is read: anybody may write to a channel.

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { z } from 'zod'
import type { Block } from './chain'

/**
 * Brings messages of at most MOST_BYTES to an address, or loses them; what it says of the sender is true. Messages may
 * be lost, doubled or come in another order.
 */
export interface PracticeChannel {
  send(to: string, bytes: Uint8Array): void
  /** @returns ends the listening */
  onMessage(listener: (from: string, bytes: Uint8Array) => void): () => void
  /** Where it takes time to open: tells whenever it has, for what was sent before was lost. */
  onOpen?(listener: () => void): void
  close(): void
}

/** Of one message; what is longer is sent in pieces. It leaves room for encryption within a Nostr event. */
const MOST_BYTES = 32_768
/** Bytes of a connection, or blocks, in one message. */
const MOST_CHUNK = 12_000
/** Most blocks that anybody may ask for at once: two weeks. */
export const MOST_MINED = 2016

const hex = (most: number) => z.string().max(2 * most).regex(/^([0-9a-f]{2})*$/) // prettier-ignore
const hash = z.string().regex(/^[0-9a-f]{64}$/)
const nodeId = z.string().regex(/^0[23][0-9a-f]{64}$/)
const connection = z.string().regex(/^[0-9a-f]{16}$/)
const height = z.int().nonnegative()
const tip = z.strictObject({ hash, height })
/** how many pieces of a connection an end has sent and taken */
const counts = z.strictObject({ connection, sent: z.int().nonnegative(), taken: z.int().nonnegative() })
const member = z.strictObject({ name: z.string().min(1).max(40), nodeId: nodeId.nullable(), isOnline: z.boolean() })

export type PracticeMember = z.infer<typeof member>

const frame = z.discriminatedUnion('kind', [
  // both ways
  z.strictObject({ kind: z.literal('data'), connection, seq: z.int().nonnegative(), hex: hex(MOST_CHUNK) }),
  z.strictObject({ kind: z.literal('closed'), connection }),
  // to the host
  z.strictObject({ kind: z.literal('hello'), name: z.string().min(1).max(40), nodeId: nodeId.nullable(), tip: tip.nullable(), stream: counts.nullable() }),
  z.strictObject({ kind: z.literal('ack'), height }),
  z.strictObject({ kind: z.literal('tx'), hex: hex(MOST_CHUNK) }),
  z.strictObject({ kind: z.literal('mine'), id: connection, blocks: z.int().min(1).max(MOST_MINED) }),
  z.strictObject({ kind: z.literal('bye') }),
  // from the host
  z.strictObject({ kind: z.literal('welcome'), hub: nodeId, tip, members: z.array(member).max(100) }),
  z.strictObject({ kind: z.literal('blocks'), from: height, blocks: z.array(z.strictObject({ header: hex(80), txs: z.array(hex(MOST_CHUNK)).max(100) })).max(100) }),
  z.strictObject({ kind: z.literal('mined'), id: connection }),
  z.strictObject({ kind: z.literal('foreign') }),
  z.strictObject({ kind: z.literal('full') }),
]) // prettier-ignore

export type Frame = z.infer<typeof frame>

export const writeFrame = (said: Frame): Uint8Array => new TextEncoder().encode(JSON.stringify(said))

/** @returns null for what is none */
export function readFrame(bytes: Uint8Array): Frame | null {
  if (bytes.length > MOST_BYTES) return null
  try {
    return frame.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch (thrown) {
    if (thrown instanceof z.ZodError || thrown instanceof SyntaxError || thrown instanceof TypeError) return null
    throw thrown
  }
}

export const newConnection = (): string => bytesToHex(crypto.getRandomValues(new Uint8Array(8)))

/** Blocks in messages of a size that passes. @param from height of the first */
export function blockFrames(from: number, blocks: readonly Block[]): Frame[] {
  const frames: (Frame & { kind: 'blocks' })[] = []
  let bytes = Infinity
  for (const [i, { header, txs }] of blocks.entries()) {
    const size = header.length + txs.reduce((sum, raw) => sum + raw.length, 0)
    if (bytes + size > MOST_CHUNK || frames.at(-1)!.blocks.length === 100) {
      frames.push({ kind: 'blocks', from: from + i, blocks: [] })
      bytes = 0
    }
    bytes += size
    frames.at(-1)!.blocks.push({ header: bytesToHex(header), txs: txs.map(bytesToHex) })
  }
  return frames
}

export function blocksOf(said: Frame & { kind: 'blocks' }): Block[] {
  return said.blocks.map(({ header, txs }) => ({ header: hexToBytes(header), txs: txs.map((raw) => hexToBytes(raw)) }))
}

/** Most pieces kept while an earlier one is awaited. */
const MOST_AWAITED = 256

/** One connection's bytes over a channel that keeps no order: numbered, and put back in order. */
export class Stream {
  private sent = 0
  private taken = 0
  private readonly early = new Map<number, Uint8Array>()
  readonly id: string

  constructor(id: string) {
    this.id = id
  }

  write(bytes: Uint8Array): Frame[] {
    const pieces = Array.from({ length: Math.ceil(bytes.length / MOST_CHUNK) }, (_, i) => bytes.subarray(i * MOST_CHUNK, (i + 1) * MOST_CHUNK))
    return pieces.map((piece) => ({ kind: 'data', connection: this.id, seq: this.sent++, hex: bytesToHex(piece) }))
  }

  /** @returns what can be read now, in order; null when too much is missing */
  read(said: Frame & { kind: 'data' }): Uint8Array[] | null {
    if (said.seq >= this.taken) this.early.set(said.seq, hexToBytes(said.hex))
    if (this.early.size > MOST_AWAITED) return null
    const ready: Uint8Array[] = []
    for (let next = this.early.get(this.taken); next; next = this.early.get(this.taken)) {
      ready.push(next)
      this.early.delete(this.taken++)
    }
    return ready
  }

  counts(): { connection: string; sent: number; taken: number } {
    return { connection: this.id, sent: this.sent, taken: this.taken }
  }
}
