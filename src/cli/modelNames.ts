// A model's name, checked before a night of experiments begins with it: which ones there are is the server's to say.

import { LabError } from '../core/errors'
import { environmentKeys } from '../research/models/keys'
import { listModels } from '../research/models/list'
import { factsOf } from '../research/models/providers'
import type { Provider } from '../research/models/types'
import type { ModelArgs } from './modelArgs'

/** Names that are said; more would only fill the screen. */
const MOST_SAID = 40
/** What they do not list, they do not have; others know names that they do not list. */
const COMPLETE: readonly Provider[] = ['ollama', 'lmstudio']

/**
 * Makes sure that a model is named, and installed where that can be known.
 * @throws LabError "import.invalid" with the names that there are; controller.* where none is named and none can be listed
 */
export async function checkModelName({ model, address }: ModelArgs, environment: Record<string, string | undefined>, signal: AbortSignal): Promise<void> {
  if (!model) return
  const { label, needsModel } = factsOf(model.provider)
  const isNamed = model.model !== '' || !needsModel
  if (isNamed && !COMPLETE.includes(model.provider)) return
  const deps = { keys: environmentKeys(environment), page: null }
  const listing = listModels({ ...model, ...(address !== undefined && { address }) }, deps, signal)
  // a server that is started later, or stood in for, is the lab's to deal with
  const listed = isNamed ? await listing.catch(() => null) : await listing
  const names = listed?.map(({ id }) => id).toSorted((a, b) => a.localeCompare(b))
  if (!names || (isNamed && names.some((name) => name === model.model || name === `${model.model}:latest`))) return
  throw new LabError('import.invalid', isNamed ? `${label} has no model "${model.model}".` : 'No model is named.', {
    hint: names.length === 0 ? `${label} has none yet: install one there, then name it as --model ${model.provider}/NAME.` : `${label} has: ${said(names)}. Name one as --model ${model.provider}/NAME.`,
  })
}

function said(names: readonly string[]): string {
  const more = names.length - MOST_SAID
  return `${names.slice(0, MOST_SAID).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
