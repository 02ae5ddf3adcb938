// What the page may ask of the lab about its researchers: models and keys, notes and lessons, questions that wait for
// the person, and what the record says about how well proposals were predicted.

import type { LabErrorJson } from '../core/errors'
import type { Mode } from '../research/guide/types'
import type { Cost, ModelSpec, Provider, ResearcherSpec } from '../research/models/types'

/** What the lab waits for: an answer that a person fetches from any chat, or a word on a proposal. */
export type Question =
  | { id: string; kind: 'paste'; prompt: string; /** what was wrong with the last answer */ problem: string | null }
  | {
      id: string
      kind: 'approve'
      proposer: string
      hypothesis: string
      expectedDelta: number | null
      expectedProbability: number | null
      before: string
      after: string
    }

export type Answer =
  | { kind: 'paste'; text: string }
  | { kind: 'run'; /** the person's own version of the proposal */ trainJs?: string }
  | { kind: 'skip'; reason: string }

/** Costs so far and what they bought; null where there is nothing to divide by. */
export interface Meter {
  spent: Cost
  keeps: number
  secondsPerKeep: number | null
  usdPerKeep: number | null
}

/** Of a provider: whether anything more is needed before it answers here. */
export interface ProviderState {
  provider: Provider
  /** models it is known to have; what may be typed is not limited to them */
  models: string[]
  address: string | null
  key: 'none needed' | 'missing' | 'in memory' | 'locked' | 'stored'
  /** why it cannot be used in this browser at all; null where it can */
  missing: string | null
}

/** Predictions of one proposer against what came. */
export interface Calibration {
  proposer: string
  /** attempts with a probability and an end */
  count: number
  keeps: number
  /** mean squared error of the probability; 0.25 is a coin */
  brier: number | null
  /** the same of a forecaster who always says this proposer's own share of keeps */
  baseBrier: number | null
  /** probability bins with something in them: mean forecast, share kept, count */
  bins: { forecast: number; kept: number; count: number }[]
  /** predicted and measured change of val_bpb, one pair an attempt */
  deltas: { number: number; expected: number; actual: number }[]
}

export interface ResearchReport {
  calibrations: Calibration[]
  /** by category: attempts, keeps, failures */
  coverage: { category: string; tries: number; keeps: number; failures: number }[]
  mode: Mode | null
}

export interface DuelOptions {
  a: string
  b: string
  seeds: number
  experiments: number
}

/** What a duel has come to; rows are paired by seed. */
export interface DuelReport {
  options: DuelOptions
  /** best val_bpb of each after every experiment, one curve a seed */
  pairs: { seed: number; a: number[]; b: number[] }[]
  /** exact signed-rank test over finished pairs, two-sided; null below two pairs */
  pValue: number | null
  meanDifference: number | null
  winsA: number
  winsB: number
  finished: boolean
}

export interface ResearchApi {
  providers(): Promise<ProviderState[]>
  /** Asks a model one small question. @returns what is wrong in words, or null and what it answered */
  tryModel(spec: ModelSpec): Promise<{ reply: string; cost: Cost; error: LabErrorJson | null }>
  /** Keeps a key in memory, or under a passphrase in this browser. The key is never given back. */
  setKey(provider: Provider, key: string, passphrase: string | null): Promise<void>
  /** @throws LabError "key.wrong" */
  unlockKeys(passphrase: string): Promise<void>
  forgetKey(provider: Provider): Promise<void>
  /** Who proposes from the next experiment on. `spec` is null for a researcher without a model. */
  setResearcher(controller: string, spec: ResearcherSpec | null): Promise<void>
  setApproval(approval: 'auto' | 'ask'): Promise<void>
  /** @throws LabError "lab.state" when the question is over */
  answer(id: string, answer: Answer): Promise<void>
  /** Read at the next proposal, once. */
  addNote(text: string): Promise<void>
  setLessons(text: string): Promise<void>
  addPaper(name: string, text: string): Promise<void>
  report(): Promise<ResearchReport>
  /** Two researchers from the same baseline on paired seeds, beside the lab's own record. @throws lab.state */
  duel(options: DuelOptions): Promise<DuelReport>
  stopDuel(): Promise<void>
}
