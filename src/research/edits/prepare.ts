// An edit is worth a run when it applies, is new, and would fit: all known before anything is launched.

import { LabError } from '../../core/errors'
import { sha256 } from '../../core/hash'
import type { Experiment } from '../../history/types'
import type { Feasibility, ResearchContext } from '../types'
import { applyEdit } from './apply'
import type { Edit } from './edit'

export interface Prepared {
  source: string
  feasibility: Feasibility
}

/**
 * Applies an edit to the context's program and asks the box about the result.
 * @throws LabError "controller.badReply" where it does not apply; program.duplicate | program.* | sandbox.*
 */
export async function prepareEdit(context: Pick<ResearchContext, 'source' | 'history' | 'check'>, edit: Edit): Promise<Prepared> {
  const source = await applyEdit(context.source, edit)
  const hash = await sha256(source)
  const twin = context.history.find((row) => wasTried(row) && row.programHash === hash)
  if (twin) {
    throw new LabError('program.duplicate', `This is the program of experiment ${twin.number}, letter for letter.`, {
      hint: 'Propose something that has not been tried.',
      data: { number: twin.number },
    })
  }
  const feasibility = await context.check(source)
  const { predictedBytes, allowedBytes } = feasibility
  if (predictedBytes > allowedBytes) {
    const mb = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`
    throw new LabError('program.memory', `A run would need ${mb(predictedBytes)}; ${mb(allowedBytes)} are allowed.`, {
      hint: 'Make the model, the batch or the context smaller.',
    })
  }
  return { source, feasibility }
}

/** Whether a row says something about its program. */
function wasTried(row: Experiment): boolean {
  return row.status !== 'device_lost' && row.error?.code !== 'lab.state'
}
