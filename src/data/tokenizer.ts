// Bytes to tokens and back. Ids 0 … 255 are the bytes, then come merges in rank order, then four specials, the first
// of which begins every document. One deviation from the original lab: a token's length in bytes is that of its merged
// bytes, where the original decoded each token to text and counted the three bytes of U+FFFD for a broken character.

import { LabError } from '../core/errors'
import { sha256 } from '../core/hash'
import { countPieces, largestBpeVocab, specialCount, trainMerges } from './bpe'
import { bytesOf, eachPiece, textOf } from './pretokens'
import type { Split, Tokenizer, TokenizerJson, TokenizerSpec, TokenSplit } from './types'

/** pieces remembered with their tokens; when full it starts over, which bounds memory on odd text */
const cacheEntries = 200_000

/**
 * Builds a tokenizer from its plain form.
 * @throws LabError data.format when a merge refers to an id that does not exist yet, or there are too many
 */
export async function createTokenizer(json: TokenizerJson): Promise<Tokenizer> {
  const { kind, merges } = json
  checkMerges(json)
  const vocab = 256 + merges.length + specialCount
  const bos = 256 + merges.length
  const tokens = tokenTable(merges)
  const tokenBytes = new Uint16Array(vocab)
  tokens.forEach((bytes, id) => (tokenBytes[id] = bytes.length))
  const plain: TokenizerJson = { kind, merges: merges.map(([a, b]) => [a, b]) }
  return {
    kind,
    vocab,
    bos,
    tokenBytes,
    sha256: await sha256(JSON.stringify(plain)),
    encode: merges.length === 0 ? (bytes) => new Uint16Array(bytes) : mergingEncoder(merges),
    decode: (ids) => decodeTokens(ids, tokens, vocab),
    toJSON: () => plain,
  }
}

/**
 * Trains a tokenizer on a split: nothing to learn for bytes, merges for BPE.
 * @param onProgress called with 0 … 1
 * @throws LabError data.format for a vocabulary that is no multiple of 4 from 256 to 8192
 */
export async function trainTokenizer(
  spec: TokenizerSpec,
  split: Split,
  onProgress?: (done: number) => void,
): Promise<Tokenizer> {
  if (spec.kind === 'bytes') return createTokenizer({ kind: 'bytes', merges: [] })
  const pieces = countPieces(split, (done) => onProgress?.(done / 2))
  const merges = trainMerges(pieces, spec.vocab, (done) => onProgress?.(0.5 + done / 2))
  return createTokenizer({ kind: 'bpe', merges })
}

/**
 * Encodes every document behind a begin-of-document token.
 * @returns tokens and offsets in fresh buffers, which may be transferred
 */
export function tokenizeSplit(split: Split, tokenizer: Tokenizer, onProgress?: (done: number) => void): TokenSplit {
  const buffer = new Uint16Array(split.byteCount + split.documents.length)
  const offsets = new Uint32Array(split.documents.length + 1)
  let length = 0
  split.documents.forEach((document, i) => {
    offsets[i] = length
    buffer[length++] = tokenizer.bos
    const tokens = tokenizer.encode(document)
    buffer.set(tokens, length)
    length += tokens.length
    if (i % 256 === 0) onProgress?.(i / split.documents.length)
  })
  offsets[split.documents.length] = length
  return { tokens: buffer.slice(0, length), offsets, byteCount: split.byteCount, sha256: split.sha256 }
}

function checkMerges({ kind, merges }: TokenizerJson): void {
  const valid = merges.length % 4 === 0 && merges.length <= largestBpeVocab - 256 - specialCount &&
    (kind === 'bpe' || merges.length === 0) &&
    merges.every((pair, i) => pair.length === 2 && pair.every((id) => Number.isInteger(id) && id >= 0 && id < 256 + i))
  if (valid) return
  throw new LabError('data.format', 'The tokenizer is damaged: its merges do not build on one another.', {
    hint: 'Train the tokenizer again.',
  })
}

function tokenTable(merges: [number, number][]): Uint8Array[] {
  const tokens = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte))
  for (const [a, b] of merges) {
    const bytes = new Uint8Array(tokens[a].length + tokens[b].length)
    bytes.set(tokens[a])
    bytes.set(tokens[b], tokens[a].length)
    tokens.push(bytes)
  }
  return tokens
}

function mergingEncoder(merges: [number, number][]): (bytes: Uint8Array) => Uint16Array {
  const ranks = new Map(merges.map(([a, b], rank) => [a * 65536 + b, rank]))
  const cache = new Map<string, number[]>()
  return (bytes) => {
    const out = new Uint16Array(bytes.length)
    let length = 0
    eachPiece(textOf(bytes), (piece) => {
      let ids = cache.get(piece)
      if (!ids) {
        ids = mergePiece([...bytesOf(piece)], ranks)
        if (cache.size >= cacheEntries) cache.clear()
        cache.set(piece, ids)
      }
      for (let i = 0; i < ids.length; i++) out[length++] = ids[i]
    })
    return out.slice(0, length)
  }
}

/** Joins the adjacent pair of lowest rank, leftmost first, until no pair can be joined. */
function mergePiece(ids: number[], ranks: Map<number, number>): number[] {
  while (ids.length > 1) {
    let best = Infinity
    let at = -1
    for (let i = 0; i + 1 < ids.length; i++) {
      const rank = ranks.get(ids[i] * 65536 + ids[i + 1])
      if (rank !== undefined && rank < best) {
        best = rank
        at = i
      }
    }
    if (at < 0) break
    ids[at] = 256 + best
    ids.splice(at + 1, 1)
  }
  return ids
}

function decodeTokens(ids: ArrayLike<number>, tokens: Uint8Array[], vocab: number): Uint8Array {
  let length = 0
  for (let i = 0; i < ids.length; i++) {
    if (!(ids[i] >= 0 && ids[i] < vocab)) throw new LabError('lab.internal', `There is no token ${ids[i]}.`)
    length += tokens[ids[i]]?.length ?? 0
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (let i = 0; i < ids.length; i++) {
    const token = tokens[ids[i]]
    if (!token) continue // specials stand for no bytes
    bytes.set(token, at)
    at += token.length
  }
  return bytes
}
