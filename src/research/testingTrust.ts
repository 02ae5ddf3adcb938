// Labs of scripted scores for the tests of what makes a gain real.

import type { KeepRuleSpec } from '../judge/task'
import type { RunJob, RunResult } from '../judge/types'
import { setKnobs } from '../sandbox/knobs'
import { PROGRAM, scriptedLab, scriptedTrainer, success } from './testing'
import { makeLoop, newFolder, openStores } from './testingLab'

export const rule = (change: Partial<KeepRuleSpec> = {}): KeepRuleSpec => ({ kind: 'measured', repeats: 3, floorBpb: 0.001, ...change })
export const labWith = (maxExperiments: number, keepRule = rule()) => scriptedLab({ maxExperiments, task: { ...scriptedLab().task, keepRule } })
export const spread = [0, 0.004, -0.004]

/** A lab whose every program scores as told: mean by program, the same spread over the seeds for all. */
export async function labOf(count: number, score: (job: RunJob) => number | RunResult, programs: string[], keepRule = rule()) {
  const stores = await openStores(await newFolder(), labWith(count, keepRule))
  const trainer = scriptedTrainer(() => 2, 0)
  trainer.before = (job) => {
    const scored = score(job)
    return typeof scored === 'number' ? success(job, scored + spread[job.seed - 42]) : scored
  }
  const made = makeLoop(stores, { trainer })
  for (const text of programs) await made.loop.queueProgram(text, 'By hand.')
  return { stores, ...made }
}

export const numberOf = (job: RunJob) => Number(job.runId.split('/')[1])
export const deeper = (depth: number) => setKnobs(PROGRAM, { DEPTH: depth })
