// The receipts of a lab's rows: issued with the row's last word, and mended where a cut left one out.

import { LabError } from '../core/errors'
import type { Identity } from '../history/identity'
import { isReceiptable, issueReceipt, receiptText, type ReceiptRow } from '../history/receipt'
import type { Receipt } from '../history/receiptForm'
import { taskText } from '../history/newLab'
import type { Experiment, LabRecord, Ledger, Repository, RunRecord } from '../history/types'
import type { RunResult } from '../judge/types'

export interface ReceiptDeps {
  ledger: Ledger
  repo: Repository
  now: () => number
  /** who signs; without one there are no receipts */
  identity?: () => Promise<Identity>
  /** told when a row cannot be signed: the lab goes on without its receipt */
  onUnsigned?: (error: LabError) => void
}

/** What a row keeps of a run for its receipt. */
export function recordOf(result: RunResult): RunRecord {
  const { seed, evidence } = result
  if (result.ok) {
    const { valBpb, hiddenBpb, gates } = result
    return { seed, score: { valBpb, hiddenBpb }, failure: null, gates, evidence }
  }
  const { step } = result.error.data
  const failure = { status: result.status, code: result.error.code, step: typeof step === 'number' ? step : null }
  return { seed, score: null, failure, gates: [], evidence }
}

/** The latest receipt of each row, as last made durable. */
export class ReceiptBook {
  private readonly deps: ReceiptDeps
  private readonly latest = new Map<number, ReceiptRow>()
  private signer: Promise<Identity | null> | null = null

  private constructor(deps: ReceiptDeps) {
    this.deps = deps
  }

  /** Reads what there is, issues what a cut or a missing key left out, and copies to git what is not there. */
  static async open(deps: ReceiptDeps, lab: LabRecord, rows: readonly Experiment[]): Promise<ReceiptBook> {
    const book = new ReceiptBook(deps)
    const issued = await deps.ledger.listReceipts(lab.labId)
    for (const receipt of issued) book.remember(receipt)
    for (const row of rows) {
      if (book.isCurrent(row)) continue
      const receipt = await book.issue(row, lab, rows, 'recovery')
      if (!receipt) continue
      await deps.ledger.saveReceipt(receipt)
      book.remember(receipt)
      issued.push(receipt)
    }
    const copied = new Set((await deps.repo.receipts()).map(({ number, issue }) => `${number}/${issue}`))
    for (const receipt of issued) if (!copied.has(`${receipt.number}/${receipt.issue}`)) await book.copy(receipt)
    return book
  }

  /**
   * Signs a row as it is about to be written; nothing is stored.
   * @returns null for a row that is not over, or that nobody can sign
   */
  async issue(row: Experiment, lab: LabRecord, rows: readonly Experiment[], after: Receipt['issued']['after'] = 'run'): Promise<ReceiptRow | null> {
    if (!isReceiptable(row)) return null
    const identity = await this.identity()
    if (!identity) return null
    const { task } = lab
    const parent = row.parentNumber === null ? undefined : rows.find(({ number }) => number === row.parentNumber)
    const context = {
      task,
      taskJson: taskText(task),
      parents: parent ? [{ commit: parent.commit, receipt: this.latest.get(parent.number)?.fingerprint ?? null }] : [],
      before: this.latest.get(row.number) ?? null,
      after,
      now: this.deps.now(),
    }
    try {
      return await issueReceipt(row, context, identity)
    } catch (thrown) {
      this.deps.onUnsigned?.(LabError.from(thrown)) // the row counts all the same
      return null
    }
  }

  /** After the row and its receipt are in the ledger. */
  async recorded(receipt: ReceiptRow): Promise<void> {
    this.remember(receipt)
    await this.copy(receipt)
  }

  /** Into git, with the texts that it names. */
  private async copy(receipt: ReceiptRow): Promise<void> {
    const { repo } = this.deps
    const { 'train.js': trainJs, 'task.json': taskJson } = await repo.read(receipt.receipt.commit)
    await repo.saveReceipt(receipt.number, receipt.issue, await receiptText(receipt, { 'train.js': trainJs, 'task.json': taskJson }))
  }

  private isCurrent(row: Experiment): boolean {
    const known = this.latest.get(row.number)?.receipt
    return !isReceiptable(row) || (known?.runs.length === row.runs.length && known.experiment.status === row.status)
  }

  private remember(receipt: ReceiptRow): void {
    const known = this.latest.get(receipt.number)
    if (!known || known.issue < receipt.issue) this.latest.set(receipt.number, receipt)
  }

  /** Asked for once: a browser that cannot sign does not learn it on the way. */
  private identity(): Promise<Identity | null> {
    this.signer ??= (async () => {
      try {
        return (await this.deps.identity?.()) ?? null
      } catch (thrown) {
        this.deps.onUnsigned?.(LabError.from(thrown))
        return null
      }
    })()
    return this.signer
  }
}
