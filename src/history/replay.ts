// Runs a receipt's runs again and says how they came out. It knows neither page nor store: whoever has a receipt, its
// program and its text can call it.

import { canonicalJson } from '../core/canonicalJson'
import { LabError } from '../core/errors'
import type { TokenData } from '../data/types'
import { canonicalHash } from '../graph/canonical'
import type { ProgramSpec } from '../graph/program'
import { dataHashes, frozenCode, programHash } from '../judge/evidence'
import type { Task } from '../judge/task'
import type { AdapterFacts, RunEvent, Trainer } from '../judge/types'
import type { Receipt } from './receiptForm'
import { compareRun, incomparable, notReplayed, summarise, type ReplayReport } from './replayVerdict'

/** A replay as it is recorded. */
export interface ReplayRecord extends ReplayReport {
  fingerprint: string
  publicKey: string
  at: number
  seconds: number
}

export interface ReplayOptions {
  /** replay although the code that scored is another: agreement counts, disagreement says nothing */
  otherApp?: boolean
  /** of one run, in place of the receipt's own limit: this machine may be slower */
  maxWallSeconds?: number
  /** loss curves as stored with the runs, by index: to say where a refuted run left them */
  curves?: readonly (Float32Array | null)[]
  onEvent?: (event: RunEvent, run: number) => void
}

/** One run may take this long where nothing else is said. */
const REPLAY_SECONDS = 4 * 3600

/**
 * Replays a verified receipt on a trainer that this call has to itself.
 * @param program what the box made of its train.js, for the tier and vocabulary that it was described for
 * @param task the receipt's own, or a bounty's that it must match
 * @param data its text as tokens; the trainer takes the arrays over
 * @throws LabError gpu.unavailable; whatever else goes wrong is part of the report
 */
export async function replay(
  receipt: Receipt,
  program: ProgramSpec,
  task: Pick<Task, 'budget' | 'evaluation' | 'guards'>,
  data: TokenData,
  trainer: Pick<Trainer, 'open' | 'setData' | 'run'>,
  options: ReplayOptions = {},
): Promise<ReplayReport> {
  const obstacle = await obstacleTo(receipt, program, task, data)
  if (obstacle !== null) return notReplayed(obstacle)
  const scorer = receipt.runs.find(({ evidence }) => evidence !== null && evidence.app !== frozenCode())?.evidence?.app
  if (scorer !== undefined && !options.otherApp) return notReplayed(otherApp(scorer), true)
  await trainer.open()
  await trainer.setData(data)
  const runs: ReplayReport['runs'] = []
  let adapter: AdapterFacts | null = null
  for (const [i, stated] of receipt.runs.entries()) {
    const { evidence } = stated
    if (evidence === null) {
      runs.push(incomparable(stated, 'the trainer was ended from outside, and left no evidence'))
      continue
    }
    const job = {
      runId: `replay/${i}`,
      program,
      seed: stated.seed,
      budget: task.budget,
      evaluation: task.evaluation,
      guards: { maxBytes: task.guards.maxBytes, maxWallSeconds: options.maxWallSeconds ?? REPLAY_SECONDS },
      scoreHidden: stated.score !== null && stated.score.hiddenBpb !== null,
      returnWeights: false,
      ...(evidence.began && { follow: { steps: evidence.steps, began: evidence.began } }),
    }
    const result = await trainer.run(job, (event) => options.onEvent?.(event, i)).catch((thrown: unknown) => LabError.from(thrown))
    if (result instanceof LabError) runs.push(incomparable(stated, result.message))
    else {
      adapter = result.evidence?.adapter ?? adapter
      runs.push(compareRun(stated, result, options.curves?.[i] ?? null))
    }
  }
  return summarise(runs, adapter)
}

/** Why there is no point in running anything; null when there is. */
async function obstacleTo(
  receipt: Receipt,
  program: ProgramSpec,
  { budget, evaluation, guards }: Pick<Task, 'budget' | 'evaluation' | 'guards'>,
  data: TokenData,
): Promise<string | null> {
  const first = receipt.runs.find(({ evidence }) => evidence !== null)?.evidence
  if (!first) return 'Nothing was trained for this receipt, so there is nothing to run again.'
  const stated = { budget: receipt.task.budget, evaluation: receipt.task.evaluation, maxBytes: receipt.task.guards.maxBytes }
  const given = { budget, evaluation, maxBytes: guards.maxBytes }
  if (canonicalJson(stated) !== canonicalJson(given)) return 'The receipt is of another task: its budget, evaluation or memory limit differs.'
  const { canonical } = receipt.program
  if (canonical !== null && canonical !== (await canonicalHash(program))) return 'Its train.js describes another model here than the receipt names.'
  const present = dataHashes(data)
  const described = await programHash(program)
  for (const { evidence } of receipt.runs) {
    if (!evidence) continue
    const differing = (['train', 'val', 'hidden', 'tokenizer'] as const).filter((part) => evidence.data[part] !== present[part])
    if (differing.length > 0) return `The text is not the one of the receipt: ${differing.join(', ')} ${differing.length > 1 ? 'differ' : 'differs'}.`
    if (evidence.program !== described) return 'This version of the app makes another model of its train.js.'
    if (evidence.began === null && budget.kind === 'seconds') return 'A run by the clock can only be repeated by its course, which is missing.'
  }
  return null
}

function otherApp(scorer: string): string {
  const [theirs, ours] = [scorer, frozenCode()].map((hash) => hash.slice(0, 12))
  return `The receipt was scored by another version of this app (${theirs}, here ${ours}): a replay could confirm it, but not refute it.`
}
