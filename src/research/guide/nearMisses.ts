// Attempts that were not kept and are hardly worse than the best: two of them together may be better than either.

import type { Experiment, LabRecord } from '../../history/types'

/** Standard deviations of one score within which an attempt is a near miss. */
const NEAR_SIGMAS = 2

export interface NearMiss {
  row: Experiment
  /** against the best so far, over the seeds that both have; negative is better */
  deltaBpb: number
}

/**
 * Discarded attempts less than 2σ worse than the best, the best of them first. None where σ has not been measured.
 * A gain that holds for the validation text only is none.
 */
export function nearMisses(lab: Pick<LabRecord, 'incumbent' | 'sigmaBpb'>, rows: readonly Experiment[]): NearMiss[] {
  const best = rows.find(({ number }) => number === lab.incumbent)
  if (!best || !lab.sigmaBpb) return []
  const limit = NEAR_SIGMAS * lab.sigmaBpb
  const misses = rows.flatMap((row) => {
    if (row.status !== 'discard' || row.parentNumber === null || row.judgement?.flag === 'overfit') return []
    const deltaBpb = pairedDelta(row, best)
    return deltaBpb !== null && deltaBpb < limit ? [{ row, deltaBpb }] : []
  })
  return misses.sort((a, b) => a.deltaBpb - b.deltaBpb || a.row.number - b.row.number)
}

/** Mean of row − other over the seeds that both have been scored on: scores are in the order of the judge's seeds. */
export function pairedDelta(row: Experiment, other: Experiment): number | null {
  const shared = Math.min(row.scores.length, other.scores.length)
  if (shared === 0) return null
  return row.scores.slice(0, shared).reduce((sum, score, i) => sum + score - other.scores[i], 0) / shared
}
