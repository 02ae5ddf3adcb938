// What the rows add up to: the baseline, the best so far, and how far it has come.

import type { Experiment } from '../../history/types'

export interface Summary {
  baseline: number | null
  best: number | null
  bestNumber: number | null
  kept: number
  decided: number
  failed: number
  /** fraction of the baseline's bits that are gone; 0 before the first keep */
  gain: number
}

export function summarise(rows: readonly Experiment[]): Summary {
  const summary: Summary = { baseline: null, best: null, bestNumber: null, kept: 0, decided: 0, failed: 0, gain: 0 }
  for (const row of rows) {
    if (row.status === 'running' || row.status === 'thought') continue
    if (row.status === 'baseline') {
      summary.baseline ??= row.valBpb
    } else {
      summary.decided++
      if (row.status === 'keep') summary.kept++
      else if (row.status !== 'discard') summary.failed++
    }
    const counts = row.status === 'keep' || (row.status === 'baseline' && summary.best === null)
    if (counts && row.valBpb !== null) {
      summary.best = row.valBpb
      summary.bestNumber = row.number
    }
  }
  if (summary.baseline && summary.best !== null) summary.gain = 1 - summary.best / summary.baseline
  return summary
}
