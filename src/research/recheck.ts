// The incumbent, measured again now and then on a seed it has been measured on: does the ruler still give the same
// length for the same thing? What it strays widens the noise of every later comparison.

import { LabError } from '../core/errors'
import type { Experiment } from '../history/types'
import type { Task } from '../judge/task'
import type { Bench } from './bench'
import type { Notice } from './gate'
import type { LabBook } from './labBook'
import { withRun } from './rows'
import { driftsOf, measuredNoise } from './ruler'

/** Experiments that ran between two re-checks. */
const RECHECK_EVERY = 10

/** Whether ten experiments have run since the last re-check, or since the start. The plain rule asks for none. */
export function isRecheckDue({ lab, rows, incumbent }: Pick<LabBook, 'lab' | 'rows' | 'incumbent'>): boolean {
  if (!incumbent || lab.task.keepRule.kind === 'plain') return false
  const first = rows.find(({ status }) => status === 'baseline')?.number ?? 0
  const last = driftsOf(rows).at(-1)?.after ?? first
  return rows.filter(({ number, measurements }) => number > last && measurements !== null).length >= RECHECK_EVERY
}

/**
 * Runs the incumbent again on its first seed and records what it scored.
 * @returns what the person should know of it, if anything
 * @throws LabError the failure of that run: what ran before should run again
 */
export async function recheck(bench: Bench): Promise<Notice | null> {
  const { book } = bench
  const { incumbent } = book
  if (!incumbent) throw new LabError('lab.internal', 'There is nothing to measure again yet.')
  const run = await bench.run(incumbent, 0, { purpose: 'recheck', scoreHidden: false, returnWeights: false })
  if (!run.result.ok) throw LabError.fromJSON(run.result.error)
  const row = withRun(incumbent, run, book.lab.nextNumber - 1)
  const noise = measuredNoise([...book.rows.filter(({ number }) => number !== row.number), row])
  await book.score(row, noise ? { sigmaBpb: noise.sigmaBpb } : {})
  return driftNotice(book.lab.task, row, noise?.sigmaBpb ?? 0)
}

function driftNotice({ budget }: Task, row: Experiment, sigmaBpb: number): Notice | null {
  const { wasBpb, isBpb } = driftsOf([row]).at(-1)!
  const drift = isBpb - wasBpb
  const moved = `Experiment ${row.number}, run again on the same seed, scored ${isBpb.toFixed(4)} instead of ${wasBpb.toFixed(4)} bits per byte`
  if (budget.kind === 'tokens') {
    if (drift === 0) return null
    return {
      level: 'warning',
      message: `${moved}. With a budget of tokens it should be the same to the bit.`,
      hint: 'Another adapter, driver or version of this page rounds differently. If nothing changed, do not trust this machine’s arithmetic.',
    }
  }
  if (Math.abs(drift) <= 2 * sigmaBpb) return null
  return {
    level: 'warning',
    message: `${moved}: this machine is now ${drift > 0 ? 'slower' : 'faster'} than it was, which counts as noise from here on.`,
    hint: 'Close what else is running, or start a lab with a budget of tokens: its scores do not depend on speed.',
  }
}
