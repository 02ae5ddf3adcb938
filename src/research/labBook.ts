// The durable side of the loop: rows, lab state and branch, changed only together and in one order, so that a kill
// between any two steps leaves a state that recover() can bring back to agreement.
//   begin:  commit → row 'running' and next number (one transaction) → refs/attempts/<n>
//   score:  row with one more score
//   finish: curve, weights → row, incumbent and receipt (one transaction) → row and receipt in git → branch → results.tsv

import { LabError } from '../core/errors'
import { labSnapshot } from '../history/newLab'
import { recover } from '../history/recover'
import { resultsTsv } from '../history/results'
import type { Experiment, LabRecord } from '../history/types'
import { NO_COST, type Cost } from './models/types'
import { ReceiptBook, type ReceiptDeps } from './receipts'
import { addCosts } from './spending'

/** Runs a storage operation; when the disk is full it may wait for room and try again. */
export type Insist = <T>(operation: () => Promise<T>) => Promise<T>

export interface LabBookDeps extends ReceiptDeps {
  insist: Insist
}

/** Rows and lab as last made durable: memory follows the disk, never the other way round. */
export class LabBook {
  lab: LabRecord
  readonly rows: Experiment[]
  private readonly deps: LabBookDeps
  private readonly receipts: ReceiptBook
  private last: Promise<unknown> = Promise.resolve()

  private constructor(deps: LabBookDeps, receipts: ReceiptBook, lab: LabRecord, rows: Experiment[]) {
    this.deps = deps
    this.receipts = receipts
    this.lab = lab
    this.rows = rows
  }

  /**
   * Loads a lab and mends what an earlier cut left behind; the branch ends on the incumbent.
   * @returns the book and the numbers of the rows that were found running
   * @throws LabError "lab.state" when there is no such lab, store.* from the stores
   */
  static async open(deps: LabBookDeps, labId: string): Promise<{ book: LabBook; closed: number[] }> {
    const { ledger, repo, insist } = deps
    const { closed } = await insist(() => recover(ledger, repo, labId))
    const lab = await ledger.loadLab(labId)
    if (!lab) throw new LabError('lab.state', `There is no lab ${labId}.`, { hint: 'Create a lab first.' })
    const rows = await ledger.listExperiments(labId)
    const receipts = await insist(() => ReceiptBook.open(deps, lab, rows))
    const book = new LabBook(deps, receipts, lab, rows)
    const last = book.rows.at(-1)
    // a kill between the decision and its copy in git leaves the copy behind
    if (last) await insist(() => repo.saveRow(last, lab))
    const home = book.home()
    if (home !== null && (await repo.head()) !== home) await insist(() => repo.reset(home))
    return { book, closed }
  }

  get incumbent(): Experiment | null {
    return this.rows.find((row) => row.number === this.lab.incumbent) ?? null
  }

  /** train.js of an attempt. */
  async source(row: Experiment): Promise<string> {
    return (await this.deps.repo.read(row.commit))['train.js']
  }

  /**
   * Commits a program on top of `parent` (before there is one: where the lab began) and opens its row; when this
   * resolves, the attempt can no longer be lost.
   * @param change of the lab, in the same transaction: what the attempt uses up
   */
  async begin(
    facts: Omit<Experiment, 'labId' | 'number' | 'status' | 'commit' | 'parentCommit' | 'parentNumber' | 'createdAt'>,
    source: string,
    parent: Experiment | null,
    change: (lab: LabRecord) => Partial<LabRecord>,
  ): Promise<Experiment> {
    const { repo, insist, now } = this.deps
    const number = this.lab.nextNumber
    const parentCommit = parent?.commit ?? this.home() ?? (await repo.head())
    const snapshot = { ...labSnapshot(this.lab), 'train.js': source }
    // the very first program is the repository's root already
    const isRoot = this.rows.length === 0 && (await repo.read(parentCommit))['train.js'] === source
    const message = `${number}: ${facts.description}\n\n${facts.hypothesis}`
    const commit = isRoot ? parentCommit : await insist(() => repo.commit(snapshot, message, parentCommit))
    const row: Experiment = {
      ...facts,
      labId: this.lab.labId,
      number,
      status: 'running',
      commit,
      parentCommit: isRoot ? '' : parentCommit,
      parentNumber: parent?.number ?? null,
      createdAt: now(),
    }
    await this.write(row, (lab) => ({ nextNumber: number + 1, ...change(lab) }))
    await insist(() => repo.tagAttempt(number, commit))
    return row
  }

  /** One more score of a row that stays what it is. */
  async score(row: Experiment, lab: Partial<LabRecord> = {}): Promise<void> {
    await this.write(row, () => lab)
    if (row.status === 'running') return
    const { repo, insist } = this.deps
    await insist(() => repo.writeResults(resultsTsv(this.rows)))
  }

  /** Words about a row that is over; what was measured, and so its receipt, stays as it is. */
  async annotate(row: Experiment, change: (lab: LabRecord) => Partial<LabRecord>): Promise<void> {
    await this.write(row, change, false)
  }

  /** Records a decision; the branch stays on a new incumbent and goes back from anything else. */
  async finish(
    row: Experiment,
    lab: Partial<LabRecord>,
    artefacts: { curve: Float32Array | null; weights: Float32Array | null },
  ): Promise<{ weightsSaved: boolean }> {
    const { ledger, repo, insist } = this.deps
    const { curve, weights } = artefacts
    if (curve) await insist(() => ledger.saveCurve(row.labId, row.number, curve))
    const weightsSaved = weights ? await ledger.saveWeights(row.labId, row.number, weights) : true
    await this.write(row, () => lab)
    const home = this.home()
    if (home !== null && home !== row.commit) await insist(() => repo.reset(home))
    await insist(() => repo.writeResults(resultsTsv(this.rows)))
    return { weightsSaved }
  }

  /** Changes the lab's own state; a full disk is the caller's to handle. */
  async patch(change: (lab: LabRecord) => Partial<LabRecord>): Promise<void> {
    await this.inTurn(async () => {
      const next = { ...this.lab, ...change(this.lab), updatedAt: this.deps.now() }
      await this.deps.ledger.saveLab(next)
      this.lab = next
    })
  }

  /** What models cost, whatever came of it. */
  spend(cost: Cost): Promise<void> {
    return this.patch(({ spent }) => ({ spent: addCosts(spent ?? NO_COST, cost) }))
  }

  /** Into the ledger, with the receipt of a row that is over; such a row goes into git, too. */
  private async write(row: Experiment, change: (lab: LabRecord) => Partial<LabRecord>, isMeasured = true): Promise<void> {
    const { ledger, repo, insist, now } = this.deps
    const receipt = isMeasured ? await this.receipts.issue(row, this.lab, this.rows) : null
    await insist(() =>
      this.inTurn(async () => {
        const next = { ...this.lab, ...change(this.lab), updatedAt: now() }
        await ledger.commitDecision(row, next, receipt)
        this.lab = next
      }),
    )
    const at = this.rows.findIndex((known) => known.number === row.number)
    if (at < 0) this.rows.push(row)
    else this.rows[at] = row
    if (row.status === 'running') return
    await insist(() => repo.saveRow(row, this.lab))
    if (receipt) await insist(() => this.receipts.recorded(receipt))
  }

  /**
   * One writer of the lab's state at a time, each building on what the one before made durable: a program queued by
   * the person while a decision is being written must neither undo the decision nor announce it too early.
   */
  private inTurn(write: () => Promise<void>): Promise<void> {
    const turn = this.last.then(write)
    this.last = turn.catch(() => undefined)
    return turn
  }

  /** Where the branch belongs: on the incumbent, or where the lab began. */
  private home(): string | null {
    const first = this.rows.at(0)
    return this.incumbent?.commit ?? (first ? first.parentCommit || first.commit : null)
  }
}
