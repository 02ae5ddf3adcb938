// Which scores a text can have at all: what leaves these bounds is a fault of the measurement or of the model, not a
// result. They come from the corpus, never from the program.

import type { TokenData } from '../data/types'
import { evaluationRows, rowBytes, type EvaluationRows } from './evaluate'

/** Bits per byte between which a score counts, each with its reason. */
export interface Bounds {
  low: number
  lowReason: string
  high: number
  highReason: string
}

/** The exact entropy is that of the whole split; the rows scored are a part of it, easier or harder by some percent. */
const SAMPLE_SLACK = 0.85
/** A model that has not learned guesses evenly; one worse than that by more than rounding is broken. */
const UNIFORM_SLACK = 1.02
/** No model here, trained for minutes, needs a tenth of what a table of the last two tokens needs. */
const TABLE_SHARE = 0.1
/** tokens of the training text that the table is counted on */
const TABLE_TOKENS = 300_000
/** weight of the shorter context's guess, in observations */
const BACK_OFF = 4

const known = new WeakMap<TokenData, { key: string; bounds: Bounds }>()

/** `scoreBounds`, counted once for one text. */
export function boundsOf(...[data, evaluation, floorBpb]: Parameters<typeof scoreBounds>): Bounds {
  const key = JSON.stringify([evaluation, floorBpb])
  const found = known.get(data)
  if (found?.key === key) return found.bounds
  const bounds = scoreBounds(data, evaluation, floorBpb)
  known.set(data, { key, bounds })
  return bounds
}

/**
 * Bounds of a score on the rows of `val`.
 * high: guessing evenly over the vocabulary, Σ log2 V / Σ bytes.
 * low: the text's exact entropy where it is known, less what a sample may stray; else a tenth of a table's score.
 * @param floorBpb exact entropy of the validation text; null where it is not known
 */
export function scoreBounds(data: TokenData, evaluation: { context: number; tokens: number }, floorBpb: number | null): Bounds {
  const set = evaluationRows(data.val, data.bos, evaluation)
  let targets = 0
  let bytes = 0
  for (let row = 0; row < set.count; row++) {
    bytes += rowBytes(set, row, data.tokenBytes)
    for (let t = 1; t <= set.context; t++) if (data.tokenBytes[set.rows[row * (set.context + 1) + t]] > 0) targets++
  }
  const uniform = (targets * Math.log2(data.vocab)) / bytes
  const high = { high: UNIFORM_SLACK * uniform, highReason: `guessing evenly over ${data.vocab} tokens takes ${uniform.toFixed(3)}` }
  if (floorBpb !== null) {
    return { ...high, low: SAMPLE_SLACK * floorBpb, lowReason: `the text itself holds ${floorBpb.toFixed(3)}, give or take the rows drawn` }
  }
  const table = tableBpb(data, set)
  return { ...high, low: TABLE_SHARE * table, lowReason: `a tenth of the ${table.toFixed(3)} that a table of the last two tokens takes` }
}

/**
 * Bits per byte of a table of token triples counted on the training text, backing off to pairs, singles and evenness:
 * p_k(x | c) = (n(c, x) + β·p_{k−1}(x)) / (n(c) + β).
 */
function tableBpb(data: TokenData, set: EvaluationRows): number {
  const { vocab: V, tokenBytes, train } = data
  const counts = [0, 1, 2].map(() => ({ joint: new Map<number, number>(), context: new Map<number, number>() }))
  const add = (map: Map<number, number>, key: number) => map.set(key, (map.get(key) ?? 0) + 1)
  // contexts of length k as numbers below V^k
  const contextOf = (a: number, b: number, k: number) => (k === 2 ? a * V + b : k === 1 ? b : 0)
  const tokens = train.tokens.subarray(0, TABLE_TOKENS)
  for (let i = 2; i < tokens.length; i++) {
    for (const [k, { joint, context }] of counts.entries()) {
      const c = contextOf(tokens[i - 2], tokens[i - 1], k)
      add(context, c)
      add(joint, c * V + tokens[i])
    }
  }
  let bits = 0
  let bytes = 0
  for (let row = 0; row < set.count; row++) {
    const at = row * (set.context + 1)
    for (let t = 1; t <= set.context; t++) {
      const token = set.rows[at + t]
      if (tokenBytes[token] === 0) continue
      let p = 1 / V
      for (const [k, { joint, context }] of counts.entries()) {
        if (k > t) break
        const c = contextOf(set.rows[at + t - 2] ?? 0, set.rows[at + t - 1], k)
        p = ((joint.get(c * V + token) ?? 0) + BACK_OFF * p) / ((context.get(c) ?? 0) + BACK_OFF)
      }
      bits -= Math.log2(p)
      bytes += tokenBytes[token]
    }
  }
  return bits / bytes
}
