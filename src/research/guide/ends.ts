// When a lab ends, and with what evidence. Pure functions of the record.

import type { Experiment, LabRecord } from '../../history/types'
import { triesOf } from '../outcomes'
import type { EndState } from './types'

/** Why the lab is over, or null while it is not. A program that the person queued is still run. */
export function endOf(lab: LabRecord, rows: readonly Experiment[]): EndState | null {
  if (lab.incumbent === null || (lab.queue ?? []).length > 0) return null
  const limit = lab.maxExperiments ?? null
  const tries = triesOf(rows)
  if (limit !== null && tries.length >= limit) return { kind: null, by: 'experiments', evidence: `All ${limit} experiments are done.` }
  return null
}
