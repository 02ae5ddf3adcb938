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

/** How the last call of a researcher ended. */
interface Heard {
  /** it has nothing new, or only words or what was tried: a lab that does not go on with that has ended */
  isOut: boolean
  /** it could not be asked; null otherwise */
  failure: LabError | null
}

/** A controller whose last answer can be asked for. */
export function watched(controller: Controller): { controller: Controller; heard: () => Heard } {
  let heard: Heard = { isOut: false, failure: null }
  const propose: Controller['propose'] = async (context) => {
    try {
      const proposal = await controller.propose(context)
      heard = { isOut: true, failure: null }
      return proposal
    } catch (thrown) {
      const failure = LabError.from(thrown)
      heard = failure.code === 'controller.exhausted' ? { isOut: true, failure: null } : { isOut: false, failure }
      throw thrown
    }
  }
  return { controller: Object.assign(Object.create(controller) as Controller, { propose }), heard: () => heard }
}
