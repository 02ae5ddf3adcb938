// A signed receipt for tests, of a row with two runs.

import { sha256 } from '../core/hash'
import type { Task } from '../judge/task'
import type { RunEvidence } from '../judge/types'
import { experimentFixture, labFixture } from './fixtures'
import { identityOf, newKeys, type Identity } from './identity'
import { taskText } from './newLab'
import { issueReceipt, type ReceiptRow } from './receipt'
import type { RunRecord } from './types'

export const TRAIN_JS = 'export const batch = { rows: [1, 2] }\n'

/** A task with everything that it may say. */
export function taskFixture(): Task {
  const { task } = labFixture('a')
  return { ...task, guards: { ...task.guards, minTokensPerSecond: 5 } }
}

export function evidenceFixture(change: Partial<RunEvidence> = {}): RunEvidence {
  const hash = '0f'.repeat(32)
  return {
    app: hash,
    program: hash,
    data: { train: hash, val: hash, hidden: hash, tokenizer: hash },
    adapter: {
      backend: 'wasm', vendor: '', architecture: 'wasm', description: 'CPU: WebAssembly SIMD', tier: 'software',
      threads: 2, replicas: 1, tuning: null, half: false, arithmetic: '0f'.repeat(8),
    },
    steps: 10,
    tokens: 1000,
    began: null,
    losses: hash,
    ...change,
  } // prettier-ignore
}

function runFixture(seed: number, valBpb: number): RunRecord {
  const gates = [{ gate: 'finite' as const, passed: true, detail: 'every score is a number' }]
  return { seed, score: { valBpb, hiddenBpb: valBpb + 0.1 }, failure: null, gates, evidence: evidenceFixture() }
}

/** @param before the row's earlier receipt, to which runs are added */
export async function receiptFixture(labId = 'a', number = 1, before: ReceiptRow | null = null, identity?: Identity): Promise<ReceiptRow> {
  const task = taskFixture()
  const row = experimentFixture(labId, number, { runs: [runFixture(1, 2.5), runFixture(2, 0.1 + 0.2)], programHash: await sha256(TRAIN_JS) })
  const parents = [{ commit: row.parentCommit, receipt: null }]
  const context = { task, taskJson: taskText(task), parents, before, after: 'run' as const, now: 1_700_000_002_000 }
  return issueReceipt({ ...row, runs: row.runs! }, context, identity ?? (await identityOf(await newKeys(false))))
}
