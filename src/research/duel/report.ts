// From the labs of a duel to what can be said: pure functions, so that a report is there after every experiment.

import type { Experiment, LabRecord } from '../../history/types'
import type { DuelPair, DuelReport, DuelSide } from '../../worker/researchProtocol'
import { hasFailed, isTry } from '../outcomes'
import { pairedTest } from './paired'

/** A side that has not begun. */
export function untried(): DuelSide {
  return { curve: [], selectionBpb: null, freshScores: [], keeps: 0, failures: 0, fullRuns: 0, cost: null, ended: null, isDone: false }
}

/** What a side's lab has come to; whether it is done, and its fresh scores, stay as they were. */
export function sideOf(before: DuelSide, lab: Pick<LabRecord, 'spent'>, rows: readonly Experiment[]): DuelSide {
  const curve: number[] = []
  for (const row of rows) {
    if (row.valBpb !== null && row.status === 'baseline') curve.push(row.valBpb)
    else if (curve.length > 0 && isTry(row)) curve.push(row.valBpb !== null && row.status === 'keep' ? row.valBpb : curve.at(-1)!)
  }
  return {
    ...before,
    curve,
    selectionBpb: curve.at(-1) ?? null,
    keeps: rows.filter(({ status }) => status === 'keep').length,
    failures: rows.filter(hasFailed).length,
    fullRuns: rows.reduce((sum, { runs = [], screening }) => sum + runs.length + (screening?.fullRuns ?? 0), 0),
    cost: lab.spent ?? null,
  }
}

/** Mean of a side's fresh scores; null until all are there, or where one failed. */
export function freshMean({ fresh }: Pick<DuelPair, 'fresh'>, { freshScores }: DuelSide): number | null {
  const scores = freshScores.filter((score) => score !== null)
  if (fresh.length === 0 || scores.length < fresh.length) return null
  return scores.reduce((sum, score) => sum + score, 0) / scores.length
}

/** The report with its tests made anew; a pair counts when both of its sides are done. */
export function reportOf(report: Omit<DuelReport, 'fresh' | 'selection' | 'finished'>): DuelReport {
  const { pairs, options } = report
  const both = (score: (pair: DuelPair, side: DuelSide) => number | null) =>
    pairedTest(
      pairs.flatMap((pair) => {
        const [a, b] = [score(pair, pair.a), score(pair, pair.b)]
        return pair.a.isDone && pair.b.isDone && a !== null && b !== null ? [[a, b] as const] : []
      }),
    )
  const isOver = (pair: DuelPair) => [pair.a, pair.b].every(({ isDone, freshScores }) => isDone && freshScores.length === options.fresh)
  return {
    ...report,
    fresh: both(freshMean),
    selection: both((_, side) => side.selectionBpb),
    finished: pairs.length === options.seeds && pairs.every(isOver),
  }
}
