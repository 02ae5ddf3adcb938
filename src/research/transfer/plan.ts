// What a transfer would measure, on what, and for how long: all of it known before anything is trained.

import { canonicalJson } from '../../core/canonicalJson'
import { LabError } from '../../core/errors'
import { sha256 } from '../../core/hash'
import { Rng } from '../../core/rng'
import type { DatasetSource, TokenData, TokenizerSpec } from '../../data/types'
import type { ProgramSpec } from '../../graph/program'
import type { ArmName, ArmPlan, TransferRecord, TransferSpec } from '../../history/transfers'
import type { Experiment, LabRecord } from '../../history/types'
import { frozenCode } from '../../judge/evidence'
import type { AdapterInfo, Trainer } from '../../judge/types'
import type { Box } from '../../sandbox/contract'
import type { PredictBytes } from '../loop'
import { paramsOf, planArm } from './arms'
import { runCosts } from './cost'
import { checkOptions, type TransferOptions } from './options'

export interface TransferDeps {
  /** this job's alone */
  trainer: Trainer
  box: Box
  predictBytes: PredictBytes
  /** train.js of an attempt */
  source(row: Experiment): Promise<string>
  /** a fresh copy each time, and the text's exact entropy where it is known */
  data(dataset: DatasetSource, tokenizer: TokenizerSpec): Promise<{ tokens: TokenData; floorBpb: number | null }>
  now?: () => number
}

/** Planning trains nothing and reads no text. */
export type PlanDeps = Omit<TransferDeps, 'trainer' | 'data'> & { trainer: Pick<Trainer, 'open'> }

/** A program of the chain as the lab has it. */
export interface Link {
  row: Experiment
  source: string
  program: ProgramSpec
  paramCount: number
}

export interface TransferPlan {
  lab: LabRecord
  rows: readonly Experiment[]
  links: Link[]
  adapter: AdapterInfo
  /** as it is recorded before its first run */
  record: TransferRecord
  /** programs by arm, in the order of ArmPlan.programs */
  programs: Map<ArmName, Map<number, ProgramSpec>>
}

/** Vocabulary of the byte tokenizer: 256 bytes and four specials. */
const BYTE_VOCAB = 260

/**
 * Plans a transfer; trains nothing.
 * @throws LabError "lab.state" where nothing was kept or the limit is too small; gpu.unavailable, sandbox.*, program.*
 */
export async function planTransfer(lab: LabRecord, rows: readonly Experiment[], options: TransferOptions, deps: PlanDeps): Promise<TransferPlan> {
  checkOptions(options)
  const { task } = lab
  const adapter = await deps.trainer.open()
  const vocab = task.tokenizer.kind === 'bytes' ? BYTE_VOCAB : task.tokenizer.vocab
  const chain = keptChain(rows, lab.incumbent)
  const links: Link[] = []
  for (const row of chain) {
    const source = await deps.source(row)
    if ((await sha256(source)) !== row.programHash) throw otherText(row)
    const program = await deps.box.describe({ source, vocab, tier: adapter.tier })
    links.push({ row, source, program, paramCount: paramsOf(program) })
  }
  const costs = runCosts(links, task.budget)
  const plan: ArmPlan[] = []
  const programs: TransferPlan['programs'] = new Map()
  for (const arm of ['same', ...options.arms] as const) {
    const planned = await planArm(arm, { lab, links, adapter, vocab, options, costs }, deps)
    plan.push(planned.plan)
    programs.set(arm, planned.programs)
  }
  fitLimit(plan, options)
  const spec: TransferSpec = { scale: options.scale, longer: options.longer, dataset: options.dataset }
  const hashes = [links[0], links.at(-1)!].map(({ row }) => row.programHash)
  const id = (await sha256(canonicalJson({ labId: lab.labId, spec, hashes, backend: adapter.backend, app: frozenCode() }))).slice(0, 16)
  const now = (deps.now ?? Date.now)()
  const record: TransferRecord = {
    labId: lab.labId, id, spec, backend: adapter.backend, startedAt: now, updatedAt: now, finished: false,
    seeds: freshSeeds(task.seed, rows, options.seeds),
    chain: chain.map(({ number, description, programHash, commit }) => ({ number, description, programHash, commit })),
    plan, runs: [], report: { labGainBpb: null, arms: [] },
  } // prettier-ignore
  return { lab, rows, links, adapter, record, programs }
}

/**
 * The experiments that lead from the baseline to the best.
 * @throws LabError "lab.state" where nothing was kept
 */
export function keptChain(rows: readonly Experiment[], incumbent: number | null): Experiment[] {
  const chain: Experiment[] = []
  const seen = new Set<number>()
  for (let at = incumbent; at !== null && !seen.has(at); ) {
    seen.add(at)
    const row = rows.find(({ number }) => number === at)
    if (!row) break
    chain.unshift(row)
    at = row.status === 'baseline' ? null : row.parentNumber
  }
  if (chain.length < 2 || chain[0].status !== 'baseline') {
    throw new LabError('lab.state', 'Nothing has been kept in this lab, so there is no gain to transfer.', { hint: 'Run experiments until one is kept.' })
  }
  return chain
}

/** Seeds that no decision of the lab has seen; always the same ones for one lab. */
export function freshSeeds(seed: number, rows: readonly Experiment[], count: number): number[] {
  const used = new Set(rows.flatMap((row) => [...row.seeds, ...(row.runs ?? []).map((run) => run.seed)]))
  const rng = new Rng(seed, 'transfer')
  const fresh = new Set<number>()
  while (fresh.size < count) {
    const next = rng.uint32()
    if (!used.has(next)) fresh.add(next)
  }
  return [...fresh]
}

/** Takes the programs between baseline and best out of arms for which the limit has no room. */
function fitLimit(plan: ArmPlan[], { limitSeconds }: TransferOptions): void {
  if (limitSeconds === null) return
  let left = limitSeconds - plan.reduce((sum, arm) => sum + arm.pairSeconds, 0)
  if (left < 0) {
    const minutes = (seconds: number) => `${Math.ceil(seconds / 60)} min`
    throw new LabError('lab.state', `The pairs alone would take about ${minutes(limitSeconds - left)}; the limit is ${minutes(limitSeconds)}.`, {
      hint: 'Allow more, or choose fewer seeds or settings.',
    })
  }
  for (const arm of plan) {
    const more = arm.seconds - arm.pairSeconds
    if (more <= left) left -= more
    else {
      arm.programs = [arm.programs[0], arm.programs.at(-1)!]
      arm.seconds = arm.pairSeconds
      arm.notes.push('The changes between are not measured one by one here: the time limit has no room for them.')
    }
  }
}

function otherText({ number, commit }: Experiment): LabError {
  return new LabError('judge.program', `train.js of commit ${commit.slice(0, 7)} is not the program of experiment ${number}: its hash differs.`, {
    hint: 'The repository or the record was changed from outside.',
    data: { number },
  })
}
