// Every researcher that needs no key, by name.

import { LabError } from '../../core/errors'
import type { Controller } from '../types'
import { createEvolution } from './evolution'
import { createRandom } from './random'

const CONTROLLERS: Record<string, () => Controller> = {
  evolution: createEvolution,
  random: createRandom,
}

/** Names that createController knows; the first is the default. */
export const CONTROLLER_NAMES: readonly string[] = Object.keys(CONTROLLERS)

/** A researcher by name. @throws LabError "import.invalid" for a name that is not known */
export function createController(name: string): Controller {
  if (Object.hasOwn(CONTROLLERS, name)) return CONTROLLERS[name]()
  throw new LabError('import.invalid', `There is no researcher called "${name}".`, {
    hint: `Choose one of: ${CONTROLLER_NAMES.join(', ')}.`,
  })
}
