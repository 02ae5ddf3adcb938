// From a program to a verdict: run seed by seed and compared with the incumbent.

import { LabError } from '../core/errors'
import type { Experiment, Judgement } from '../history/types'
import type { Comparison, SeedScore, Verdict } from '../judge/keepRule'
import { decide } from '../judge/keepRule'
import type { Noise } from '../judge/noise'
import type { Bench } from './bench'
import { judgeSeeds } from './bench'
import type { LabBook } from './labBook'
import { heldToHidden } from './hidden'
import { isJump, repeatJump } from './jump'
import { failureOf, withoutParts, withRun, withScore } from './rows'
import { mayRepeat, measuredNoise, repeatShare } from './ruler'

/** How an attempt ended: the finished row, and what goes beside it. */
export interface Outcome {
  row: Experiment
  curve: Float32Array | null
  weights: Float32Array | null
}

/** Runs a candidate against the incumbent until the keep rule has decided; every score is durable as it comes. */
export async function tryCandidate(bench: Bench, opened: Experiment, now: () => number): Promise<Outcome> {
  const { book } = bench
  const { keepRule } = book.lab.task
  let row = opened
  let curve: Float32Array | null = null
  let weights: Float32Array | null = null
  for (;;) {
    const index = row.scores.length
    await completeIncumbent(bench, index)
    // a candidate that may be kept is one that reached its last look; only then hidden text and weights cost time
    const mayKeep = keepRule.kind === 'plain' || index > 0
    const run = await bench.run(row, index, { purpose: index === 0 ? 'first' : 'seed', scoreHidden: mayKeep, returnWeights: mayKeep })
    const { result } = run
    curve ??= result.measurements?.curve ?? null
    if (!result.ok) return { row: withRun(failureOf(row, result, now()), run), curve, weights: null }
    row = withScore(row, run, result)
    weights = result.weights ?? weights
    const noise = measuredNoise(book.rows)
    if (index === 0 && isJump(row, incumbentOf(book), noise)) {
      row = await repeatJump(bench, row, result, noise!, now)
      if (row.status !== 'running') return { row, curve, weights: null }
    }
    const incumbent = incumbentOf(book)
    const verdict = decide(keepRule, judgeSeeds(book.lab.task), comparisonOf(book, row, incumbent), noise)
    row = { ...row, deltaBpb: verdict.deltaBpb, reason: verdict.reason, judgement: judgementOf(book, verdict, noise, incumbent) }
    if (verdict.decision === 'more') {
      if (mayRepeat(keepRule, [...book.rows.filter(({ number }) => number !== row.number), row])) {
        await book.score(row)
        continue
      }
      return { row: { ...withoutParts(declined(row, repeatShare(keepRule))), finishedAt: now() }, curve, weights: null }
    }
    row = { ...row, status: verdict.decision, finishedAt: now() }
    if (row.status === 'keep' && keepRule.kind === 'measured') row = heldToHidden(book.rows, row, incumbent)
    const kept = row.status === 'keep'
    return { row: kept ? row : withoutParts(row), curve, weights: kept ? weights : null }
  }
}

/** The first run of the starting program. */
export async function tryBaseline(bench: Bench, row: Experiment, now: () => number): Promise<Outcome> {
  const run = await bench.run(row, 0, { purpose: 'first', scoreHidden: true, returnWeights: true })
  const { result } = run
  const curve = result.measurements?.curve ?? null
  if (!result.ok) return { row: withRun(failureOf(row, result, now()), run), curve, weights: null }
  const scored: Experiment = {
    ...withScore(row, run, result),
    status: 'baseline',
    finishedAt: now(),
    reason: 'The unmodified program: what everything else is compared with.',
  }
  return { row: scored, curve, weights: result.weights }
}

/**
 * Gives the incumbent its score on seed `index`, where it has none yet.
 * @throws LabError the failure of that run: without it nothing can be compared
 */
export async function completeIncumbent(bench: Bench, index: number): Promise<void> {
  const { book } = bench
  const { incumbent } = book
  if (!incumbent || incumbent.scores.length > index) return
  const run = await bench.run(incumbent, incumbent.scores.length, { purpose: 'seed', scoreHidden: true, returnWeights: false })
  const { result } = run
  if (!result.ok) throw LabError.fromJSON(result.error)
  const scored = withScore(incumbent, run, result)
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

function incumbentOf(book: LabBook): Experiment {
  if (!book.incumbent) throw new LabError('lab.internal', 'A candidate was judged before the baseline.')
  return book.incumbent
}

function comparisonOf(book: LabBook, row: Experiment, incumbent: Experiment): Comparison {
  const kept = book.rows.filter(({ status }) => status === 'keep' || status === 'baseline').map(pairs)
  const shorter = row.length !== undefined && incumbent.length !== undefined && row.length < incumbent.length
  return { candidate: pairs(row), incumbent: pairs(incumbent), kept, shorter }
}

function pairs(row: Experiment): SeedScore[] {
  return row.scores.map((bpb, i) => ({ seed: row.seeds[i], bpb }))
}

function judgementOf(book: LabBook, verdict: Verdict, noise: Noise | null, incumbent: Experiment): Judgement {
  const { keptAs, pBetter, pNeeded, barBpb, seedsUsed } = verdict
  return {
    keptAs, pBetter, pNeeded, barBpb, seedsUsed,
    floorBpb: book.lab.task.keepRule.floorBpb,
    sigmaBpb: noise?.sigmaBpb ?? null,
    driftBpb: noise?.driftBpb ?? 0,
    incumbentLength: incumbent.length ?? null,
    flag: null,
    gap: null,
  } // prettier-ignore
}

/** A candidate that would have to be measured again, when there is no budget for that: never kept unmeasured. */
function declined(row: Experiment, share: number): Experiment {
  const reason = `${row.reason} But repeats have had their ${Math.round(100 * share)} % of all runs, so there was not enough budget to tell.`
  return { ...row, status: 'discard', reason, judgement: { ...row.judgement!, flag: 'budget' } }
}
