// Making, writing and reading receipts.

import { canonicalJson } from '../core/canonicalJson'
import { LabError } from '../core/errors'
import { sha256 } from '../core/hash'
import type { Task } from '../judge/task'
import { frozenCode } from '../judge/evidence'
import { isSignedBy, type Identity } from './identity'
import { MOST_CHARS, receiptFile, scoreOf, type Receipt, type ReceiptFile, type ReceiptRun } from './receiptForm'
import type { Experiment, RunRecord } from './types'

/** A receipt in the ledger: a row has one for each time that runs were added to it, the last of which counts. */
export interface ReceiptRow {
  labId: string
  number: number
  /** counts from 0 */
  issue: number
  fingerprint: string
  receipt: Receipt
  signature: string
}

/** What a receipt says besides its row. */
export interface ReceiptContext {
  task: Task
  /** task.json, as committed */
  taskJson: string
  /** receipts of the row's parents, by commit */
  parents: Receipt['parents']
  /** the row's last receipt, or null */
  before: ReceiptRow | null
  after: Receipt['issued']['after']
  now: number
}

/** Whether a row is one that is given a receipt: over, tried, and recorded with its runs. */
export function isReceiptable(row: Experiment): row is Experiment & { runs: RunRecord[] } {
  return row.status !== 'running' && row.status !== 'thought' && row.runs !== undefined
}

/** A receipt that was read and found to be what its signer signed. */
export interface VerifiedReceipt extends ReceiptFile {
  fingerprint: string
}

/** Names a receipt: SHA-256 over its canonical JSON. */
function fingerprintOf(receipt: Receipt): Promise<string> {
  return sha256(canonicalJson(receipt))
}

/**
 * Signs what is known of a finished row.
 * @param row as isReceiptable
 * @throws LabError "lab.internal" when the row does not make a receipt that would be accepted
 */
export async function issueReceipt(row: Experiment & { runs: RunRecord[] }, context: ReceiptContext, identity: Identity): Promise<ReceiptRow> {
  const { task, taskJson, parents, before, after, now } = context
  const receipt = {
    kind: 'assay receipt',
    version: 1,
    experiment: {
      number: row.number,
      status: row.status as Receipt['experiment']['status'],
      error: row.error?.code ?? null,
      startedAt: row.createdAt,
      finishedAt: row.finishedAt ?? now,
    },
    program: { trainJs: row.programHash, canonical: row.canonicalHash ?? null },
    task: {
      hash: await sha256(taskJson),
      dataset: task.dataset,
      tokenizer: task.tokenizer,
      budget: task.budget,
      evaluation: task.evaluation,
      // what it says of speed no other machine need keep to
      guards: { maxWallSeconds: task.guards.maxWallSeconds, maxBytes: task.guards.maxBytes },
    },
    commit: row.commit,
    parents,
    runs: row.runs.map(receiptRun),
    deltaBpb: row.deltaBpb === null ? null : scoreOf(row.deltaBpb),
    issued: { at: now, after, app: frozenCode(), supersedes: before?.fingerprint ?? null },
    publicKey: identity.publicKey,
  } satisfies Receipt
  const signature = await identity.sign(messageOf(receipt))
  const fingerprint = await fingerprintOf(receipt)
  const checked = receiptFile.safeParse({ receipt, signature, digests: {}, attached: {} })
  if (!checked.success) throw new LabError('lab.internal', `Experiment ${row.number} makes no receipt: ${issueOf(checked.error).message}`)
  return { labId: row.labId, number: row.number, issue: (before?.issue ?? -1) + 1, fingerprint, receipt, signature }
}

function receiptRun({ seed, purpose = 'seed', score, failure, gates, evidence }: RunRecord): ReceiptRun {
  const hiddenBpb = score?.hiddenBpb ?? null
  return {
    seed,
    purpose,
    score: score && { valBpb: scoreOf(score.valBpb), hiddenBpb: hiddenBpb === null ? null : scoreOf(hiddenBpb) },
    failure,
    gates: gates.map(({ gate, passed, detail }) => ({ gate, passed, detail: detail.slice(0, 1000) })),
    evidence,
  }
}

/** A receipt as the text of a file; with train.js and task.json it can be replayed anywhere. */
export async function receiptText({ receipt, signature }: Pick<ReceiptRow, 'receipt' | 'signature'>, attached: ReceiptFile['attached']): Promise<string> {
  const file: ReceiptFile = { receipt, signature, digests: await digestsOf(receipt), attached }
  // a line for each part of the receipt, and for each of the rest
  const lines = (value: object, indent: string): string =>
    Object.entries(value).map(([key, part]) => `${indent}${JSON.stringify(key)}: ${write(key, part)}`).join(',\n')
  const write = (key: string, part: object) => (key === 'receipt' ? `{\n${lines(part, '  ')}\n }` : JSON.stringify(part))
  return `{\n${lines(file, ' ')}\n}\n`
}

/**
 * Reads a receipt that anybody may have written, and verifies it.
 * @throws LabError "import.invalid" naming the field (also as data.field) as far as it can be told; "receipt.unsupported"
 */
export async function readReceipt(text: string): Promise<VerifiedReceipt> {
  if (text.length > MOST_CHARS) throw refused('', `it is longer than ${MOST_CHARS} characters`)
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (cause) {
    throw refused('', 'it is not JSON', cause)
  }
  const parsed = receiptFile.safeParse(raw)
  if (!parsed.success) {
    const { field, message } = issueOf(parsed.error)
    throw refused(field, message)
  }
  const { receipt, signature, digests, attached } = parsed.data
  const actual = await digestsOf(receipt)
  const altered = Object.keys(actual).find((part) => actual[part] !== digests[part])
  if (altered !== undefined) throw refused(`receipt.${altered}`, 'it is not what was signed')
  if (Object.keys(digests).length !== Object.keys(actual).length) throw refused('digests', 'there are too many')
  if (!(await isSignedBy(receipt.publicKey, signature, messageOf(receipt)))) {
    throw refused('signature', 'it is not the signature of this receipt by its key')
  }
  const hashes = { 'train.js': receipt.program.trainJs, 'task.json': receipt.task.hash } as const
  for (const name of ['train.js', 'task.json'] as const) {
    const content = attached[name]
    if (content !== undefined && (await sha256(content)) !== hashes[name]) {
      throw refused(`attached.${name}`, 'the text is not the one that the receipt names')
    }
  }
  return { ...parsed.data, fingerprint: await fingerprintOf(receipt) }
}

/** A row of the ledger from a receipt's file. @throws LabError as readReceipt */
export async function receiptRow({ number, issue, text }: { number: number; issue: number; text: string }, labId: string): Promise<ReceiptRow> {
  const { fingerprint, receipt, signature } = await readReceipt(text)
  return { labId, number, issue, fingerprint, receipt, signature }
}

function messageOf(receipt: Receipt): Uint8Array {
  return new TextEncoder().encode(canonicalJson(receipt))
}

async function digestsOf(receipt: Receipt): Promise<Record<string, string>> {
  const digests: Record<string, string> = {}
  for (const [part, value] of Object.entries(receipt)) digests[part] = await sha256(canonicalJson(value))
  return digests
}

function issueOf(error: { issues: readonly { path: PropertyKey[]; message: string }[] }): { field: string; message: string } {
  const [{ path, message }] = error.issues
  const field = path.map(String).join('.')
  return { field, message: field === '' ? message : `${field}: ${message}` }
}

function refused(field: string, why: string, cause?: unknown): LabError {
  const where = field !== '' && !why.startsWith(field) ? `${field}: ` : ''
  return new LabError('import.invalid', `This receipt is refused: ${where}${why}.`, {
    hint: 'It was altered, cut short, or is none. Ask whoever gave it for the original file.',
    data: { field },
    cause,
  })
}
