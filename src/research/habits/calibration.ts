// How good predictions were, proposer by proposer: what was said before each run against what came.

import type { Experiment } from '../../history/types'
import type { Calibration } from '../../worker/researchProtocol'
import { CATEGORIES } from '../controllers/categories'
import { hasFailed, isTry } from '../outcomes'

const BINS = 10
/** Categories that are parts of a recipe, rather than ways of going about it. */
const PARTS: readonly string[] = CATEGORIES.slice(0, CATEGORIES.indexOf('simplification'))

/**
 * Predictions against outcomes, one entry a proposer, the most active first.
 * Brier score: mean of (p − kept)², Brier 1950; beside it the score of saying the proposer's own share of keeps every
 * time, s·(1 − s), which a forecaster that knows anything stays below. Bins are ten, of equal width.
 */
export function calibrationsOf(rows: readonly Experiment[]): Calibration[] {
  const proposers = new Map<string, Experiment[]>()
  for (const row of rows.filter(isDecided)) proposers.set(row.proposer, [...(proposers.get(row.proposer) ?? []), row])
  return [...proposers].map(([proposer, its]) => calibrationOf(proposer, its)).sort((a, b) => b.count - a.count || b.deltas.length - a.deltas.length)
}

/** Whether a prediction can be held against it: it ended by what its program is. */
function isDecided(row: Experiment): boolean {
  return isTry(row) && row.status !== 'device_lost'
}

function calibrationOf(proposer: string, rows: readonly Experiment[]): Calibration {
  const forecasts = rows.flatMap(({ expectedProbability, status }) =>
    expectedProbability === null ? [] : [{ p: expectedProbability, kept: Number(status === 'keep') }],
  )
  const count = forecasts.length
  const keeps = forecasts.reduce((sum, { kept }) => sum + kept, 0)
  const share = keeps / count
  const bins = Array.from({ length: BINS }, (_, bin) => forecasts.filter(({ p }) => Math.min(BINS - 1, Math.floor(p * BINS)) === bin))
  return {
    proposer,
    count,
    keeps,
    brier: count === 0 ? null : meanOf(forecasts.map(({ p, kept }) => (p - kept) ** 2)),
    baseBrier: count === 0 ? null : share * (1 - share),
    bins: bins.flatMap((bin) => {
      const kept = meanOf(bin.map((forecast) => forecast.kept))
      return bin.length === 0 ? [] : [{ forecast: meanOf(bin.map(({ p }) => p)), kept, count: bin.length }]
    }),
    deltas: rows.flatMap(({ number, expectedDelta, deltaBpb }) =>
      expectedDelta === null || deltaBpb === null ? [] : [{ number, expected: expectedDelta, actual: deltaBpb }],
    ),
  }
}

/** Attempts by category, the most tried first; known parts of the recipe that nobody has touched stand at the end. */
export function coverageOf(rows: readonly Experiment[]): { category: string; tries: number; keeps: number; failures: number }[] {
  const untried = (category: string) => ({ category, tries: 0, keeps: 0, failures: 0 })
  const categories = new Map(PARTS.map((category) => [category, untried(category)]))
  for (const row of rows) {
    if (!isTry(row)) continue
    const { category } = row
    const entry = categories.get(category) ?? untried(category)
    categories.set(category, entry)
    entry.tries++
    entry.keeps += Number(row.status === 'keep')
    entry.failures += Number(hasFailed(row))
  }
  return [...categories.values()].sort((a, b) => b.tries - a.tries || a.category.localeCompare(b.category))
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
