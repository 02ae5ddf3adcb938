// How long a run may be expected to take, from what the same program took in the lab.

import type { Experiment } from '../../history/types'
import type { Budget } from '../../judge/task'

/** One run of a program in the lab, in seconds. */
export interface RunCost {
  train: number
  evaluate: number
  /** compiling, warming up, checking */
  rest: number
}

/** where a lab has recorded nothing: a tenth of the training for evaluating, some seconds for compiling */
const UNKNOWN_REST = 5
const UNKNOWN_TOKENS_PER_SECOND = 10_000

/** By number of the experiment. */
export function runCosts(links: readonly { row: Experiment }[], budget: Budget): Map<number, RunCost> {
  return new Map(links.map(({ row }) => [row.number, costOf(row, budget)]))
}

function costOf({ runs = [], measurements }: Experiment, budget: Budget): RunCost {
  if (!measurements) {
    const train = budget.kind === 'seconds' ? budget.amount : budget.amount / UNKNOWN_TOKENS_PER_SECOND
    return { train, evaluate: train / 10, rest: UNKNOWN_REST }
  }
  const train = measurements.trainMs / 1000
  const evaluate = measurements.evalMs / 1000
  const walls = runs.flatMap(({ wallMs, score }) => (wallMs === undefined || score === null ? [] : [wallMs / 1000])).sort((a, b) => a - b)
  const wall = walls.length > 0 ? walls[walls.length >> 1] : train + evaluate + measurements.compileMs / 1000
  return { train, evaluate, rest: Math.max(0, wall - train - evaluate) }
}

/**
 * Seconds of a run in another setting. Training by the clock takes no longer for a larger model; its evaluation does.
 * @param grown parameters there over parameters here
 */
export function secondsOf({ train, evaluate, rest }: RunCost, { kind }: Budget, longer: number, grown: number): number {
  return rest + train * longer * (kind === 'seconds' ? 1 : grown) + evaluate * grown
}
