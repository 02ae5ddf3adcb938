// Blocks of the practice chain, kept whole by the host, and the transactions that wait for one.

import { bytesToHex } from '@noble/hashes/utils.js'
import { LabError } from '../../core/errors'
import { blockHash, blockTime, mineBlock, readTx, type Block, type Tip, type Tx } from './chain'

const MOST_WAITING = 500
/** Of the transactions of a block: it is sent to members in one message. */
const MOST_BLOCK_BYTES = 10_000
/** A lock time above this is a date, and long past. */
const DATES = 500_000_000

export class Miner {
  private readonly genesis: Tip
  private readonly blocks: Block[] = []
  private readonly hashes: Uint8Array[] = []
  private readonly spent = new Set<string>()
  private waiting: { raw: Uint8Array; tx: Tx }[] = []

  /** @param stored blocks `block/<height>` and transactions `waiting/<txid>` */
  constructor(genesis: Tip, stored: ReadonlyMap<string, Uint8Array>) {
    this.genesis = genesis
    for (let bytes = stored.get('block/1'); bytes; bytes = stored.get(`block/${this.blocks.length + 1}`)) this.add(readBlock(bytes))
    for (const [key, raw] of stored) if (key.startsWith('waiting/')) this.offer(raw)
  }

  tip(): Tip {
    return { hash: this.hashes.at(-1) ?? this.genesis.hash, height: this.blocks.length }
  }

  /** Blocks above a height. */
  since(height: number): Block[] {
    return this.blocks.slice(height)
  }

  has({ hash, height }: Tip): boolean {
    const own = height === 0 ? this.genesis.hash : this.hashes[height - 1]
    return own !== undefined && bytesToHex(own) === bytesToHex(hash)
  }

  /** A transaction for the next block. @returns its key where it is new and spends nothing that is spent, else null */
  offer(raw: Uint8Array): string | null {
    let tx: Tx
    try {
      tx = readTx(raw)
    } catch (thrown) {
      if (thrown instanceof RangeError) return null
      throw thrown
    }
    const taken = new Set(this.waiting.flatMap((other) => other.tx.spends))
    if (this.waiting.length >= MOST_WAITING || raw.length > MOST_BLOCK_BYTES || tx.spends.length === 0 || tx.spends.some((out) => this.spent.has(out) || taken.has(out))) return null
    this.waiting.push({ raw, tx })
    return `waiting/${bytesToHex(tx.txid)}`
  }

  /** Whether something can be confirmed now. */
  isAsked(): boolean {
    return this.ripe().length > 0
  }

  /** The next block, and what to keep of it. Its time is the clock's, however many are mined at once. */
  mine(unixSeconds: number): { block: Block; changes: Map<string, Uint8Array | null> } {
    const last = this.blocks.at(-1)
    const txs = this.ripe()
    const block = mineBlock(this.tip(), txs.map(({ raw }) => raw), Math.max(unixSeconds, last ? blockTime(last) + 1 : 0)) // prettier-ignore
    this.add(block)
    this.waiting = this.waiting.filter((other) => !txs.includes(other))
    const changes = new Map<string, Uint8Array | null>([[`block/${this.blocks.length}`, writeBlock(block)]])
    for (const { tx } of txs) changes.set(`waiting/${bytesToHex(tx.txid)}`, null)
    return { block, changes }
  }

  /** What the next block takes. */
  private ripe() {
    let bytes = 0
    return this.waiting.filter(({ raw, tx }) => {
      const fits = (tx.lockTime >= DATES || tx.lockTime <= this.blocks.length) && bytes + raw.length <= MOST_BLOCK_BYTES
      if (fits) bytes += raw.length
      return fits
    })
  }

  private add(block: Block): void {
    this.blocks.push(block)
    this.hashes.push(blockHash(block))
    for (const raw of block.txs) for (const out of readTx(raw).spends) this.spent.add(out)
  }
}

/** Header, then each transaction behind its length. */
function writeBlock({ header, txs }: Block): Uint8Array {
  const bytes = new Uint8Array(80 + txs.reduce((sum, raw) => sum + 4 + raw.length, 0))
  bytes.set(header)
  let at = 80
  for (const raw of txs) {
    new DataView(bytes.buffer).setUint32(at, raw.length)
    bytes.set(raw, at + 4)
    at += 4 + raw.length
  }
  return bytes
}

function readBlock(bytes: Uint8Array): Block {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const txs: Uint8Array[] = []
  for (let at = 80; at < bytes.length; ) {
    const length = at + 4 <= bytes.length ? view.getUint32(at) : Infinity
    if (at + 4 + length > bytes.length) throw new LabError('store.corrupt', 'A block of the practice chain is damaged.', { hint: 'Begin a new practice network.' })
    txs.push(bytes.slice(at + 4, at + 4 + length))
    at += 4 + length
  }
  return { header: bytes.slice(0, 80), txs }
}
