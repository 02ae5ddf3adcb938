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
 * bpb = Σ nats / (ln 2 · Σ bytes), over targets that stand for bytes; specials count in neither sum.
 * Nats are f32 from the kernel, sums are f64. Byte lengths are raw token bytes (the original counts the length of
 * each token decoded alone, which inflates the denominator where a token is half a character).
 */
export async function bitsPerByte(session: Session, set: EvaluationRows, data: TokenData): Promise<number> {
  const { B, T } = session.plan.score
  // the last batch is filled up with the set's last row, whose repeats are not counted
  const start = (batch: number, b: number) => Math.min(batch * B + b, set.count - 1) * (T + 1)
  let nats = 0
  let bytes = 0
  await session.score(
    Math.ceil(set.count / B),
    (batch, tokens, targets) => {
      for (let b = 0; b < B; b++) {
        const row = start(batch, b)
        tokens.set(set.rows.subarray(row, row + T), b * T)
        targets.set(set.rows.subarray(row + 1, row + T + 1), b * T)
      }
    },
    (batch, each) => {
      const counted = Math.min(B, set.count - batch * B)
      for (let b = 0; b < counted; b++) {
        const row = start(batch, b)
        for (let t = 0; t < T; t++) {
          const length = data.tokenBytes[set.rows[row + 1 + t]]
          if (length === 0) continue
          nats += each[b * T + t]
          bytes += length
        }
      }
    },
  )
  return nats / (Math.LN2 * bytes)
}
