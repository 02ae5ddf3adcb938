// What a run was made of, as the trainer itself saw it: what a receipt states, and what a replay compares.

import { canonicalJson } from '../core/canonicalJson'
import { sha256 } from '../core/hash'
import type { TokenData } from '../data/types'
import type { Engine } from '../engine/backends/backend'
import { arithmetic } from './arithmetic'
import type { TrainingRecord } from './train'
import type { AdapterFacts, DataHashes, RunEvidence, RunJob, Tier } from './types'

/** Names the code that a score depends on; the same in every build of one source tree. */
export function frozenCode(): string {
  return __FROZEN_CODE__
}

/** What names the data: each split by its text, the tokenizer by its vocabulary. */
export function dataHashes({ train, val, hidden, tokenizer }: TokenData): DataHashes {
  return { train: train.sha256, val: val.sha256, hidden: hidden.sha256, tokenizer }
}

/** What names a program, however its description was spelled. */
export function programHash(program: RunJob['program']): Promise<string> {
  return sha256(canonicalJson(program))
}

/** What was chosen for a program on an adapter: see AdapterFacts. */
export type ChosenPlan = Pick<AdapterFacts, 'tuning' | 'half'>

/** Before anything was chosen. */
export const NOTHING_CHOSEN: ChosenPlan = { tuning: null, half: false }

/** States what a run was made of, however it ended. */
export async function evidenceOf(
  { program, budget }: RunJob,
  opened: Engine,
  data: TokenData,
  chosen: ChosenPlan,
  { steps, began, losses }: TrainingRecord,
): Promise<RunEvidence> {
  const { rows, context, accumulate } = program.batch
  return {
    app: frozenCode(),
    program: await programHash(program),
    data: dataHashes(data),
    adapter: await adapterFacts(opened, chosen),
    steps,
    tokens: steps * rows * context * accumulate,
    began: budget.kind === 'seconds' ? began : null,
    losses: await sha256(new Uint8Array(Float32Array.from(losses).buffer)),
  }
}

export function tierOf({ caps, info }: Pick<Engine, 'caps' | 'info'>): Tier {
  return caps.software ? 'software' : info.integrated ? 'integrated' : 'discrete'
}

async function adapterFacts(opened: Engine, { tuning, half }: ChosenPlan): Promise<AdapterFacts> {
  const { caps, info } = opened
  const { vendor, architecture, description } = info
  return {
    backend: caps.backend,
    vendor,
    architecture,
    description,
    tier: tierOf(opened),
    threads: caps.threads ?? null,
    replicas: caps.replicas ?? null,
    tuning,
    half,
    arithmetic: await arithmetic(),
  }
}

/**
 * Whether two adapters must agree to the last bit: the processor's engine does wherever rounding is alike, on any
 * number of threads. A graphics driver does as long as it stays the same, which its description cannot promise.
 */
export function mustAgree(a: AdapterFacts, b: AdapterFacts): boolean {
  return a.backend === 'wasm' && isAlike(a, b)
}

/** Whether two adapters are, as far as they say, the same to a score. */
export function isAlike(a: AdapterFacts, b: AdapterFacts): boolean {
  if (a.backend !== b.backend || a.arithmetic !== b.arithmetic || a.replicas !== b.replicas) return false
  return a.backend === 'wasm' || (['vendor', 'architecture', 'description', 'tuning'] as const).every((key) => a[key] === b[key])
}
