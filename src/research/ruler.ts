// How good the ruler is, as the rows tell: its noise, its drift, the gap to the hidden split, and what repeats cost.
// Pure functions of the record, for the loop and for the page.

import type { Experiment, RunPurpose, RunRecord } from '../history/types'
import { estimateNoise, type Noise } from '../judge/noise'
import type { BothScores } from '../judge/overfit'
import type { KeepRuleSpec } from '../judge/task'

/** Half of all runs may be repeats: two further seeds for every third candidate, with some to spare. */
const REPEAT_SHARE = 0.5

/** What a run was for; in old records the first one was the first look, and all others were other seeds. */
function purposeOf(runs: readonly RunRecord[], i: number): RunPurpose {
  return runs[i].purpose ?? (i === 0 ? 'first' : 'seed')
}

/** One program measured again on a seed it had been measured on. */
export interface Drift {
  /** whose program */
  number: number
  /** the experiment after which it was measured again */
  after: number
  seed: number
  wasBpb: number
  isBpb: number
}

/** Every re-check of an incumbent, in order of time. */
export function driftsOf(rows: readonly Experiment[]): Drift[] {
  const drifts = rows.flatMap(({ number, runs = [] }) =>
    runs.flatMap((run, i) => {
      if (purposeOf(runs, i) !== 'recheck' || !run.score) return []
      const before = runs.find((other) => other.seed === run.seed && other.score)
      const wasBpb = before?.score?.valBpb ?? run.score.valBpb
      return [{ number, after: run.after ?? number, seed: run.seed, wasBpb, isBpb: run.score.valBpb }]
    }),
  )
  return drifts.sort((a, b) => a.after - b.after)
}

/** Spread between seeds, from every program that has been scored on two or more, and drift since. */
export function measuredNoise(rows: readonly Experiment[]): Noise | null {
  const scores = rows.filter((row) => row.status !== 'running').map((row) => row.scores)
  return estimateNoise(scores, driftsOf(rows).map(({ wasBpb, isBpb }) => isBpb - wasBpb))
}

/** The runs of an attempt that scored both splits, re-checks aside. */
export function bothScores({ runs = [] }: Pick<Experiment, 'runs'>): BothScores[] {
  return runs.flatMap(({ seed, score, parts }, i) => {
    const purpose = purposeOf(runs, i)
    if (score === null || score.hiddenBpb === null || purpose === 'recheck' || purpose === 'jump') return []
    return [{ seed, valBpb: score.valBpb, hiddenBpb: score.hiddenBpb, parts: parts ?? null }]
  })
}

/** Mean of hidden − val over the runs that scored both; null where none did. */
export function gapOf(row: Pick<Experiment, 'runs'>): number | null {
  const both = bothScores(row)
  if (both.length === 0) return null
  return both.reduce((sum, { valBpb, hiddenBpb }) => sum + hiddenBpb - valBpb, 0) / both.length
}

interface Share {
  runs: number
  wallMs: number
}

/** Where the runs of a lab went. */
export interface RunCost {
  /** first runs of programs */
  looks: Share
  /** the baseline on its other seeds: what knowing σ costs */
  sigma: Share
  /** everything measured again or on another seed since */
  repeats: Share
}

export function runCost(rows: readonly Experiment[]): RunCost {
  const none = (): Share => ({ runs: 0, wallMs: 0 })
  const cost: RunCost = { looks: none(), sigma: none(), repeats: none() }
  for (const { status, runs = [] } of rows)
    for (const [i, { wallMs = 0 }] of runs.entries()) {
      const purpose = purposeOf(runs, i)
      const share = cost[purpose === 'first' ? 'looks' : purpose === 'seed' && status === 'baseline' ? 'sigma' : 'repeats']
      share.runs++
      share.wallMs += wallMs
    }
  return cost
}

/** What share of all runs repeats may take. */
export function repeatShare({ repeatShare = REPEAT_SHARE }: KeepRuleSpec): number {
  return repeatShare
}

/** Whether one more repeat stays within the budget for repeats. Counted in runs, so that the same lab decides the same. */
export function mayRepeat(rule: KeepRuleSpec, rows: readonly Experiment[]): boolean {
  const { looks, sigma, repeats } = runCost(rows)
  return repeats.runs + 1 <= repeatShare(rule) * (looks.runs + sigma.runs + repeats.runs + 1)
}
