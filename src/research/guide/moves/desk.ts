// What the lab's own proposals are made from, and the form they all have.

import type { Experiment, LabRecord } from '../../../history/types'
import type { Proposal } from '../../types'
import { GUIDE } from '../plan'
import type { OrderKind } from '../types'

export interface Desk {
  lab: LabRecord
  rows: readonly Experiment[]
  /** the experiment to start from */
  base: Experiment
  source(row: Experiment): Promise<string>
  /** Whether nobody has tried this program, in these or other words, and it can be run. */
  isOpen(source: string): Promise<boolean>
}

/**
 * A proposal of the lab itself. It expects what earlier ones of its kind did: the mean change, shrunk towards zero by
 * two imagined null results, and the share of keeps with one in five imagined beforehand.
 */
export function propose(desk: Desk, kind: OrderKind, what: Pick<Proposal, 'hypothesis' | 'description' | 'category' | 'source'> & { parents?: number[] }): Proposal {
  const alike = desk.rows.filter((row) => row.proposer === GUIDE && row.guidance?.orders.some((order) => order.kind === kind))
  const deltas = alike.flatMap(({ deltaBpb }) => (deltaBpb === null ? [] : [deltaBpb]))
  const keeps = alike.filter(({ status }) => status === 'keep').length
  return {
    ...what,
    expectedDelta: Number((deltas.reduce((sum, delta) => sum + delta, 0) / (deltas.length + 2)).toFixed(4)),
    expectedProbability: Number(((keeps + 1) / (alike.length + 5)).toFixed(2)),
    proposer: GUIDE,
  }
}

/** Whether an experiment of this kind was made from exactly these parents. */
export function isDone(rows: readonly Experiment[], kind: OrderKind, parents: readonly number[]): boolean {
  return rows.some(
    (row) => row.guidance?.orders.some((order) => order.kind === kind) && row.parents?.length === parents.length && parents.every((number) => row.parents!.includes(number)),
  )
}
