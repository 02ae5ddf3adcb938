// A private regtest chain: real headers with real (easiest) proof of work over the transactions that LDK broadcasts, and
// no others. Nobody checks scripts: whoever mines is trusted with play money. What a member checks is that blocks link.

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js'

export interface Block {
  /** 80 bytes */
  header: Uint8Array
  /** raw transactions, the coinbase apart */
  txs: Uint8Array[]
}

/** Where a chain ends. */
export interface Tip {
  /** 32 bytes, as hashed (not reversed) */
  hash: Uint8Array
  height: number
}

/** Easiest target of regtest, in the header's compact form. */
const EASIEST = 0x207fffff
const COINBASE_SAT = 5_000_000_000n

const hash256 = (bytes: Uint8Array) => sha256(sha256(bytes))
export const blockHash = ({ header }: Pick<Block, 'header'>): Uint8Array => hash256(header)
export const blockTime = ({ header }: Pick<Block, 'header'>): number => new DataView(header.buffer, header.byteOffset).getUint32(68, true)

/** Whether a block continues a chain with work done on it. */
export function follows(block: Block, tip: Tip): boolean {
  return block.header.length === 80 && block.header.subarray(4, 36).every((byte, i) => byte === tip.hash[i]) && blockHash(block)[31] <= 0x7f
}

/** Mines a block on a tip. @param unixSeconds must not be before the last block's */
export function mineBlock(tip: Tip, txs: Uint8Array[], unixSeconds: number): Block {
  const root = merkleRoot([hash256(coinbase(tip.height + 1)), ...txs.map((raw) => readTx(raw).txid)])
  for (let nonce = 0; ; nonce++) {
    const header = concatBytes(u32(0x20000000), tip.hash, root, u32(unixSeconds), u32(EASIEST), u32(nonce))
    if (hash256(header)[31] <= 0x7f) return { header, txs }
  }
}

/** A transaction that pays a channel's script out of nothing: its input names money that never was. */
export function fundingTx(amountSat: bigint, script: Uint8Array): Uint8Array {
  const origin = crypto.getRandomValues(new Uint8Array(32))
  const input = concatBytes(Uint8Array.of(1), origin, u32(0), Uint8Array.of(0), u32(0xfffffffd))
  const output = concatBytes(Uint8Array.of(1), u64(amountSat), Uint8Array.of(script.length), script)
  // LDK wants a witness on every input of a funding transaction
  return concatBytes(u32(2), Uint8Array.of(0, 1), input, output, Uint8Array.of(1, 1, 0xff), u32(0))
}

export interface Tx {
  txid: Uint8Array
  /** what it spends, `<txid>:<index>` */
  spends: string[]
  lockTime: number
}

/** Reads a raw transaction. @throws RangeError when it is none */
export function readTx(raw: Uint8Array): Tx {
  const reader = new Reader(raw)
  reader.take(4)
  const isSegwit = raw[4] === 0
  if (isSegwit) reader.take(2)
  const from = reader.at
  const spends = Array.from({ length: reader.count() }, () => {
    const spent = `${bytesToHex(reader.take(32))}:${reader.u32()}`
    reader.take(reader.count())
    reader.take(4)
    return spent
  })
  for (let outputs = reader.count(); outputs > 0; outputs--) {
    reader.take(8)
    reader.take(reader.count())
  }
  const to = reader.at
  if (isSegwit) for (const _ of spends) for (let items = reader.count(); items > 0; items--) reader.take(reader.count())
  const lockTime = reader.u32()
  if (reader.at !== raw.length) throw new RangeError('bytes after the transaction')
  return { txid: hash256(concatBytes(raw.subarray(0, 4), raw.subarray(from, to), u32(lockTime))), spends, lockTime }
}

class Reader {
  at = 0
  private readonly bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
  take(count: number): Uint8Array {
    if (this.at + count > this.bytes.length) throw new RangeError('transaction cut short')
    this.at += count
    return this.bytes.subarray(this.at - count, this.at)
  }
  u32(): number {
    const bytes = this.take(4)
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  }
  /** a compact size, of one or three bytes: longer ones are no transaction of a Lightning node */
  count(): number {
    const first = this.take(1)[0]
    if (first < 0xfd) return first
    if (first > 0xfd) throw new RangeError('transaction too large')
    const [low, high] = this.take(2)
    return low + 256 * high
  }
}

function merkleRoot(layer: Uint8Array[]): Uint8Array {
  while (layer.length > 1) {
    layer = Array.from({ length: Math.ceil(layer.length / 2) }, (_, i) => hash256(concatBytes(layer[2 * i], layer[2 * i + 1] ?? layer[2 * i])))
  }
  return layer[0]
}

function coinbase(height: number): Uint8Array {
  const input = concatBytes(Uint8Array.of(1), new Uint8Array(32), u32(0xffffffff), Uint8Array.of(5, 4), u32(height), u32(0xffffffff))
  return concatBytes(u32(1), input, Uint8Array.of(1), u64(COINBASE_SAT), Uint8Array.of(1, 0x51), u32(0))
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value, true)
  return bytes
}
