// results.tsv: the five columns of Karpathy's autoresearch, so that scripts written for it read ours.

import type { Experiment, ExperimentStatus } from './types'

const HEADER = ['commit', 'val_bpb', 'memory_gb', 'status', 'description']

/** Our finer statuses onto the three of the original; null leaves the row out. */
const STATUS: Record<ExperimentStatus, 'keep' | 'discard' | 'crash' | 'thought' | null> = {
  running: null,
  baseline: 'keep',
  keep: 'keep',
  discard: 'discard',
  crash: 'crash',
  timeout: 'crash',
  rejected: 'crash',
  checks_failed: 'crash',
  device_lost: 'crash',
  thought: 'thought',
}

/**
 * The tab-separated record of all finished experiments, in order of number.
 * Columns: commit (7 hex digits), val_bpb (6 decimals), memory_gb (GiB, 1 decimal), status, description.
 * A crash has 0.000000 and 0.0, as in the original. A thought, which the original does not know, stands with the score
 * of the program that its commit holds: its parent's.
 */
export function resultsTsv(experiments: readonly Experiment[]): string {
  const lines = [HEADER.join('\t')]
  const byNumber = new Map(experiments.map((row) => [row.number, row]))
  for (const row of [...experiments].sort((a, b) => a.number - b.number)) {
    const status = STATUS[row.status]
    if (status === null) continue
    const of = status === 'thought' ? byNumber.get(row.parentNumber ?? -1) : row
    const scored = status !== 'crash' && of?.valBpb != null
    const bytes = scored ? (of.measurements?.bytesAllocated ?? 0) : 0
    const commit = row.commit.slice(0, 7).padEnd(7, '0')
    const bpb = scored ? of.valBpb! : 0
    lines.push([commit, bpb.toFixed(6), (bytes / 2 ** 30).toFixed(1), status, plain(row.description)].join('\t'))
  }
  return `${lines.join('\n')}\n`
}

/** One line without tabs or control characters; never empty. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim() || '-'
}
