// Labs whose researcher follows a script, for the tests of the guide in the loop.

import type { LabRecord } from '../history/types'
import type { RunJob } from '../judge/types'
import { setKnobs } from '../sandbox/knobs'
import { scriptedLab, scriptedTrainer, success } from './testing'
import { makeLoop, newFolder, openStores } from './testingLab'
import { numberOf, rule, spread } from './testingTrust'
import type { Controller, Proposal, ResearchContext } from './types'

/** A proposal of a source, without a prediction. */
export function proposalOf(source: string, change: Partial<Proposal> = {}): Proposal {
  return { hypothesis: 'It may help.', description: 'scripted', category: 'scripted', expectedDelta: null, expectedProbability: null, source, ...change }
}

/** Each attempt another learning rate, far from those before, and another kind of change; what it says it cost is on the account. */
export function scripted(propose?: (context: ResearchContext, call: number) => Promise<Proposal | void> | Proposal | void): Controller & { contexts: ResearchContext[] } {
  const contexts: ResearchContext[] = []
  return {
    name: 'scripted',
    contexts,
    async propose(context) {
      contexts.push(context)
      const own = await propose?.(context, contexts.length)
      if (own?.cost) context.onCost?.(own.cost)
      if (own) return own
      const { nextNumber } = context.lab
      return proposalOf(setKnobs(context.source, { MATRIX_LR: 0.003 * 1.15 ** nextNumber }), { category: `kind ${nextNumber}`, description: `rate ${nextNumber}` })
    },
  }
}

export const guidedLab = (change: Partial<LabRecord> = {}) => scriptedLab({ guide: 'on', task: { ...scriptedLab().task, keepRule: rule() }, ...change })

/** A lab over real stores; every program scores as told, by its number, with σ = 0.004 between seeds. */
export async function guided(lab: LabRecord, controller: Controller, score: (number: number, job: RunJob) => number = () => 2.05, dir?: string) {
  const stores = await openStores(dir ?? (await newFolder()), lab)
  const trainer = scriptedTrainer(() => 2, 0)
  trainer.before = (job) => success(job, (numberOf(job) === 0 ? 2 : score(numberOf(job), job)) + spread[job.seed - 42])
  return { stores, lab, ...makeLoop(stores, { trainer, controller }) }
}

