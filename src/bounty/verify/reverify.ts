// Anybody's check of a verdict, once the held-out text is revealed: the patch is trained again, on other seeds, and must
// score what the verifiers said.

import type { BountySpec, Score, Verdict } from '../types'

export interface Reverified {
  agrees: boolean
  reason: string
  score: Score | null
}

/** Seeds differ, so two honest scores may be apart by the tolerance and twice the error of both medians. */
export function compareScores(spec: BountySpec, verdict: Verdict, attested: readonly Score[], mine: Score | null, why: string): Reverified {
  if (verdict.heldOutBpb === null) {
    return mine === null
      ? { agrees: true, reason: `It could not be scored here either: ${why}`, score: null }
      : { agrees: false, reason: `The verifiers could not score it; here it scores ${mine.heldOutBpb.toFixed(4)} bits per byte.`, score: mine }
  }
  if (mine === null) return { agrees: false, reason: `The verifiers scored ${verdict.heldOutBpb.toFixed(4)} bits per byte; here it cannot be scored: ${why}`, score: null }
  const allowed = spec.toleranceBpb + 2 * Math.hypot(errorOf(mine.scores), errorOf(attested.flatMap(({ scores }) => scores)))
  const apart = Math.abs(mine.heldOutBpb - verdict.heldOutBpb)
  const figures = `Here ${mine.heldOutBpb.toFixed(4)} bits per byte, attested ${verdict.heldOutBpb.toFixed(4)}: ${apart.toFixed(4)} apart, and ${allowed.toFixed(4)} are allowed (the tolerance, and twice the spread of the seeds).`
  return { agrees: apart <= allowed, reason: figures, score: mine }
}

/** Standard error of the mean of some scores; 0 of fewer than two. */
function errorOf(scores: readonly number[]): number {
  const { length } = scores
  if (length < 2) return 0
  const mean = scores.reduce((sum, score) => sum + score, 0) / length
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (length - 1)
  return Math.sqrt(variance / length)
}
