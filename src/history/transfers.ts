// What is recorded of a transfer: baseline and best measured again in other settings. Plain data, saved after each run.

import type { DatasetSource } from '../data/types'
import type { CarryVerdict, Gain, Share } from '../judge/carryOver'
import type { Budget } from '../judge/task'
import type { BackendName, FailureStatus, RunEvidence } from '../judge/types'

/** same: the lab's own setting on fresh seeds, which the others are compared with. */
export type ArmName = 'same' | 'larger' | 'longer' | 'data' | 'together'

/** How far the settings are from the lab's. */
export interface TransferSpec {
  /** factor on every size of the programs */
  scale: number
  /** factor on the budget */
  longer: number
  dataset: DatasetSource
}

/** One setting, as it was planned. */
export interface ArmPlan {
  arm: ArmName
  /** why it cannot be measured; null where it can */
  refused: { message: string; hint: string } | null
  /** on every size, possibly lowered; 1 where sizes stay */
  scale: number
  /** what is to be known besides: a lowered factor, a text of the same kind */
  notes: string[]
  budget: Budget
  dataset: DatasetSource
  /** baseline, best, and those between, where they are measured in this arm: numbers of experiments */
  programs: number[]
  /** of the baseline and the best, parameters and predicted bytes */
  sizes: { number: number; paramCount: number; bytes: number; changes: { name: string; from: number; to: number }[] }[]
  /** expected, of all its runs, and of baseline and best alone */
  seconds: number
  pairSeconds: number
}

export interface TransferRun {
  arm: ArmName
  /** of the experiment whose program it is */
  number: number
  seed: number
  /** see ArmPlan */
  scale: number
  at: number
  wallMs: number
  valBpb: number | null
  failure: { status: FailureStatus; code: string; message: string } | null
  budget: Budget
  paramCount: number | null
  steps: number | null
  tokens: number | null
  /** null when the trainer was ended from outside, or died */
  evidence: RunEvidence | null
}

export interface ArmReport {
  arm: ArmName
  verdict: CarryVerdict | 'refused' | 'failed' | 'not measured'
  /** plain sentence */
  reason: string
  baselineBpb: number | null
  bestBpb: number | null
  gain: Gain | null
  /** of the gain in the arm `same` */
  share: Share | null
  /** the gain by kept change, oldest first; empty where the programs between were not measured */
  changes: { number: number; description: string; gain: Gain | null }[]
}

export interface TransferReport {
  /** what the lab's own decisions saw, on the seeds that they shared: chosen for being large, so rather too large */
  labGainBpb: number | null
  arms: ArmReport[]
}

export interface TransferRecord {
  labId: string
  /** of lab, programs, settings, backend and code: the same command goes on where it was */
  id: string
  spec: TransferSpec
  backend: BackendName
  startedAt: number
  updatedAt: number
  finished: boolean
  seeds: number[]
  /** the experiments from the baseline to the best */
  chain: { number: number; description: string; programHash: string; commit: string }[]
  plan: ArmPlan[]
  runs: TransferRun[]
  report: TransferReport
}

/** Where transfers are kept. Every method resolves only when the change is durable. */
export interface TransferStore {
  load(labId: string, id: string): Promise<TransferRecord | null>
  save(record: TransferRecord): Promise<void>
}
