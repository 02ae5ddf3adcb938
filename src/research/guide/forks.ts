// Where to go on from when the best program leads nowhere: another strong one.

import type { Experiment, LabRecord } from '../../history/types'
import { isTry } from '../outcomes'
import { nearMisses, pairedDelta } from './nearMisses'

/** Runs that start from a fork before the best program has its turn again: of one that is hardly worse, and of others. */
export const FORK_RUNS = 3
const WORSE_RUNS = 1

export type Fork = NonNullable<LabRecord['fork']>

/** The program of a running fork; null where there is none, or it has been used up. */
export function forkBase({ fork }: LabRecord, rows: readonly Experiment[]): Experiment | null {
  if (!fork || fork.left <= 0) return null
  return rows.find(({ number, scores }) => number === fork.from && scores.length > 0) ?? null
}

/**
 * The strongest program to fork from that has not been forked from: near misses first, then earlier keeps, then the
 * baseline. Null where there is none.
 */
export function chooseFork(lab: LabRecord, rows: readonly Experiment[]): Fork | null {
  const used = new Set(rows.filter((row) => isTry(row) && row.guidance?.orders.some(({ kind }) => kind === 'fork')).map((row) => row.parentNumber))
  const misses = nearMisses(lab, rows).map(({ row, deltaBpb }) => ({
    from: row.number,
    left: FORK_RUNS,
    reason: deltaBpb < 0
      ? `experiment ${row.number} scored ${(-deltaBpb).toFixed(4)} bits per byte lower than the best, within the noise`
      : `experiment ${row.number} missed the best by ${deltaBpb.toFixed(4)} bits per byte only`,
  }))
  const keeps = rows
    .filter(({ status, number }) => (status === 'keep' || status === 'baseline') && number !== lab.incumbent)
    .map(({ number, status }) => ({ from: number, left: WORSE_RUNS, reason: status === 'keep' ? `experiment ${number} was the best before` : 'the baseline has more than one way on' }))
    .toReversed()
  return [...misses, ...keeps].find(({ from }) => !used.has(from)) ?? null
}

/** The fork once an attempt has begun from it. */
export function forkBegun(fork: Fork | null): Fork | null {
  return fork && fork.left > 1 ? { ...fork, left: fork.left - 1 } : null
}

/**
 * The fork after a decision. A keep ends it. A program with an assumption turned round is gone on from where it was
 * better than the one it was made from; otherwise the fork is over.
 */
export function forkDecided(fork: Fork | null, row: Experiment, rows: readonly Experiment[]): Fork | null {
  if (row.status === 'keep') return null
  if (!fork || !row.guidance?.orders.some(({ kind }) => kind === 'invert')) return fork
  const parent = rows.find(({ number }) => number === row.parentNumber)
  const delta = parent ? pairedDelta(row, parent) : null
  return delta !== null && delta < 0 ? { ...fork, from: row.number } : null
}
