// An edit is worth a run when it applies, is new, and would fit: all known before anything is launched.

import { LabError } from '../../core/errors'
import { sha256 } from '../../core/hash'
import type { Experiment } from '../../history/types'
import type { Feasibility, ResearchContext } from '../types'
import { applyEdit } from './apply'
import type { Edit } from './edit'

export interface Prepared {
  source: string
  /** why it would not be run: program.* | sandbox.*; null where it would */
  refusal: LabError | null
}

/**
 * Applies an edit to the context's program, and asks the record and the box about the result.
 * @throws LabError "controller.badReply" where it does not apply
 */
export async function prepareEdit(context: Pick<ResearchContext, 'source' | 'history' | 'check'>, edit: Edit): Promise<Prepared> {
  const source = await applyEdit(context.source, edit)
  return { source, refusal: (await duplicateOf(context.history, source)) ?? (await refusalOf(context.check, source)) }
}

async function duplicateOf(history: readonly Experiment[], source: string): Promise<LabError | null> {
  const hash = await sha256(source)
  const twin = history.find((row) => wasTried(row) && row.programHash === hash)
  if (!twin) return null
  return new LabError('program.duplicate', `This is the program of experiment ${twin.number}, letter for letter.`, {
    hint: 'Propose something that has not been tried.',
    data: { number: twin.number },
  })
}

async function refusalOf(check: (source: string) => Promise<Feasibility>, source: string): Promise<LabError | null> {
  try {
    await check(source)
    return null
  } catch (thrown) {
    const refusal = LabError.from(thrown)
    if (/^(program|sandbox)\./.test(refusal.code)) return refusal
    throw thrown
  }
}

/** Whether a row says something about its program. */
function wasTried(row: Experiment): boolean {
  return row.status !== 'device_lost' && row.status !== 'thought' && row.error?.code !== 'lab.state'
}
