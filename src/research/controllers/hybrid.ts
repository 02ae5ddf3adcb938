// A sampler and a language model together (Ferreira et al. 2026, "Centaur", arXiv 2603.24647): the sampler proposes every
// trial, and on every k-th the model, shown what the sampler holds, answers in its place. Unlike there, the mean is
// shown, too; failed trials of the model are never told to the sampler (told.ts leaves them out); and nothing falls back
// silently: every row names who proposed it.

import { findKnobs } from '../../sandbox/knobs'
import type { ModelClient, ResearcherSpec } from '../models/types'
import type { SamplerView } from '../prompt/samplerSection'
import type { Controller, Proposal, ResearchContext } from '../types'
import { viewCmaEs } from './cmaEs'
import { proposeWith } from './model'
import { learnWith } from './modelMemory'
import { orStandIn } from './standIn'

/** Trials before the model is asked for the first time: the sampler needs some before it has anything to show. */
const FIRST_TRIALS = 10

export interface HybridParts {
  client: ModelClient
  sampler: Controller
  /** null: the lab waits while the model cannot be reached */
  standIn: Controller | null
  edits: ResearcherSpec['edits']
  /** share of trials that are the model's, 0 … 0.5 */
  ratio: number
}

/** The hybrid of a sampler and a model. */
export function createHybrid({ client, sampler, standIn, edits, ratio }: HybridParts): Controller {
  return {
    name: 'hybrid',
    async propose(context) {
      const suggestion = { ...(await sampler.propose(context)), proposer: sampler.name }
      if (!isModelTrial(context, ratio)) return suggestion
      const told = { view: viewOf(sampler, context), suggestion: { text: suggestion.description, values: newValues(context, suggestion) } }
      // the sampler has proposed already: as a stand-in it need not again
      const instead = standIn?.name === sampler.name ? { ...sampler, propose: async () => suggestion } : standIn
      return orStandIn(() => proposeWith(client, context, edits, told), client.name, instead, context)
    },
    learn: (context) => learnWith(client, context),
  }
}

/**
 * Every round(1 / ratio)-th trial after the first ten is the model's, by its number alone, so that a restart decides the
 * same; and so is one for which the person left a note, which no sampler could read.
 */
export function isModelTrial({ lab, guidance }: Pick<ResearchContext, 'lab' | 'guidance'>, ratio: number): boolean {
  if (ratio <= 0) return false
  if (guidance.orders.some(({ kind }) => kind === 'note')) return true
  const after = lab.nextNumber - FIRST_TRIALS
  return after > 0 && after % Math.round(1 / Math.min(0.5, ratio)) === 0
}

/** Only CMA-ES holds a distribution that can be shown; of others the model sees the suggestion. */
function viewOf({ name }: Controller, context: ResearchContext): SamplerView {
  return name === 'cma-es' ? viewCmaEs(context) : { name, sigma: null, mean: null, covariance: null, choices: null }
}

function newValues({ knobs }: ResearchContext, { source }: Proposal): Record<string, ResearchContext['knobs'][number]['value']> {
  const before = new Map(knobs.map(({ name, value }) => [name, value]))
  return Object.fromEntries(findKnobs(source).flatMap(({ name, value }) => (before.get(name) === value ? [] : [[name, value]])))
}
