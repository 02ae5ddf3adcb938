// The ruler: bits per byte on a fixed set of rows, from the logits' cross-entropy by our own kernel.
// The program has no say in the rows, the context, the targets or the sums.

import { createRowSource } from '../data/rows'
import type { TokenData, TokenSplit } from '../data/types'
import type { Session } from '../engine/session'

/** Rows of context+1 tokens, back to back: what an evaluation reads. */
export interface EvaluationRows {
  rows: Int32Array
  count: number
  context: number
}

/** What an evaluation found. */
export interface SplitScore {
  bpb: number
  /** bits per byte of each of PARTS runs of rows, in order: how far a score hangs on the text; null for fewer rows */
  parts: number[] | null
  /** nats of each row */
  rowNats: Float64Array
}

export const PARTS = 16

/**
 * The evaluation rows of a split: from its start, in order, best-fit packed, the same for every program.
 * At least one row; fewer than asked when the split is short.
 */
export function evaluationRows(split: TokenSplit, bos: number, evaluation: { context: number; tokens: number }): EvaluationRows {
  const { context, tokens } = evaluation
  const source = createRowSource(split, context, bos, { kind: 'evaluation', maxTokens: tokens })
  const most = Math.max(1, Math.floor(tokens / context))
  const rows = new Int32Array(most * (context + 1))
  let count = 0
  while (count < most && source.next(rows.subarray(count * (context + 1), (count + 1) * (context + 1)))) count++
  return { rows: rows.subarray(0, count * (context + 1)), count, context }
}

/**
 * Nats of each token of the rows named, batched in the order given.
 * @param take is given the place in `order` and [T] nats, which are good during the call only
 * @param edit may change the tokens [T] a place is read with; its targets stay
 */
export async function scoreRows(
  session: Session,
  set: EvaluationRows,
  order: readonly number[],
  take: (place: number, nats: Float32Array) => void,
  edit?: (place: number, tokens: Int32Array) => void,
): Promise<void> {
  const { B, T } = session.plan.score
  await session.score(
    Math.ceil(order.length / B),
    (batch, tokens, targets) => {
      for (let b = 0; b < B; b++) {
        // the last batch is filled up with the last row, whose repeats are not counted
        const place = Math.min(batch * B + b, order.length - 1)
        const at = order[place] * (T + 1)
        tokens.set(set.rows.subarray(at, at + T), b * T)
        targets.set(set.rows.subarray(at + 1, at + T + 1), b * T)
        edit?.(place, tokens.subarray(b * T, (b + 1) * T))
      }
    },
    (batch, nats) => {
      const counted = Math.min(B, order.length - batch * B)
      for (let b = 0; b < counted; b++) take(batch * B + b, nats.subarray(b * T, (b + 1) * T))
    },
  )
}

/** Nats of a row over targets that stand for bytes: specials do not count. */
export function sumNats(set: EvaluationRows, row: number, nats: Float32Array, tokenBytes: Uint16Array): number {
  const first = row * (set.context + 1) + 1
  let sum = 0
  for (let t = 0; t < set.context; t++) if (tokenBytes[set.rows[first + t]] > 0) sum += nats[t]
  return sum
}

/**
 * bpb = Σ nats / (ln 2 · Σ bytes), over targets that stand for bytes; specials count in neither sum.
 * Nats are f32 from the kernel, sums are f64. Byte lengths are raw token bytes (the original counts the length of
 * each token decoded alone, which inflates the denominator where a token is half a character).
 */
export async function scoreSplit(session: Session, set: EvaluationRows, data: Pick<TokenData, 'tokenBytes'>): Promise<SplitScore> {
  const order = Array.from({ length: set.count }, (_, row) => row)
  const rowNats = new Float64Array(set.count)
  await scoreRows(session, set, order, (row, nats) => {
    rowNats[row] = sumNats(set, row, nats, data.tokenBytes)
  })
  const bpb = (from: number, to: number) => {
    let [nats, bytes] = [0, 0]
    for (let row = from; row < to; row++) {
      nats += rowNats[row]
      bytes += rowBytes(set, row, data.tokenBytes)
    }
    return nats / (Math.LN2 * bytes)
  }
  const parts = Array.from({ length: PARTS }, (_, i) => bpb(...partRows(set.count, i)))
  return { bpb: bpb(0, set.count), parts: set.count < PARTS ? null : parts, rowNats }
}

/** The rows of a part, from … to. */
function partRows(count: number, part: number): [number, number] {
  return [Math.floor((part * count) / PARTS), Math.floor(((part + 1) * count) / PARTS)]
}

/** Bytes that a row's targets stand for. */
export function rowBytes(set: EvaluationRows, row: number, tokenBytes: Uint16Array): number {
  const first = row * (set.context + 1) + 1
  let bytes = 0
  for (let t = 0; t < set.context; t++) bytes += tokenBytes[set.rows[first + t]]
  return bytes
}
