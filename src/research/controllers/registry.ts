// Every researcher that needs no key, by name.

import { LabError } from '../../core/errors'
import type { Controller } from '../types'
import { createCmaEs } from './cmaEs'
import { createEvolution } from './evolution'
import { createHalving } from './halving'
import { createNoop } from './noop'
import { createRandom } from './random'
import { createTpe } from './tpe'

const CONTROLLERS: Record<string, () => Controller> = {
  evolution: createEvolution,
  tpe: createTpe,
  'cma-es': createCmaEs,
  halving: createHalving,
  random: createRandom,
}

/** Names of researchers; the first is the default. */
export const CONTROLLER_NAMES: readonly string[] = Object.keys(CONTROLLERS)

/** And of what measures the judge instead, for the command line. */
export const EVERY_CONTROLLER: readonly string[] = [...CONTROLLER_NAMES, 'noop']

/** A researcher by name. @throws LabError "import.invalid" for a name that is not known */
export function createController(name: string): Controller {
  if (Object.hasOwn(CONTROLLERS, name)) return CONTROLLERS[name]()
  if (name === 'noop') return createNoop()
  throw new LabError('import.invalid', `There is no researcher called "${name}".`, {
    hint: `Choose one of: ${CONTROLLER_NAMES.join(', ')}.`,
  })
}
