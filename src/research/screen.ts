// Short runs that judge nothing: the judge's own code, a share of the budget, a part of the validation text, and a
// seed that no experiment is judged on, so that what was chosen by it has its judged seeds still before it.

import { LabError } from '../core/errors'
import { hashString } from '../core/rng'
import type { ProgramSpec } from '../graph/program'
import type { LabRecord } from '../history/types'
import type { RunJob } from '../judge/types'
import type { Runner } from './runner'
import type { ResearchContext } from './types'

/** The job of a short run. @param share of the budget, 0 … 1 */
export function screenJob(lab: LabRecord, program: ProgramSpec, share: number, runId: string): RunJob {
  const { budget, evaluation, guards, seed } = lab.task
  const { context } = evaluation
  // less text than a third would say too little
  const tokens = Math.max(share, 1 / 3) * evaluation.tokens
  return {
    runId,
    program,
    // the judge's seeds follow on from the task's by one each
    seed: (seed + 1_000_003 + (hashString(`screen/${lab.controllerSeed}`) % 1_000_000)) >>> 0,
    budget: { kind: budget.kind, amount: budget.kind === 'tokens' ? Math.max(1, Math.round(share * budget.amount)) : share * budget.amount },
    evaluation: { context, tokens: context * Math.max(1, Math.round(tokens / context)) },
    guards,
    scoreHidden: false,
    returnWeights: false,
    floorBpb: lab.floorBpb,
  }
}

/**
 * Runs a program short.
 * @throws LabError what the run failed of; Interrupted on a stop
 */
export async function screen(runner: Runner, job: RunJob): ReturnType<NonNullable<ResearchContext['screen']>> {
  const begun = performance.now()
  const result = await runner.run(job, () => {})
  if (!result.ok) throw LabError.fromJSON(result.error)
  return { bpb: result.valBpb, wallMs: performance.now() - begun }
}
