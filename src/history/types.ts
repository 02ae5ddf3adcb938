// What the lab remembers. Git is the record, the ledger (IndexedDB in the page, JSON lines in Node) the index.

import type { LabErrorJson } from '../core/errors'
import type { FailureStatus, GateResult, RunEvidence, RunMeasurements, ScoreParts } from '../judge/types'
import type { Task } from '../judge/task'
import type { EndRules, EndState, Guidance } from '../research/guide/types'
import type { Cost, ResearcherSpec } from '../research/models/types'
import type { Proposal, Screening } from '../research/types'
import type { ReceiptRow } from './receipt'

export type ExperimentStatus =
  | 'running' // in progress, or cut off: closed honestly as a crash on the next start
  | 'baseline' // run 0 and its repeats
  | 'keep'
  | 'discard'
  | 'crash'
  | 'timeout'
  | 'rejected'
  | 'checks_failed'
  | 'device_lost'
  | 'thought'

/** One attempt. Rows are written before the run and completed after it; never deleted. */
export interface Experiment {
  labId: string
  /** 0 is the unmodified baseline */
  number: number
  status: ExperimentStatus
  /** who proposed it: 'baseline', 'random', 'evolution', 'human', … */
  proposer: string
  hypothesis: string
  /** what was edited, in a few words: one row of results.tsv */
  description: string
  category: string
  /** expected change of val_bpb (negative is better) and the probability that it is kept; null when not given */
  expectedDelta: number | null
  expectedProbability: number | null
  commit: string
  parentCommit: string
  parentNumber: number | null
  createdAt: number
  finishedAt: number | null
  seeds: number[]
  /** one score per seed, in order */
  scores: number[]
  /** mean of scores; null when it has none */
  valBpb: number | null
  hiddenBpb: number | null
  /** against `against` on the same seeds; negative is better */
  deltaBpb: number | null
  /** the best experiment when it was judged, which a fork does not start from; absent where that was its parent */
  against?: number
  /** plain sentence: why it was kept or not */
  reason: string
  gates: GateResult[]
  measurements: Omit<RunMeasurements, 'curve'> | null
  error: LabErrorJson | null
  /** sha-256 of train.js */
  programHash: string
  knobs: Record<string, number | string | boolean>
  /** every run as the trainer stated it, in order: what its receipt is made from; absent in old records */
  runs?: RunRecord[]
  /** of what the program describes, whatever it calls things (src/graph/canonical.ts); absent where it describes nothing */
  canonicalHash?: string
  /** tokens of the source; absent in old records and where it is no program */
  length?: number
  judgement?: Judgement
  /** mode and orders under which it was proposed; absent in old records and where a person proposed it */
  guidance?: Guidance
  /** one line, after the run: what it taught */
  reflection?: string
  /** experiments whose changes it puts together */
  parents?: number[]
  /** what language models cost for it, reflection included */
  cost?: Cost
  /** short runs that it was chosen by */
  screening?: Screening
}

/** How the keep rule saw an attempt; absent in old records and where nothing was compared. */
export interface Judgement {
  keptAs: 'better' | 'simpler' | null
  /** probability that the gain is no luck, and what a keep needed; null under the plain rule */
  pBetter: number | null
  pNeeded: number | null
  /** gain that this amounts to, bits per byte; null where one seed could keep nothing */
  barBpb: number | null
  /** least gain that the task asks for */
  floorBpb: number
  /** noise it was judged by: spread between seeds, and between a score and the same score measured later */
  sigmaBpb: number | null
  driftBpb: number
  seedsUsed: number
  incumbentLength: number | null
  /** why a program that scored well enough was not kept: it fits the validation text only; no time left for repeats */
  flag: 'overfit' | 'budget' | null
  /** hidden − val against an earlier program: how much wider, and what noise explains. Not for researchers */
  gap: { against: number; widenedBpb: number; barBpb: number } | null
}

/** first: an attempt's first look; seed: another seed; jump: a first look repeated; recheck: the incumbent, later on. */
export type RunPurpose = 'first' | 'seed' | 'jump' | 'recheck'

/** One run of an attempt: a score or a failure, and what it was made of. */
export interface RunRecord {
  seed: number
  score: { valBpb: number; hiddenBpb: number | null } | null
  /** `step`: at which a loss was no number, or too large */
  failure: { status: FailureStatus; code: string; step: number | null } | null
  /** what the score had to pass; empty where there is none */
  gates: GateResult[]
  /** null when the trainer was ended from outside, or died */
  evidence: RunEvidence | null
  /** what it was for, and how long it took, everything included; absent in old records */
  purpose?: RunPurpose
  wallMs?: number
  /** of a recheck: the number of the experiment before it */
  after?: number
  /** only of runs that scored the hidden split, and of programs that were kept */
  parts?: ScoreParts
}

/** The lab's own state: one row, rewritten at each durable transition. */
export interface LabRecord {
  labId: string
  name: string
  /** git branch autoresearch/<tag> */
  branch: string
  createdAt: number
  updatedAt: number
  task: Task
  programMd: string
  trainJs: string
  controller: string
  controllerSeed: number
  /** experiment number of the incumbent; null before the baseline */
  incumbent: number | null
  /** measured at the start; null before */
  sigmaBpb: number | null
  nextNumber: number
  /** σ and floors that the page draws */
  floorBpb: number | null
  phase: 'new' | 'running' | 'paused' | 'stopped' | 'finished'
  /** experiments after the baseline before the lab is finished; null or absent = no end */
  maxExperiments?: number | null
  /** programs that a person gave; each becomes the next experiment in turn */
  queue?: QueuedProgram[]
  /** the language model that `controller` uses, where it uses one */
  researcher?: ResearcherSpec
  /** ask: every proposal waits for the person's word. Absent: auto */
  approval?: 'auto' | 'ask'
  /** off: proposals are the researcher's alone, without modes, orders and moves of the lab. Absent: on */
  guide?: 'on' | 'off'
  ends?: EndRules
  /** why it ended; absent or null while it has not */
  end?: EndState | null
  /** experiments when the person last went on after an end: what the record said until then ends it no more */
  goneOnAfter?: number
  /** what the person wrote into the note box and no proposal has read yet */
  notes?: string[]
  /** standing lessons, one a line, rewritten every ten runs; the person may edit them */
  lessons?: string
  /** the same as the lab last wrote them: what differs is the person's and stays */
  lessonsWritten?: string
  /** experiments when they were last written */
  lessonsAt?: number
  /** a paper the person gave, as text, for when the lab is stuck */
  papers?: { name: string; text: string }[]
  /** proposals start from this experiment's program until that many more have been tried; null or absent: from the best */
  fork?: { from: number; left: number; reason: string } | null
  /** a proposal that was paid for or waits for the person's word: a restart goes on with it */
  pending?: Pending | null
  /** of all models together, those of proposals that came to nothing included */
  spent?: Cost
  /** the bounty whose task it is */
  bounty?: string
}

/** A proposal before it has a row. */
export interface Pending {
  proposal: Proposal
  guidance: Guidance
  /** for the number it would have */
  number: number
  base: number | null
  /** the fork that begins or goes on with it */
  fork?: LabRecord['fork']
  /** what was proposed although an analysis was asked for: it is next, after the one that the lab writes */
  next?: Pending
}

export interface QueuedProgram {
  trainJs: string
  hypothesis: string
}

/** Rows, curves, weights. Every method resolves only when the change is durable. */
export interface Ledger {
  loadLab(labId: string): Promise<LabRecord | null>
  listLabs(): Promise<LabRecord[]>
  saveLab(lab: LabRecord): Promise<void>
  saveExperiment(experiment: Experiment): Promise<void>
  /** Writes an experiment, the lab's new state, and the experiment's receipt where it is given one, in one transaction. */
  commitDecision(experiment: Experiment, lab: LabRecord, receipt?: ReceiptRow | null): Promise<void>
  saveReceipt(receipt: ReceiptRow): Promise<void>
  /** Of a lab, by number and issue. */
  listReceipts(labId: string): Promise<ReceiptRow[]>
  listExperiments(labId: string): Promise<Experiment[]>
  saveCurve(labId: string, number: number, curve: Float32Array): Promise<void>
  loadCurve(labId: string, number: number): Promise<Float32Array | null>
  /** Trained weights of kept models, oldest dropped first past `keepWeights`. May be refused by quota: that is not an error of the run. */
  saveWeights(labId: string, number: number, weights: Float32Array): Promise<boolean>
  loadWeights(labId: string, number: number): Promise<Float32Array | null>
}

/** The three files of an experiment, plus what the record needs. */
export interface Snapshot {
  'program.md': string
  'train.js': string
  'task.json': string
}

/** A git repository that only ever grows. */
export interface Repository {
  /** Creates the repository with `snapshot` as the root commit of `branch`, or opens it. Returns the head. */
  open(branch: string, snapshot: Snapshot, message: string): Promise<string>
  /** Commits `snapshot` on top of `parent` and points the branch at it. Durable when it resolves. */
  commit(snapshot: Snapshot, message: string, parent: string): Promise<string>
  /** Keeps attempt `n` reachable as refs/attempts/<n>. */
  tagAttempt(n: number, commit: string): Promise<void>
  /** Moves the branch (and the work tree, where there is one) to `commit`. */
  reset(commit: string): Promise<void>
  head(): Promise<string>
  read(commit: string): Promise<Snapshot>
  /** Keeps a decided row and the lab's state in git itself (refs/rows/<n>, refs/lab), so that the ledger can be rebuilt. */
  saveRow(experiment: Experiment, lab: LabRecord): Promise<void>
  /** The rows kept by saveRow, in order of number; `lab` is null before the first. */
  rows(): Promise<{ lab: LabRecord | null; experiments: Experiment[] }>
  /** Keeps a receipt's file in git itself (refs/receipts/<n>/<issue>) and as receipts/<n>.json beside the work tree. */
  saveReceipt(number: number, issue: number, text: string): Promise<void>
  /** The files kept by saveReceipt, by number and issue. */
  receipts(): Promise<{ number: number; issue: number; text: string }[]>
  /** Keeps a transfer's report in git itself (refs/transfers/<id>) and as transfers/<id>.json beside the work tree. */
  saveTransfer(id: string, text: string): Promise<void>
  /** Writes results.tsv beside the work tree; untracked, as in the original. */
  writeResults(tsv: string): Promise<void>
  /** Every file of the repository, work tree included, as path → bytes: what the zip is made of. */
  files(): Promise<Record<string, Uint8Array>>
}
