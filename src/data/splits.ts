// Which document is for training, which for the score, and which is never shown to the researcher.

import { LabError } from '../core/errors'
import { sha256 } from '../core/hash'
import type { Split, SplitName } from './types'

/** share of documents for validation, and as much again for the hidden split */
const heldOutShare = 0.05

/** A document with, where it is known, its information content in bits. */
export interface WeighedDocument {
  bytes: Uint8Array
  bits?: number
}

/**
 * Splits documents into train (90 %), val (5 %) and hidden (5 %) by a seeded hash of their bytes: the split of a
 * document depends on nothing else, so equal documents never stand on both sides, and adding documents moves none.
 * Should a small corpus leave val or hidden empty, the documents of lowest hash are moved there.
 * With `validation` given, all of `documents` is train, and val and hidden are halves of `validation`.
 * Order within a split is the order given.
 * @throws LabError data.empty where some split would have no document
 */
export async function splitDocuments(
  documents: WeighedDocument[],
  options: { seed?: number; validation?: WeighedDocument[] } = {},
): Promise<Record<SplitName, Split>> {
  const { seed = 0, validation } = options
  const rest = validation
    ? assign(validation, seed, { val: 0.5, hidden: 1 })
    : assign(documents, seed, { val: heldOutShare, hidden: 2 * heldOutShare })
  const train = validation ? documents.filter(({ bytes }) => bytes.length > 0) : rest.train
  if (train.length === 0) throw tooLittle()
  return { train: await makeSplit(train), val: await makeSplit(rest.val), hidden: await makeSplit(rest.hidden) }
}

type Assigned = Record<SplitName, WeighedDocument[]>

function assign(documents: WeighedDocument[], seed: number, bounds: { val: number; hidden: number }): Assigned {
  const hashed = documents.filter(({ bytes }) => bytes.length > 0)
    .map((document) => ({ document, share: hashBytes(document.bytes, seed) / 2 ** 32 }))
  // by share, not by document: equal documents have one share and move together
  const shares = [...new Set(hashed.map(({ share }) => share))].sort((a, b) => a - b)
  const n = shares.length
  const trainCount = bounds.hidden === 1 ? 0 : 1
  if (n < 2 + trainCount) throw tooLittle()
  const below = (bound: number): number => shares.filter((share) => share < bound).length
  const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value))
  const valEnd = clamp(below(bounds.val), 1, n - 1 - trainCount)
  const hiddenEnd = clamp(below(bounds.hidden), valEnd + 1, n - trainCount)
  const of = (from: number, to: number): WeighedDocument[] => {
    const chosen = new Set(shares.slice(from, to))
    return hashed.filter(({ share }) => chosen.has(share)).map(({ document }) => document)
  }
  return { val: of(0, valEnd), hidden: of(valEnd, hiddenEnd), train: of(hiddenEnd, n) }
}

const tooLittle = (): LabError =>
  new LabError('data.empty', 'There is too little text to hold some back for validation.', {
    hint: 'Give at least three different documents; a text file needs about 6 kB, better 1 MB.',
  })

/** FNV-1a over bytes, seeded, with a final mix so that all 32 bits are even. Not for security. */
function hashBytes(bytes: Uint8Array, seed: number): number {
  let hash = 0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1)
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** A split of documents, hashed over their bytes joined by a zero byte; bits where every document has them. */
export async function makeSplit(documents: WeighedDocument[]): Promise<Split> {
  let byteCount = 0
  let bits: number | undefined = 0
  for (const document of documents) {
    byteCount += document.bytes.length
    bits = bits === undefined || document.bits === undefined ? undefined : bits + document.bits
  }
  const joined = joinDocuments(documents.map(({ bytes }) => bytes), byteCount)
  return {
    documents: documents.map(({ bytes }) => bytes),
    byteCount,
    sha256: await sha256(joined),
    ...(bits === undefined || documents.length === 0 ? {} : { bits }),
  }
}

/** Documents joined by a zero byte: what split and Parquet hashes are taken over. */
export function joinDocuments(documents: Uint8Array[], byteCount: number): Uint8Array {
  const joined = new Uint8Array(byteCount + Math.max(0, documents.length - 1))
  let at = 0
  for (const document of documents) {
    joined.set(document, at)
    at += document.length + 1
  }
  return joined
}
