// Who proposes in a lab, made from its record; and what models have cost it.

import { LabError } from '../core/errors'
import type { Experiment, LabRecord } from '../history/types'
import { createHuman } from '../research/controllers/human'
import { createController } from '../research/controllers/registry'
import { createResearcher, needsModel } from '../research/controllers/researcher'
import { readResearcherSpec } from '../research/models/spec'
import { createSpending, type Spending } from '../research/models/spending'
import { NO_COST, type ModelCaps, type ResearcherSpec } from '../research/models/types'
import type { Questions } from '../research/questions'
import { isSpent } from '../research/spending'
import type { Controller } from '../research/types'
import type { Clients, OpenClient } from './labClients'
import type { Meter } from './researchProtocol'

type Chosen = Pick<LabRecord, 'controller' | 'researcher'>

/** The researchers of one lab, one after the other: they share its account. */
export interface LabResearchers {
  /** The researcher of a record, in place of the one before. @throws LabError "import.invalid" */
  use(chosen: Chosen): Controller
  /** The same of a record as it was found; one that cannot be had says why when it is asked to propose. */
  open(found: Chosen): Controller
  /** Gives back what the last one holds. */
  dispose(): void
}

export function createResearchers(lab: LabRecord, clients: Pick<Clients, 'client'>, questions: Questions): LabResearchers {
  let spending: Spending | null = null
  let client: OpenClient | null = null

  const dispose = () => {
    client?.dispose?.()
    client = null
  }

  function account(caps: ModelCaps): Spending {
    spending = createSpending(caps, spending?.spent ?? lab.spent ?? NO_COST)
    return spending
  }

  function use(chosen: Chosen): Controller {
    const spec = checkResearcher(chosen)
    dispose()
    if (spec === null) return withoutModel(chosen.controller)
    client = clients.client(spec.model, account(spec.caps), questions)
    return createResearcher(chosen.controller, spec, client)
  }

  return {
    use,
    open(found) {
      try {
        return use(found)
      } catch (thrown) {
        const { message, hint } = LabError.from(thrown)
        return { name: found.controller, propose: () => Promise.reject(new LabError('controller.refused', message, { hint })) }
      }
    },
    dispose,
  }
}

/** The researcher of a lab where no person is there to be asked. @throws LabError "import.invalid" */
export function researcherOf(lab: LabRecord, clients: Pick<Clients, 'client'>): { controller: Controller; dispose(): void } {
  const nobody: Questions = {
    ask: () => Promise.reject(new LabError('controller.refused', 'This asks nobody: a researcher that needs a person cannot take part.', { hint: 'Choose one that answers by itself.' })),
    answer() {},
  }
  const researchers = createResearchers(lab, clients, nobody)
  return { controller: researchers.use(lab), dispose: researchers.dispose }
}

/**
 * Whether a lab could have this researcher.
 * @returns what it says of a model, read strictly; null for one that needs none
 * @throws LabError "import.invalid" naming what is wrong
 */
export function checkResearcher({ controller, researcher }: Chosen): ResearcherSpec | null {
  if (!needsModel(controller)) {
    withoutModel(controller)
    return null
  }
  if (!researcher) {
    throw new LabError('import.invalid', `The researcher "${controller}" needs a language model, and none is chosen.`, { hint: 'Choose a model.' })
  }
  const spec = readResearcherSpec(researcher)
  for (const name of [spec.sampler, spec.standIn ?? spec.sampler]) createController(name)
  return spec
}

const withoutModel = (name: string): Controller => (name === 'human' ? createHuman() : createController(name))

/** What models have cost a lab and what came of it; null before any was asked. */
export function meterOf({ spent }: Pick<LabRecord, 'spent'>, rows: readonly Experiment[]): Meter | null {
  if (!spent || !isSpent(spent)) return null
  const keeps = rows.filter(({ status }) => status === 'keep').length
  const runMs = rows.reduce((sum, { createdAt, finishedAt }) => sum + (finishedAt === null ? 0 : finishedAt - createdAt), 0)
  return {
    spent,
    keeps,
    secondsPerKeep: keeps === 0 ? null : (spent.wallMs + runMs) / 1000 / keeps,
    usdPerKeep: keeps === 0 || spent.usd === null ? null : spent.usd / keeps,
  }
}
