// From a program to a verdict: described in the box, sized, run seed by seed, compared with the incumbent.

import { LabError } from '../core/errors'
import { sha256 } from '../core/hash'
import type { Experiment } from '../history/types'
import type { Noise } from '../judge/noise'
import type { ProgramSpec } from '../graph/program'
import type { RunMeasurements, RunResult } from '../judge/types'
import type { SeedScore, Verdict } from '../judge/keepRule'
import type { Task } from '../judge/task'
import { decide } from '../judge/keepRule'
import { estimateNoise } from '../judge/noise'
import type { LabBook } from './labBook'
import { wasInterrupted } from './labBook'
import { recordOf } from './receipts'

/** What a trial needs of the loop around it. */
export interface Bench {
  book: LabBook
  describe(source: string): Promise<ProgramSpec>
  run(row: Experiment, program: ProgramSpec, seedIndex: number, extras: RunExtras): Promise<RunResult>
}

export interface RunExtras {
  scoreHidden: boolean
  returnWeights: boolean
}

/** How an attempt ended: the finished row, and what goes beside it. */
export interface Outcome {
  row: Experiment
  curve: Float32Array | null
  weights: Float32Array | null
}

/** The judge's seeds in the order of use. The plain rule uses one. */
export function judgeSeeds(task: Task): number[] {
  const count = task.keepRule.kind === 'plain' ? 1 : Math.max(2, task.keepRule.repeats)
  return Array.from({ length: count }, (_, i) => (task.seed + i) >>> 0)
}

/** Spread between seeds, from every program that has been scored on two or more. */
export function measuredNoise(rows: readonly Experiment[]): Noise | null {
  return estimateNoise(rows.filter((row) => row.status !== 'running').map((row) => row.scores))
}

/**
 * Refuses a program that has been tried.
 * @throws LabError "program.duplicate"
 */
export async function refuseDuplicate(rows: readonly Experiment[], source: string): Promise<void> {
  const hash = await sha256(source)
  const twin = rows.find((row) => row.programHash === hash && !wasInterrupted(row) && row.status !== 'device_lost')
  if (!twin) return
  throw new LabError('program.duplicate', `This is the program of experiment ${twin.number}, letter for letter.`, {
    hint: 'Change something before running it again: the judge would only measure its own noise.',
    data: { number: twin.number },
  })
}

/** Status of an attempt whose program never got to run. */
export function statusOf(error: LabError): Experiment['status'] {
  if (error.code === 'sandbox.timeout') return 'timeout'
  const refused = ['program.memory', 'program.duplicate', 'sandbox.forbidden', 'sandbox.memory']
  return refused.includes(error.code) ? 'rejected' : 'crash'
}

/** Row of an attempt that failed, with its reason in words. */
export function failedRow(row: Experiment, status: Experiment['status'], error: LabError, now: number): Experiment {
  const hint = error.hint ? ` ${error.hint}` : ''
  return { ...row, status, finishedAt: now, reason: `${error.message}${hint}`, error: error.toJSON() }
}

/** Runs a candidate against the incumbent until the keep rule has decided; every score is durable as it comes. */
export async function tryCandidate(
  bench: Bench,
  opened: Experiment,
  program: ProgramSpec,
  now: () => number,
): Promise<Outcome> {
  const { book } = bench
  const { keepRule } = book.lab.task
  const seeds = judgeSeeds(book.lab.task)
  let row = opened
  let curve: Float32Array | null = null
  let weights: Float32Array | null = null
  for (;;) {
    const index = row.scores.length
    await completeIncumbent(bench, index)
    // a candidate that may be kept is one that reached its last look; only then hidden text and weights cost time
    const mayKeep = keepRule.kind === 'plain' || index > 0
    const result = await bench.run(row, program, index, { scoreHidden: mayKeep, returnWeights: mayKeep })
    if (!result.ok) {
      const failed = failedRow(row, result.status, LabError.fromJSON(result.error), now())
      curve ??= result.measurements?.curve ?? null
      return { row: withRun(failed, result), curve, weights: null }
    }
    row = withScore(row, result)
    curve ??= result.measurements.curve
    weights = result.weights ?? weights
    const verdict = verdictOn(book, row, seeds)
    row = { ...row, deltaBpb: verdict.deltaBpb, reason: verdict.reason }
    if (verdict.decision === 'more') {
      await book.score(row)
      continue
    }
    const kept = verdict.decision === 'keep'
    return { row: { ...row, status: verdict.decision, finishedAt: now() }, curve, weights: kept ? weights : null }
  }
}

/** The first run of the starting program. */
export async function tryBaseline(
  bench: Bench,
  row: Experiment,
  program: ProgramSpec,
  now: () => number,
): Promise<Outcome> {
  const result = await bench.run(row, program, 0, { scoreHidden: true, returnWeights: true })
  if (!result.ok) {
    const failed = failedRow(row, result.status, LabError.fromJSON(result.error), now())
    return { row: withRun(failed, result), curve: result.measurements?.curve ?? null, weights: null }
  }
  const scored: Experiment = {
    ...withScore(row, result),
    status: 'baseline',
    finishedAt: now(),
    reason: 'The unmodified program: what everything else is compared with.',
  }
  return { row: scored, curve: result.measurements.curve, weights: result.weights }
}

/**
 * Gives the incumbent its score on seed `index`, where it has none yet.
 * @throws LabError the failure of that run: without it nothing can be compared
 */
export async function completeIncumbent(bench: Bench, index: number): Promise<void> {
  const { book } = bench
  const incumbent = book.incumbent
  if (!incumbent || incumbent.scores.length > index) return
  const program = await bench.describe(await book.source(incumbent))
  const result = await bench.run(incumbent, program, incumbent.scores.length, {
    scoreHidden: false,
    returnWeights: false,
  })
  if (!result.ok) throw LabError.fromJSON(result.error)
  const scored = withScore(incumbent, result)
  const noise = measuredNoise([...book.rows.filter((row) => row.number !== scored.number), scored])
  await book.score(withSpread(scored, noise), noise ? { sigmaBpb: noise.sigmaBpb } : {})
}

function withSpread(row: Experiment, noise: Noise | null): Experiment {
  if (row.status !== 'baseline' || !noise) return row
  const sigma = noise.sigmaBpb.toFixed(4)
  const reason =
    `The unmodified program on ${row.scores.length} seeds: one score strays by ${sigma} bits per byte (σ) ` +
    'when nothing changes but the seed.'
  return { ...row, reason }
}

function verdictOn(book: LabBook, row: Experiment, seeds: number[]): Verdict {
  const incumbent = book.incumbent
  if (!incumbent) throw new LabError('lab.internal', 'A candidate was judged before the baseline.')
  return decide(book.lab.task.keepRule, seeds, pairs(row), pairs(incumbent), measuredNoise(book.rows))
}

function pairs(row: Experiment): SeedScore[] {
  return row.scores.map((bpb, i) => ({ seed: row.seeds[i], bpb }))
}

function withScore(row: Experiment, result: Extract<RunResult, { ok: true }>): Experiment {
  const scores = [...row.scores, result.valBpb]
  return {
    ...withRun(row, result),
    seeds: [...row.seeds, result.seed],
    scores,
    valBpb: scores.reduce((sum, score) => sum + score, 0) / scores.length,
    hiddenBpb: row.hiddenBpb ?? result.hiddenBpb,
    gates: result.gates,
  }
}

/** Every run is kept for the receipt; the first one's measurements stand for the attempt. */
function withRun(before: Experiment, result: RunResult): Experiment {
  const row = { ...before, runs: [...(before.runs ?? []), recordOf(result)] }
  if (row.measurements || !result.measurements) return row
  const measurements: Omit<RunMeasurements, 'curve'> & { curve?: Float32Array } = { ...result.measurements }
  delete measurements.curve // kept apart: rows are listed often
  return { ...row, measurements }
}
