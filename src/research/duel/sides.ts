// What the two labs of a pair share, and what a duel needs to know of a researcher's failures.

import { LabError } from '../../core/errors'
import type { RunResult, Trainer } from '../../judge/types'
import type { Controller } from '../types'

/**
 * A trainer that makes each run of a baseline once: program, task and seed of both sides are the same, so with a
 * budget of tokens it would be the same to the bit, and with one of seconds both begin from the same figures. After a
 * stop in between it is made again. Measuring again later on is never shared, and nobody samples from these models.
 */
export function sharingBaselines(trainer: Trainer): Trainer {
  const kept = new Map<string, Extract<RunResult, { ok: true }>>()
  return {
    ...trainer,
    async run(job, onEvent) {
      // labId/number/repeat, and what it is for where that is something else
      const repeat = /\/0\/(\d+)$/.exec(job.runId)?.[1]
      const known = repeat === undefined ? undefined : kept.get(repeat)
      if (known && known.seed === job.seed) return { ...known, runId: job.runId }
      const result = await trainer.run({ ...job, returnWeights: false }, onEvent)
      if (repeat !== undefined && result.ok) kept.set(repeat, result)
      return result
    },
  }
}

/** A controller whose last failure can be asked for; null after a proposal. */
export function watched(controller: Controller): { controller: Controller; failure: () => LabError | null } {
  let failure: LabError | null = null
  const propose: Controller['propose'] = async (context) => {
    try {
      const proposal = await controller.propose(context)
      failure = null
      return proposal
    } catch (thrown) {
      failure = LabError.from(thrown)
      throw thrown
    }
  }
  return { controller: Object.assign(Object.create(controller) as Controller, { propose }), failure: () => failure }
}
