// The ground: the lab's own box, border, trainer, judge and receipts, set up for runs of a second.

import { LabError } from '../core/errors'
import { sha256 } from '../core/hash'
import type { DatasetSource, TokenData, TokenizerSpec } from '../data/types'
import { identityOf, newKeys } from '../history/identity'
import { taskText } from '../history/newLab'
import { issueReceipt, readReceipt, receiptText } from '../history/receipt'
import { replayReceipt } from '../history/replayReceipt'
import type { Experiment, RunRecord } from '../history/types'
import type { Task } from '../judge/task'
import type { AdapterInfo, RunJob, RunResult, Trainer } from '../judge/types'
import { createRunner, type Runner } from '../research/runner'
import type { Box } from '../sandbox/contract'
import { programOf } from '../sandbox/programOf'
import { readAnswer } from '../sandbox/readAnswer'
import { HONEST } from './programs'
import type { Ground } from './types'

export interface GroundParts {
  box: Box
  /** a trainer of the ground's own, for what is asked for at first: two of them at most */
  trainer(): Trainer
  /** a fresh copy of a text as tokens: the trainer takes the arrays over */
  data(source: DatasetSource, tokenizer: TokenizerSpec): Promise<TokenData>
}

const TASK: Task = {
  version: 1,
  name: 'red team',
  dataset: { kind: 'grammar', seed: 1, bytes: 120_000 },
  tokenizer: { kind: 'bytes' },
  metric: 'val_bpb',
  direction: 'min',
  budget: { kind: 'tokens', amount: 8192 },
  evaluation: { context: 32, tokens: 2048 },
  keepRule: { kind: 'plain', repeats: 1, floorBpb: 0 },
  guards: { maxWallSeconds: 60, maxBytes: 2 ** 28 },
  seed: 7,
}

/** Owns the trainers it asks for, until `close`. */
export async function openGround({ box, trainer, data }: GroundParts): Promise<{ ground: Ground; adapter: AdapterInfo; close(): void }> {
  const tokens = () => data(TASK.dataset, TASK.tokenizer)
  const opened: Trainer[] = []
  const runnerOf = (own: Trainer) => {
    opened.push(own)
    return createRunner({ trainer: own, data: tokens })
  }
  const first = trainer()
  const runner = runnerOf(first)
  const close = () => opened.forEach((each) => each.terminate())
  const { adapter, vocab } = await runner.ready().catch((thrown: unknown) => {
    close()
    throw thrown
  })
  let runs = 0
  let honest: Promise<RunResult & { ok: true }> | null = null
  let device: Promise<Runner | null> | null = null

  async function openDevice(): Promise<Runner | null> {
    if (adapter.backend === 'webgpu') return runner
    const own = trainer()
    try {
      await own.open('webgpu')
    } catch (thrown) {
      own.terminate()
      if (LabError.from(thrown).code === 'gpu.unavailable') return null
      throw thrown
    }
    return runnerOf(own)
  }

  const request = (source: string) => ({ source, vocab, tier: adapter.tier })
  const { budget, evaluation, guards, seed } = TASK

  const ground: Ground = {
    vocab,
    describe: (source) => box.describe(request(source)),
    hear: async (message) => programOf(readAnswer(message), request('')),
    async run(program, gpu = false) {
      const on = gpu ? await (device ??= openDevice()) : runner
      if (on === null) throw new LabError('gpu.unavailable', 'There is no GPU here.')
      const runId = `red-team/${++runs}`
      const job: RunJob = { runId, program, seed, budget, evaluation, guards, scoreHidden: true, returnWeights: false }
      return on.run(job, () => undefined)
    },
    hasGpu: async () => (await (device ??= openDevice())) !== null,
    honest: () => (honest ??= ground.describe(HONEST).then((program) => ground.run(program)).then(scored)),
    async receipt(alter = (bpb) => bpb) {
      const result = await ground.honest()
      const taskJson = taskText(TASK)
      const row = await rowOf(result, alter(result.valBpb))
      const context = { task: TASK, taskJson, parents: [], before: null, after: 'run' as const, now: Date.now() }
      const stranger = await identityOf(await newKeys(false))
      return receiptText(await issueReceipt(row, context, stranger), { 'train.js': HONEST, 'task.json': taskJson })
    },
    readReceipt,
    async replay(text) {
      return replayReceipt(await readReceipt(text), { trainer: first, box, data }, {})
    },
  }
  return { ground, adapter, close }
}

function scored(result: RunResult): RunResult & { ok: true } {
  if (result.ok) return result
  throw LabError.fromJSON(result.error)
}

async function rowOf(result: RunResult & { ok: true }, valBpb: number): Promise<Experiment & { runs: RunRecord[] }> {
  const { hiddenBpb, gates, seed, evidence } = result
  const now = Date.now()
  return {
    labId: 'red-team', number: 0, status: 'baseline', proposer: 'baseline', hypothesis: '', description: 'honest', category: 'baseline',
    expectedDelta: null, expectedProbability: null, commit: '0'.repeat(40), parentCommit: '', parentNumber: null,
    createdAt: now, finishedAt: now, seeds: [seed], scores: [valBpb], valBpb, hiddenBpb, deltaBpb: null, reason: '', gates,
    measurements: null, error: null, programHash: await sha256(HONEST), knobs: {},
    runs: [{ seed, score: { valBpb, hiddenBpb }, failure: null, gates, evidence }],
  } // prettier-ignore
}
