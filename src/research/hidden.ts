// The last look before a keep: does the hidden split, which no researcher ever sees, tell the same story?

import type { Experiment } from '../history/types'
import { gapWidening, type Widening } from '../judge/overfit'
import { bothScores } from './ruler'

/**
 * Lets a keep stand only if the gap between val and hidden text has not widened beyond noise: since the incumbent, or
 * since the baseline, so that many small widenings do not add up unseen. A keep that narrows a wide gap is not to blame
 * for it.
 */
export function heldToHidden(rows: readonly Experiment[], row: Experiment, incumbent: Experiment): Experiment {
  const against = (reference: Experiment | undefined) => reference && gapWidening(bothScores(row), bothScores(reference))
  const baseline = rows.find(({ status }) => status === 'baseline')
  const latest = against(incumbent)
  if (!latest) return row
  const inAll = against(baseline)
  if (latest.isOverfit) return overfit(row, latest, incumbent)
  if (baseline && inAll?.isOverfit && latest.widenedBpb > 0) return overfit(row, inAll, baseline)
  return withGap(row, latest, incumbent)
}

function withGap(row: Experiment, { widenedBpb, barBpb }: Widening, { number }: Experiment): Experiment {
  return { ...row, judgement: { ...row.judgement!, gap: { against: number, widenedBpb, barBpb } } }
}

function overfit(row: Experiment, widening: Widening, reference: Experiment): Experiment {
  const reason =
    `${row.reason} But it fits the validation text only: against experiment ${reference.number} the gap to the hidden split ` +
    `widened by ${widening.widenedBpb.toFixed(4)} bits per byte, and the texts explain ${widening.barBpb.toFixed(4)}.`
  const judged = withGap(row, widening, reference)
  return { ...judged, status: 'discard', reason, judgement: { ...judged.judgement!, keptAs: null, flag: 'overfit' } }
}
