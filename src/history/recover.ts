// After a cut: a closed tab, a kill, a lost device. What was running is closed honestly,
// and git, ledger and work tree are brought to agree. Safe to run any number of times.

import { LabError } from '../core/errors'
import { receiptRow } from './receipt'
import { resultsTsv } from './results'
import type { Experiment, Ledger, Repository } from './types'

/** What was found and mended. */
export interface Recovery {
  /** numbers of the rows that were found running and are now crashes */
  closed: number[]
  /** true when the branch had to be moved back to the incumbent */
  moved: boolean
}

/**
 * Closes rows found 'running' as crashes, keeps their commits as attempts, and puts the branch on the incumbent.
 * @param reason plain sentence for the row
 */
export async function recover(
  ledger: Ledger,
  repo: Repository,
  labId: string,
  reason = 'Cut off: the tab or the program was closed during this run.',
): Promise<Recovery> {
  const lab = await ledger.loadLab(labId)
  if (!lab) return { closed: [], moved: false }
  const rows = await ledger.listExperiments(labId)
  const running = rows.filter((row) => row.status === 'running')
  for (const row of running) {
    const closed = closeRow(row, reason)
    const nextNumber = Math.max(lab.nextNumber, row.number + 1)
    Object.assign(lab, { nextNumber, updatedAt: Date.now() })
    await ledger.commitDecision(closed, lab)
    await repo.saveRow(closed, lab)
  }

  const after = await ledger.listExperiments(labId)
  const last = after.at(-1)
  if (last && last.commit !== '') await repo.tagAttempt(last.number, last.commit) // a kill may have come before it

  const incumbent = after.find((row) => row.number === lab.incumbent)
  const moved = incumbent !== undefined && (await repo.head()) !== incumbent.commit
  if (moved) await repo.reset(incumbent.commit)
  if (after.length > 0) await repo.writeResults(resultsTsv(after))
  return { closed: running.map((row) => row.number), moved }
}

function closeRow(row: Experiment, reason: string): Experiment {
  const error = new LabError('lab.state', reason, { hint: 'Nothing to do: the lab goes on with the next experiment.' })
  return { ...row, status: 'crash', finishedAt: row.finishedAt ?? Date.now(), reason, error: error.toJSON() }
}

/**
 * Writes into `ledger` every row and receipt that the repository knows; curves and weights are not in git.
 * @returns the number of rows written
 */
export async function rebuildLedger(repo: Repository, ledger: Ledger): Promise<number> {
  const { lab, experiments } = await repo.rows()
  if (lab) await ledger.saveLab(lab)
  for (const experiment of experiments) await ledger.saveExperiment(experiment)
  if (lab) for (const file of await repo.receipts()) await ledger.saveReceipt(await receiptRow(file, lab.labId))
  return experiments.length
}
