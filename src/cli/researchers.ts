// The researcher of a lab without a page: models are asked with keys from the environment, and nobody is there to be asked.

import { LabError } from '../core/errors'
import type { LabRecord } from '../history/types'
import { createModelClient } from '../research/models/client'
import { environmentKeys } from '../research/models/keys'
import { factsOf } from '../research/models/providers'
import type { Controller } from '../research/types'
import { researcherOf } from '../worker/labResearch'

/** @throws LabError "import.invalid" for a researcher that cannot be had here */
export function headlessResearcher(lab: LabRecord): { controller: Controller; dispose(): void } {
  return researcherOf(lab, {
    client(spec, spending) {
      const { family, label } = factsOf(spec.provider)
      if (family) return createModelClient(spec, { keys: environmentKeys(process.env), spending, page: null })
      throw new LabError('import.invalid', `${label} is to be had in the page only.`, { hint: 'Name another model with --model.' })
    },
  })
}
