// What a finished row counts as.

import type { Experiment } from '../history/types'

const FAILED: ReadonlySet<Experiment['status']> = new Set(['crash', 'timeout', 'rejected', 'checks_failed', 'device_lost'])

/** A row cut off by a stop, a closed tab or a kill: it says nothing about its program. */
export function wasInterrupted(row: Experiment): boolean {
  return row.status === 'crash' && row.error?.code === 'lab.state'
}

/** A program that had been tried: refused at no cost, and no failure of anything. */
export function isRepetition(row: Experiment): boolean {
  return row.error?.code === 'program.duplicate'
}

/** A proposal that the person did not want: not run, and not to be proposed again. */
export function wasSkipped(row: Experiment): boolean {
  return row.error?.code === 'lab.skipped'
}

/** An attempt that says something about its program: no baseline, no thought, not cut off, repeated or skipped. */
export function isTry(row: Experiment): boolean {
  const isOther = row.status === 'running' || row.status === 'baseline' || row.status === 'thought'
  return !isOther && !wasInterrupted(row) && !isRepetition(row) && !wasSkipped(row)
}

/** Every try since the baseline, oldest first: these are what a lab's limit counts. */
export function triesOf(rows: readonly Experiment[]): Experiment[] {
  const first = rows.find((row) => row.status === 'baseline')?.number ?? 0
  return rows.filter((row) => row.number > first && isTry(row))
}

/** A try without a score. */
export function hasFailed(row: Experiment): boolean {
  return isTry(row) && FAILED.has(row.status)
}
