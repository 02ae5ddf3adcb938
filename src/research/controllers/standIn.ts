// Who proposes while a model cannot be reached: nobody, unless the person named somebody; and then the row says so.

import { LabError } from '../../core/errors'
import { addCosts, costOfFailure } from '../spending'
import { NO_COST } from '../models/types'
import type { Controller, Proposal, ResearchContext } from '../types'

/** No answer could be had: no connection, no more requests allowed, or a limit of the person's. */
const UNREACHED: ReadonlySet<string> = new Set(['controller.offline', 'controller.limit', 'controller.cap'])

/**
 * What the model proposes, or the stand-in where the model cannot be reached.
 * @param standIn null: the failure is thrown, and the lab waits for the person
 */
export async function orStandIn(model: () => Promise<Proposal>, name: string, standIn: Controller | null, context: ResearchContext): Promise<Proposal> {
  try {
    return await model()
  } catch (thrown) {
    const failure = LabError.from(thrown)
    if (standIn === null || !UNREACHED.has(failure.code)) throw thrown
    const proposal = await standIn.propose(context)
    return {
      ...proposal,
      hypothesis: `${name} could not be reached (${failure.code}), so ${standIn.name} proposed: ${proposal.hypothesis}`,
      proposer: proposal.proposer ?? standIn.name,
      cost: addCosts(proposal.cost ?? NO_COST, costOfFailure(failure)),
    }
  }
}
