// One honest line after a run, from the figures alone: what was predicted, what came, and what that says.

import type { Experiment, LabRecord } from '../../history/types'
import { attemptOf, attemptsOf, moveName, signed, type Attempt } from './attempts'

/** Standard errors below which a change may be luck. */
export const LUCK = 2

/**
 * What a finished attempt taught, in one line. "σ" in it is the standard error of the change, √(2/k) times the spread
 * of one score over k seeds.
 * @param rows of the lab; the attempt itself may be among them
 */
export function reflectionOf(row: Experiment, rows: readonly Experiment[], lab: Pick<LabRecord, 'sigmaBpb'>): string {
  const parent = rows.find(({ number }) => number === row.parentNumber)
  return reflect(row, parent ? attemptOf(row, parent, lab.sigmaBpb) : undefined, attemptsOf(rows, lab))
}

/** The same, where the attempts of the record are at hand. @param attempt of the row; undefined where it has no parent */
export function reflect(row: Experiment, attempt: Attempt | undefined, attempts: readonly Attempt[]): string {
  if (row.status === 'thought') return 'An analysis; nothing was run.'
  if (!attempt) return 'There is nothing to compare it with.'
  const before = attempts.filter((other) => other.row.number < row.number)
  return `${predicted(row)}; ${measured(attempt)} ${learned(attempt, before)}`
}

function predicted({ expectedDelta, expectedProbability }: Experiment): string {
  if (expectedDelta === null) return 'No prediction'
  const chance = expectedProbability === null ? '' : ` with ${Math.round(100 * expectedProbability)} % for a keep`
  return `Predicted ${signed(expectedDelta)}${chance}`
}

function measured({ row, deltaBpb, errorBpb, failed }: Attempt): string {
  if (failed || deltaBpb === null) return `no score: ${row.status}${row.error ? ` (${row.error.code})` : ''}.`
  const seeds = `${row.scores.length} seed${row.scores.length === 1 ? '' : 's'}`
  const kept = row.status === 'keep' ? ', kept' : ''
  if (errorBpb === null) return `measured ${signed(deltaBpb)} on ${seeds}${kept}.`
  const errors = Math.abs(deltaBpb) / errorBpb
  const size = `${errors.toFixed(1)}σ ${deltaBpb < 0 ? 'better' : 'worse'}`
  const surprise = row.expectedDelta === null ? 0 : Math.abs(deltaBpb - row.expectedDelta) / errorBpb
  const off = surprise >= 3 ? `, ${surprise.toFixed(0)}σ off the prediction` : ''
  return `measured ${signed(deltaBpb)} on ${seeds} (${errors < LUCK ? `within noise, ${errors.toFixed(1)}σ` : size}${off})${kept}.`
}

function learned(attempt: Attempt, others: readonly Attempt[]): string {
  const { moves, failed, deltaBpb, errorBpb } = attempt
  if (moves.length === 0) return failed ? 'The edit of the code does not work as it stands.' : 'No knob was moved: it speaks of the code alone.'
  if (moves.length > 3) return `${moves.length} knobs moved at once: it cannot be put down to one of them.`
  const names = moves.map(moveName).join(' with ')
  if (failed) return `${names} from here does not run.`
  const alike = others.filter((other) => moves.every((move) => other.moves.some((its) => moveName(its) === moveName(move))))
  const scored = alike.flatMap((other) => (other.deltaBpb === null ? [] : [other.deltaBpb]))
  const better = [...scored, deltaBpb ?? 0].filter((delta) => delta < 0).length
  const tally = scored.length === 0 ? 'first try' : `lower in ${better} of ${scored.length + 1} tries`
  if (errorBpb !== null && Math.abs(deltaBpb ?? 0) < LUCK * errorBpb) return `It says little about ${names} (${tally}).`
  return `${names} ${(deltaBpb ?? 0) < 0 ? 'paid' : 'cost'} (${tally}).`
}
