// Rows for training and evaluation: documents packed so that every row begins with a document and none is padded.
// Best fit, as in the original lab: of a buffer of documents, put the longest that still fits; when none fits, crop the
// shortest to fill the row. Two deviations, because the original's rows are longer than nearly all of its documents
// and ours, with bytes for tokens, are shorter than most. A document longer than a row enters the buffer as pieces of
// a row's length and a rest, and what is cropped away goes back into the buffer; each piece gets a begin token of its
// own. So nothing is thrown away: by the original's rule only the openings would ever be seen, or scored.

import { LabError } from '../core/errors'
import { Rng } from '../core/rng'
import type { RowSource, TokenSplit } from './types'

/** the buffer is kept at this many pieces, as long as the epoch has that many left */
const bufferPieces = 1000

export type RowOrder = { kind: 'train'; seed: number } | { kind: 'evaluation'; maxTokens: number }

/**
 * Supplies rows of context + 1 tokens: inputs are the first `context`, targets the last.
 * train: endless; documents in an order shuffled anew for each epoch from the seed.
 * evaluation: the first documents that hold `maxTokens` tokens, once, in ⌊maxTokens / context⌋ rows at most; ends
 * earlier when what is left fills no row.
 * @param split not copied, and must not change while rows are drawn
 * @param bos the begin-of-document token, with which every row starts
 * @throws LabError data.empty when the split has no document, or (evaluation) too little text for a single row
 */
export function createRowSource(split: TokenSplit, context: number, bos: number, order: RowOrder): RowSource {
  return new PackedRows(split, context, bos, order)
}

class PackedRows implements RowSource {
  epoch = 0
  private readonly split: TokenSplit
  private readonly capacity: number
  private readonly bos: number
  private readonly shuffler: Rng | null
  private readonly sequence: Uint32Array
  private nextDocument = 0
  private rowsLeft: number
  // the buffered pieces: where their text starts in `tokens` (behind BOS), and their length in a row, BOS included
  private readonly starts: number[] = []
  private readonly lengths: number[] = []

  constructor(split: TokenSplit, context: number, bos: number, order: RowOrder) {
    this.split = split
    this.capacity = context + 1
    this.bos = bos
    const training = order.kind === 'train'
    const documents = training ? split.offsets.length - 1 : documentsHolding(split, order.maxTokens)
    this.sequence = Uint32Array.from({ length: documents }, (_, i) => i)
    this.shuffler = training ? new Rng(order.seed, 'document order') : null
    this.rowsLeft = training ? Infinity : Math.floor(order.maxTokens / context)
    const tokens = split.offsets[documents]
    if (tokens === documents || (!training && tokens < this.capacity)) {
      throw new LabError('data.empty', `${tokens} tokens of text do not fill one row of ${this.capacity}.`, {
        hint: 'Give more text, or choose a shorter context.',
        data: { tokens, context },
      })
    }
    this.shuffle()
  }

  next(out: Int32Array): boolean {
    if (this.rowsLeft === 0) return false
    this.rowsLeft--
    let filled = 0
    while (filled < this.capacity) {
      this.refill()
      if (this.starts.length === 0) {
        this.rowsLeft = 0 // a finite source ran dry inside this row
        return false
      }
      const room = this.capacity - filled
      filled += this.place(this.choose(room), room, out, filled)
    }
    return true
  }

  /** The longest piece that fits; when none does, the shortest. Of equals the first. */
  private choose(room: number): number {
    const { lengths } = this
    let fit = -1
    let shortest = 0
    for (let i = 0; i < lengths.length; i++) {
      if (lengths[i] <= room && (fit < 0 || lengths[i] > lengths[fit])) {
        fit = i
        if (lengths[i] === room) break
      }
      if (lengths[i] < lengths[shortest]) shortest = i
    }
    return fit >= 0 ? fit : shortest
  }

  /** Copies a piece into the row, as far as there is room; the rest stays in the buffer. Returns how many tokens. */
  private place(i: number, room: number, out: Int32Array, at: number): number {
    const count = Math.min(room, this.lengths[i])
    const start = this.starts[i]
    out[at] = this.bos
    for (let k = 1; k < count; k++) out[at + k] = this.split.tokens[start + k - 1]
    if (count < this.lengths[i]) {
      this.starts[i] += count - 1
      this.lengths[i] -= count - 1
    } else {
      this.starts.splice(i, 1)
      this.lengths.splice(i, 1)
    }
    return count
  }

  private refill(): void {
    while (this.starts.length < bufferPieces) {
      if (this.nextDocument === this.sequence.length) {
        if (!this.shuffler || this.starts.length > 0) return
        this.epoch++
        this.shuffle()
      }
      const document = this.sequence[this.nextDocument++]
      const end = this.split.offsets[document + 1]
      for (let from = this.split.offsets[document] + 1; from < end; from += this.capacity - 1) {
        this.starts.push(from)
        this.lengths.push(1 + Math.min(this.capacity - 1, end - from))
      }
    }
  }

  private shuffle(): void {
    this.nextDocument = 0
    if (!this.shuffler) return
    for (let i = this.sequence.length - 1; i > 0; i--) {
      const j = this.shuffler.int(i + 1)
      const held = this.sequence[i]
      this.sequence[i] = this.sequence[j]
      this.sequence[j] = held
    }
  }
}

/** How many documents from the start hold at least so many tokens. */
function documentsHolding({ offsets }: TokenSplit, tokens: number): number {
  let documents = 0
  while (documents < offsets.length - 1 && offsets[documents] < tokens) documents++
  return documents
}
