// What a score must pass before it counts. Every gate runs on the trained model.

import type { Session } from '../engine/session'
import type { EvaluationRows } from './evaluate'
import type { GateResult } from './types'

/** No text has fewer bits per byte than this, whatever the model. */
const LEAST_BPB = 0.02

/**
 * Causality and row independence: changing one token must not move any logit before it, nor any of another row.
 * Compared bit for bit: the same kernels add the same numbers in the same order.
 */
export async function checkCausality(session: Session, set: EvaluationRows): Promise<GateResult[]> {
  const { T, V } = session.plan.probe
  const tokens = new Int32Array(2 * T)
  tokens.set(set.rows.subarray(0, T), 0)
  tokens.set(set.rows.subarray((set.count - 1) * (T + 1), (set.count - 1) * (T + 1) + T), T)
  const before = await session.logits(tokens)
  let earlier: string | null = null
  let other: string | null = null
  const positions = [...new Set([T - 1, Math.floor(T / 2), 1])].filter((j) => j > 0)
  for (const j of positions) {
    const changed = tokens.slice()
    changed[j] = (tokens[j] + 1) % V
    const after = await session.logits(changed)
    const moved = firstDifference(before, after, 0, j * V)
    if (moved >= 0) earlier ??= `changing token ${j} moved the logits of token ${Math.floor(moved / V)}`
    if (firstDifference(before, after, T * V, 2 * T * V) >= 0) other ??= `changing row 0 at token ${j} moved the logits of row 1`
  }
  return [
    { gate: 'causality', passed: earlier === null, detail: earlier ?? `no logit before tokens ${positions.join(', ')} moved` },
    { gate: 'rows', passed: other === null, detail: other ?? 'the other row did not move' },
  ]
}

function firstDifference(a: Float32Array, b: Float32Array, from: number, to: number): number {
  for (let i = from; i < to; i++) if (a[i] !== b[i]) return i
  return -1
}

/** A score must be a number, and one that text can have. */
export function checkScores(scores: readonly number[], uniformBpb: number): GateResult[] {
  const finite = scores.every(Number.isFinite)
  const most = 4 * uniformBpb
  const inside = finite && scores.every((s) => s > LEAST_BPB && s < most)
  const shown = scores.map((s) => s.toFixed(4)).join(', ')
  return [
    { gate: 'finite', passed: finite, detail: finite ? 'every score is a number' : `scores: ${shown}` },
    { gate: 'bounds', passed: inside, detail: `${shown} ${inside ? 'within' : 'outside'} ${LEAST_BPB} … ${most.toFixed(1)} bits per byte` },
  ]
}
