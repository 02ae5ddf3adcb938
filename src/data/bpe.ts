// Byte-pair encoding, trained from counts of pieces. After each merge only the pieces that hold the merged pair are
// touched, and the best pair comes from a heap whose stale entries are put right when they surface.

import { LabError } from '../core/errors'
import { bytesOf, eachPiece, textOf } from './pretokens'
import type { Split } from './types'

const smallestBpeVocab = 256
export const largestBpeVocab = 8192
export const specialCount = 4
/** training reads no more than this of the split, spread over it evenly … */
const sampleBytes = 8_000_000
/** … and no more than this of one document */
const documentCharacters = 10_000

/**
 * Counts the pieces of a sample of documents: every k-th, so that the sample stays near 8 MB.
 * @returns how often each piece occurs
 */
export function countPieces(split: Split, onProgress?: (done: number) => void): Map<string, number> {
  const counts = new Map<string, number>()
  const stride = Math.max(1, split.byteCount / sampleBytes)
  for (let k = 0; Math.floor(k * stride) < split.documents.length; k++) {
    const i = Math.floor(k * stride)
    const text = textOf(split.documents[i]).slice(0, documentCharacters)
    // a cut inside a surrogate pair would leave half a character
    const whole = /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text
    eachPiece(whole, (piece) => counts.set(piece, (counts.get(piece) ?? 0) + 1))
    if (k % 256 === 0) onProgress?.(i / split.documents.length)
  }
  return counts
}

interface Candidate {
  pair: number
  count: number
}

const left = (pair: number): number => pair >>> 16
const right = (pair: number): number => pair & 0xffff
const pairOf = (a: number, b: number): number => ((a << 16) | b) >>> 0

/**
 * Learns merges: again and again the commonest adjacent pair becomes a new id; equal counts go to the lower pair.
 * @param vocab tokens wanted in all: 256 bytes, merges, 4 specials; 256 … 8192, a multiple of 4 (256 gives no merge)
 * @returns pairs of earlier ids in rank order: vocab − 260 of them; fewer (a multiple of 4) when no pair occurs twice
 * @throws LabError data.format for a vocabulary out of range
 */
export function trainMerges(
  pieces: Map<string, number>,
  vocab: number,
  onProgress?: (done: number) => void,
): [number, number][] {
  if (!Number.isInteger(vocab) || vocab % 4 !== 0 || vocab < smallestBpeVocab || vocab > largestBpeVocab) {
    throw new LabError('data.format', `A vocabulary of ${vocab} is not possible.`, {
      hint: `Choose a multiple of 4 from ${smallestBpeVocab} to ${largestBpeVocab}.`,
    })
  }
  const wanted = Math.max(0, vocab - 256 - specialCount)
  const words: number[][] = []
  const wordCounts: number[] = []
  for (const [piece, count] of pieces) {
    const bytes = bytesOf(piece)
    if (bytes.length < 2) continue
    words.push([...bytes])
    wordCounts.push(count)
  }
  const counts = new Map<number, number>()
  const holders = new Map<number, Set<number>>()
  words.forEach((word, w) => {
    for (let i = 0; i + 1 < word.length; i++) note(counts, holders, pairOf(word[i], word[i + 1]), wordCounts[w], w)
  })
  const heap = new CandidateHeap()
  for (const [pair, count] of counts) heap.push({ pair, count })

  const merges: [number, number][] = []
  while (merges.length < wanted) {
    const best = heap.pop()
    if (!best) break
    const now = counts.get(best.pair) ?? 0
    if (now !== best.count) {
      if (now > 1) heap.push({ pair: best.pair, count: now })
      continue
    }
    if (best.count < 2) break
    const id = 256 + merges.length
    merges.push([left(best.pair), right(best.pair)])
    const raised = new Set<number>()
    for (const w of holders.get(best.pair) ?? []) {
      mergeWord(words[w], best.pair, id, (pair, sign) => {
        note(counts, holders, pair, sign * wordCounts[w], w)
        if (sign > 0) raised.add(pair)
      })
    }
    counts.delete(best.pair)
    holders.delete(best.pair)
    for (const pair of raised) heap.push({ pair, count: counts.get(pair) ?? 0 })
    if (merges.length % 64 === 0) onProgress?.(merges.length / wanted)
  }
  merges.length -= merges.length % 4
  return merges
}

function note(
  counts: Map<number, number>,
  holders: Map<number, Set<number>>,
  pair: number,
  change: number,
  word: number,
): void {
  counts.set(pair, (counts.get(pair) ?? 0) + change)
  if (change < 0) return
  const held = holders.get(pair)
  if (held) held.add(word)
  else holders.set(pair, new Set([word]))
}

/** Replaces every occurrence of the pair in the word by `id`, and tells which neighbouring pairs went and came. */
function mergeWord(word: number[], pair: number, id: number, changed: (pair: number, sign: 1 | -1) => void): void {
  const [a, b] = [left(pair), right(pair)]
  let out = 0
  for (let i = 0; i < word.length; out++) {
    if (i + 1 < word.length && word[i] === a && word[i + 1] === b) {
      if (out > 0) {
        changed(pairOf(word[out - 1], a), -1)
        changed(pairOf(word[out - 1], id), 1)
      }
      if (i + 2 < word.length) {
        changed(pairOf(b, word[i + 2]), -1)
        changed(pairOf(id, word[i + 2]), 1)
      }
      word[out] = id
      i += 2
    } else word[out] = word[i++]
  }
  word.length = out
}

/** A binary heap: most frequent pair first, of equals the lowest. */
class CandidateHeap {
  private readonly items: Candidate[] = []

  push(item: Candidate): void {
    const { items } = this
    let i = items.push(item) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(item, items[parent])) break
      items[i] = items[parent]
      i = parent
    }
    items[i] = item
  }

  pop(): Candidate | undefined {
    const { items } = this
    const top = items[0]
    const item = items.pop()
    if (!item || items.length === 0) return top
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= items.length) break
      if (child + 1 < items.length && before(items[child + 1], items[child])) child++
      if (!before(items[child], item)) break
      items[i] = items[child]
      i = child
    }
    items[i] = item
    return top
  }
}

const before = (a: Candidate, b: Candidate): boolean => a.count > b.count || (a.count === b.count && a.pair < b.pair)
