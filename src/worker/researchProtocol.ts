// What the page may ask of the lab about its researchers: models and keys, notes and lessons, questions that wait for
// the person, and what the record says about how well proposals were predicted.

import type { LabErrorJson } from '../core/errors'
import type { BackendName } from '../judge/types'
import type { EndRules, Mode } from '../research/guide/types'
import type { PairedTest } from '../research/duel/paired'
import type { ListedModel } from '../research/models/list'
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
  /** of models and of runs together */
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

/** Which knobs the scores hang on, by a random forest over the record. */
export interface KnobImportance {
  /** scored attempts that it is of */
  rows: number
  /** share of the variance of rows left out that is explained; null with too few rows to say */
  explained: number | null
  /** the most important first: variance lost without the knob; none where too little is explained to name one */
  knobs: { name: string; share: number }[]
}

export interface ResearchReport {
  calibrations: Calibration[]
  /** by category: attempts, keeps, failures */
  coverage: { category: string; tries: number; keeps: number; failures: number }[]
  importance: KnobImportance
  mode: Mode | null
}

export interface DuelOptions {
  a: string
  b: string
  /** pairs: both researchers begin each from the same baseline */
  seeds: number
  experiments: number
  /** seeds that no decision saw, on which the best of each side is measured again */
  fresh: number
}

/** One lab of a duel. */
export interface DuelSide {
  /** val_bpb of the best so far by the lab's own decisions: of the baseline, then after every experiment */
  curve: number[]
  /** the last of them: the score that the best was chosen by, so luck is in it */
  selectionBpb: number | null
  /** the best again, a score for each fresh seed in the order of DuelPair.fresh; null where that run failed */
  freshScores: (number | null)[]
  keeps: number
  failures: number
  /** training done, in judged runs of the whole budget: repeats and short runs included */
  fullRuns: number
  cost: Cost | null
  /** why it ended before all experiments were done; null where it did not */
  ended: string | null
  isDone: boolean
}

export interface DuelPair {
  /** of the judge and the researcher */
  seed: number
  fresh: number[]
  a: DuelSide
  b: DuelSide
}

/** Where a duel is. `experiment` is 0 while the baseline is measured, null while the bests are measured again. */
export interface DuelProgress {
  seed: number
  side: 'a' | 'b'
  experiment: number | null
  progress: number
}

/** What a duel has come to; as kept, and as it grows. */
export interface DuelReport {
  id: string
  /** the lab whose task and program it is about */
  labId: string
  options: DuelOptions
  backend: BackendName
  startedAt: number
  updatedAt: number
  pairs: DuelPair[]
  /** of the means over fresh seeds: this one counts */
  fresh: PairedTest
  /** of the scores that the bests were chosen by */
  selection: PairedTest
  /** null where nothing is under way */
  at: DuelProgress | null
  finished: boolean
}

export interface ResearchApi {
  providers(): Promise<ProviderState[]>
  /** Asks a model one small question. @returns what is wrong in words, or null and what it answered */
  tryModel(spec: ModelSpec): Promise<{ reply: string; cost: Cost; error: LabErrorJson | null }>
  /** The models that a provider lists; what `spec` says of a model does not matter. @throws LabError controller.* | key.locked | "import.invalid" */
  listModels(spec: ModelSpec): Promise<ListedModel[]>
  /**
   * Keeps a key in memory, or under a passphrase in this browser. The key is never given back.
   * @param address of the one server that it may be sent to, where the provider does not fix it
   * @throws LabError "import.invalid" for what can be no key, or a passphrase that is too short
   */
  setKey(provider: Provider, key: string, passphrase: string | null, address?: string): Promise<void>
  /** @throws LabError "key.wrong" */
  unlockKeys(passphrase: string): Promise<void>
  forgetKey(provider: Provider): Promise<void>
  /** Who proposes from the next experiment on. `spec` is null for a researcher without a model. */
  setResearcher(controller: string, spec: ResearcherSpec | null): Promise<void>
  setApproval(approval: 'auto' | 'ask'): Promise<void>
  /** When the lab ends from now on; one that has ended goes on with `start`. */
  setEnds(maxExperiments: number | null, ends: EndRules): Promise<void>
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
