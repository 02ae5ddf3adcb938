// What the guide reads off the record: rates over the last ten tries, and how long what has been going on.

import type { Experiment } from '../../history/types'
import { hasFailed, triesOf } from '../outcomes'

/** Tries that rates are taken over; fewer than half of that say nothing yet. */
const WINDOW = 10

export interface Figures {
  tries: number
  last: Experiment | null
  /** shares of the last ten tries; null while there are too few */
  keepRate: number | null
  failureRate: number | null
  /** discards since the last keep; a failure in between neither counts nor ends it */
  discards: number
  /** tries since the last keep, or since the baseline */
  sinceBest: number
  /** failures at the end of the record */
  failures: number
  /** the kind of the last three tries, where it is one */
  kind: string | null
  /** the last word of the record is an analysis */
  isReviewed: boolean
}

const ONE_KIND = 3

export function figuresOf(rows: readonly Experiment[]): Figures {
  const tries = triesOf(rows)
  const recent = tries.slice(-WINDOW)
  const rate = (count: number) => (recent.length < WINDOW / 2 ? null : count / recent.length)
  const lastKeep = tries.findLastIndex(({ status }) => status === 'keep')
  const since = tries.slice(lastKeep + 1)
  const lastScored = tries.findLastIndex((row) => !hasFailed(row))
  const kinds = new Set(tries.slice(-ONE_KIND).map(({ category }) => category))
  const last = tries.at(-1) ?? null
  return {
    tries: tries.length,
    last,
    keepRate: rate(recent.filter(({ status }) => status === 'keep').length),
    failureRate: rate(recent.filter(hasFailed).length),
    discards: since.filter(({ status }) => status === 'discard').length,
    sinceBest: since.length,
    failures: tries.length - 1 - lastScored,
    kind: tries.length >= ONE_KIND && kinds.size === 1 ? [...kinds][0] : null,
    isReviewed: rows.some((row) => row.status === 'thought' && row.number > (last?.number ?? -1)),
  }
}
