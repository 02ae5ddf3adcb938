// Researchers that use a language model, made from what the lab's record says of them.

import { LabError } from '../../core/errors'
import type { ModelClient, ResearcherSpec } from '../models/types'
import type { Controller } from '../types'
import { createHybrid } from './hybrid'
import { createModelController } from './model'
import { createController } from './registry'

/** model: the model alone, a pasted chat included; hybrid: a sampler, and the model now and then. */
export const MODEL_RESEARCHERS = ['model', 'hybrid'] as const

export function needsModel(name: string): name is (typeof MODEL_RESEARCHERS)[number] {
  return (MODEL_RESEARCHERS as readonly string[]).includes(name)
}

/**
 * A researcher over a client that is there already.
 * @throws LabError "import.invalid" for a name, a sampler or a stand-in that is not known
 */
export function createResearcher(name: string, spec: ResearcherSpec, client: ModelClient): Controller {
  if (!needsModel(name)) throw new LabError('import.invalid', `"${name}" uses no model.`, { hint: `Choose one of: ${MODEL_RESEARCHERS.join(', ')}.` })
  const standIn = spec.standIn === null ? null : createController(spec.standIn)
  const { edits } = spec
  if (name === 'hybrid') return createHybrid({ client, sampler: createController(spec.sampler), standIn, edits, ratio: spec.ratio })
  return createModelController(client, { edits, standIn, looksBack: spec.model.provider !== 'paste' })
}
