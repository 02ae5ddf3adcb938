// What becomes of a row as its runs come in.

import { LabError } from '../core/errors'
import type { Experiment } from '../history/types'
import type { RunMeasurements, RunResult } from '../judge/types'
import type { BenchRun } from './bench'
import { isRepetition, wasInterrupted } from './outcomes'
import { recordOf } from './receipts'
import { bothScores } from './ruler'

/**
 * Refuses a program that has been tried: by its text, or by what it describes under other names.
 * @throws LabError "program.duplicate"
 */
export function refuseDuplicate(rows: readonly Experiment[], row: Identity): void {
  const found = twinOf(rows, row)
  if (!found) return
  throw new LabError('program.duplicate', `This is the program of experiment ${found.number}, ${found.how}.`, {
    hint: 'Change something before running it again: the judge would only measure its own noise.',
    data: { number: found.number },
  })
}

type Identity = Pick<Experiment, 'programHash' | 'canonicalHash'> & { number?: number }

/** The attempt that had this program, and how alike they are; null where there is none. */
export function twinOf(rows: readonly Experiment[], row: Identity): { number: number; how: string } | null {
  const tried = rows.filter(
    (other) => other.number !== row.number && !wasInterrupted(other) && !isRepetition(other) && !['device_lost', 'thought'].includes(other.status),
  )
  const twin = tried.find(({ programHash }) => programHash === row.programHash)
  const other = tried.find(({ canonicalHash }) => canonicalHash !== undefined && canonicalHash === row.canonicalHash)
  const found = twin ?? other
  return found ? { number: found.number, how: twin ? 'letter for letter' : 'in other words: the same model, trained the same way' } : null
}

/** Status of an attempt whose program never got to run. */
export function statusOf(error: LabError): Experiment['status'] {
  if (error.code === 'sandbox.timeout') return 'timeout'
  if (error.code === 'judge.program') return 'checks_failed'
  const refused = ['program.memory', 'program.duplicate', 'sandbox.forbidden', 'sandbox.memory']
  return refused.includes(error.code) ? 'rejected' : 'crash'
}

/** Row of a proposal that the person did not want. */
export function skippedRow(row: Experiment, reason: string, now: number): Experiment {
  const error = new LabError('lab.skipped', `Skipped by you${reason ? `: ${reason}` : '.'}`, {})
  return failedRow(row, 'rejected', error, now)
}

/** Row of an analysis: the program is its parent's, and nothing was run. */
export function thoughtRow(row: Experiment, now: number): Experiment {
  return { ...row, status: 'thought', finishedAt: now, reason: 'An analysis; nothing was run.' }
}

/** Row of an attempt that failed, with its reason in words. */
export function failedRow(row: Experiment, status: Experiment['status'], error: LabError, now: number): Experiment {
  const hint = error.hint ? ` ${error.hint}` : ''
  return { ...row, status, finishedAt: now, reason: `${error.message}${hint}`, error: error.toJSON() }
}

/** The same, of a run that failed. */
export function failureOf(row: Experiment, { status, error }: Extract<RunResult, { ok: false }>, now: number): Experiment {
  return failedRow(row, status, LabError.fromJSON(error), now)
}

/** A row with one more score, on a seed it had none on. */
export function withScore(row: Experiment, run: BenchRun, result: Extract<RunResult, { ok: true }>): Experiment {
  const scores = [...row.scores, result.valBpb]
  const scored = {
    ...withRun(row, run),
    seeds: [...row.seeds, result.seed],
    scores,
    valBpb: mean(scores),
    gates: result.gates,
  }
  const hidden = bothScores(scored).map(({ hiddenBpb }) => hiddenBpb)
  return { ...scored, hiddenBpb: hidden.length === 0 ? null : mean(hidden) }
}

/** Every run is kept for the receipt and the ruler; the first one's measurements stand for the attempt. */
export function withRun(before: Experiment, { result, purpose, wallMs }: BenchRun, after?: number): Experiment {
  const parts = result.ok && result.parts ? { parts: result.parts } : {}
  const record = { ...recordOf(result), purpose, wallMs, ...parts, ...(after === undefined ? {} : { after }) }
  const row = { ...before, runs: [...(before.runs ?? []), record] }
  if (row.measurements || !result.measurements) return row
  const measurements: Omit<RunMeasurements, 'curve'> & { curve?: Float32Array } = { ...result.measurements }
  delete measurements.curve // kept apart: rows are listed often
  return { ...row, measurements }
}

/** A row that will never be compared with again: what only comparisons need goes. */
export function withoutParts(row: Experiment): Experiment {
  return { ...row, runs: row.runs?.map((run) => ({ ...run, parts: undefined })) }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
