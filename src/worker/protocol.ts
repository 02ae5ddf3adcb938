// What the page may ask of the lab worker, and what it is told. The page has no other way in.

import type { LabErrorJson } from '../core/errors'
import type { DatasetSource, TokenizerSpec } from '../data/types'
import type { StepProfile } from '../engine/profile'
import type { Receipt } from '../history/receiptForm'
import type { ReplayRecord } from '../history/replay'
import type { TransferRecord } from '../history/transfers'
import type { AdapterInfo, BackendChoice, CurvePoint } from '../judge/types'
import type { Budget, KeepRuleSpec } from '../judge/task'
import type { Cheat, Report } from '../redteam/types'
import type { TransferOptions } from '../research/transfer/options'
import type { TransferProgress } from '../research/transfer/run'
import type { EndRules } from '../research/guide/types'
import type { ResearcherSpec } from '../research/models/types'
import type { Knob } from '../sandbox/contract'
import type { BountyEvent } from './bountyProtocol'
import type { DuelReport, Meter, Question } from './researchProtocol'

export type Phase = 'idle' | 'running' | 'paused' | 'stopping' | 'failed'

/** What a person chooses before pressing Start; all of it fits in a URL except the editors' text. */
export interface LabSettings {
  name: string
  dataset: DatasetSource
  tokenizer: TokenizerSpec
  budget: Budget
  keepRule: KeepRuleSpec
  /** a program that trains fewer is given up; none when absent */
  minTokensPerSecond?: number
  /** bytes that a run may take; what suits the adapter when absent */
  maxBytes?: number
  controller: string
  /** the language model that `controller` uses, where it uses one; a key is never part of it */
  researcher?: ResearcherSpec
  approval?: 'auto' | 'ask'
  /** off: the researcher alone, without modes, orders and moves of the lab */
  guide?: 'on' | 'off'
  ends?: EndRules
  maxExperiments: number | null
  seed: number
  programMd: string
  trainJs: string
}

/** One line that says what the lab is doing now: 'tokenising', 'run 7 · training', … */
export type Activity =
  | 'idle'
  | 'opening adapter'
  | 'preparing data'
  | 'training tokenizer'
  | 'proposing'
  /** short runs that a proposal is chosen by */
  | 'screening'
  | 'committing'
  | 'tuning kernels'
  | 'compiling'
  | 'warming'
  | 'training'
  | 'evaluating'
  | 'checking'
  | 'deciding'

export interface LabStatus {
  seq: number
  phase: Phase
  activity: Activity
  labId: string | null
  /** experiment in progress */
  number: number | null
  /** which repeat of how many, e.g. 2 of 3 */
  repeat: number
  repeats: number
  progress: number
  stepMs: number
  tokensPerSecond: number
  bytesAllocated: number
  /** while tuning: shapes whose kernels have been chosen, of how many */
  tuning: { done: number; total: number } | null
  adapter: AdapterInfo | null
  /** the receipt that is being run again, and how far that is; null between replays */
  replaying: { fingerprint: string; run: number; runs: number; progress: number } | null
  /** cheats that have been tried, of how many; null while none is */
  attacking: { done: number; total: number } | null
  /** the transfer that is being measured: which run of it, and how far that is; null between transfers */
  transferring: (TransferProgress & { labId: string; progress: number }) | null
  /** what is being measured for a bounty: which run of it, and how far that is; null between measurements */
  measuring: { bounty: string; run: number; runs: number; progress: number } | null
  /** what the lab waits for a person to answer */
  asking: Question | null
  /** the end of what a model is answering, as it comes: untrusted text; null between answers */
  reply: { proposer: string; text: string } | null
  /** what models have cost this lab; null before any was asked */
  meter: Meter | null
  /** what the duel under way has come to so far; null between duels */
  dueling: DuelReport | null
  /** another tab leads: this one only watches */
  watching: boolean
  /** last thing the person should know: what happened, and what to do */
  notice: { level: 'info' | 'warning' | 'error'; message: string; hint: string } | null
  error: LabErrorJson | null
}

/** A lab worker that has been asked for nothing yet. */
export const IDLE: LabStatus = {
  seq: 0,
  phase: 'idle',
  activity: 'idle',
  labId: null,
  number: null,
  repeat: 0,
  repeats: 0,
  progress: 0,
  stepMs: 0,
  tokensPerSecond: 0,
  bytesAllocated: 0,
  tuning: null,
  adapter: null,
  replaying: null,
  attacking: null,
  transferring: null,
  measuring: null,
  asking: null,
  reply: null,
  meter: null,
  dueling: null,
  watching: false,
  notice: null,
  error: null,
}

export type LabEvent =
  | { kind: 'status'; status: LabStatus }
  | { kind: 'points'; number: number; repeat: number; points: CurvePoint[]; reset: boolean }
  /** a cheat of the red team has been tried */
  | { kind: 'attack'; report: Report }
  | { kind: 'download'; received: number; total: number | null; name: string }

export interface ProgramCheck {
  ok: boolean
  error: LabErrorJson | null
  knobs: Knob[]
  paramCount: number
  predictedBytes: number
  tokensPerStep: number
}

/** A step taken apart, and whose step it was. */
export interface ProfileResult {
  /** the experiment whose program it was; null for the default program */
  experiment: number | null
  adapter: AdapterInfo
  profile: StepProfile
}

/** A receipt whose signature is valid; whatever else it says is its signer's word. */
export interface ReceiptView {
  receipt: Receipt
  fingerprint: string
  /** this browser signed it */
  isOwn: boolean
  /** the file carries train.js: without it nothing can be replayed */
  hasProgram: boolean
}

/** `record` as kept in the table of replays; null when the person stopped it */
export interface ReplayAnswer {
  stopped: boolean
  record: ReplayRecord | null
}

/** A cheat of the red team, as it is listed. */
export type CheatFacts = Omit<Cheat, 'attempt'>

/** Implemented by src/worker/lab.ts, called through Comlink. Every method may reject with a LabErrorJson. */
export interface LabApi {
  subscribe(listener: (event: LabEvent | BountyEvent) => void): Promise<void>
  status(): Promise<LabStatus>
  /**
   * Opens what trains, without starting anything; another choice closes what was open. Without one the last holds.
   * @throws gpu.unavailable where the choice is missing here, lab.state while a lab is at work
   */
  probe(choice?: BackendChoice): Promise<AdapterInfo>
  /** The default program for this adapter's tier, and program.md. */
  defaults(): Promise<{ trainJs: string; programMd: string; budget: Budget }>
  /** Runs train.js in the box and predicts memory; never trains. */
  check(trainJs: string, tokenizer: TokenizerSpec): Promise<ProgramCheck>
  /** Stores a dropped file in the cache and returns its source; refuses binary and empty files. */
  importText(name: string, bytes: ArrayBuffer): Promise<DatasetSource>
  create(settings: LabSettings): Promise<string>
  open(labId: string): Promise<void>
  start(): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
  /** One experiment, then pause. */
  step(): Promise<void>
  stop(): Promise<void>
  /** Runs the person's own train.js as the next experiment. */
  queueProgram(trainJs: string, hypothesis: string): Promise<void>
  updateProgramMd(text: string): Promise<void>
  sample(number: number, prompt: string, count: number, temperature: number): Promise<string>
  /**
   * Times the kernels of one training step of the best program of the lab shown, or of the default program.
   * A run waits until it is over. @throws lab.state while a run is being measured
   */
  profile(): Promise<ProfileResult>
  /** train.js of an attempt and of its parent, for the diff. */
  sources(number: number): Promise<{ before: string; after: string }>
  /** The last receipt of an attempt as a file. @throws lab.state where it has none */
  receipt(number: number): Promise<string>
  /** Reads a receipt that anybody may have written. @throws import.invalid naming the field; receipt.unsupported */
  readReceipt(text: string): Promise<ReceiptView>
  /**
   * Runs a receipt again, on what trains now, and records the verdict.
   * @param otherApp although another version of the app scored it
   * @throws lab.state while a lab is at work or another receipt is replayed; import.invalid; gpu.unavailable
   */
  replay(text: string, otherApp: boolean): Promise<ReplayAnswer>
  stopReplay(): Promise<void>
  /** Every cheat that the red team knows. */
  cheats(): Promise<CheatFacts[]>
  /**
   * Tries every cheat on this lab; each report is an event. Resolves when all have been tried, or it was stopped.
   * @throws lab.state while a lab is at work or a receipt is replayed; gpu.unavailable
   */
  attack(): Promise<void>
  stopAttack(): Promise<void>
  /** What a transfer of the lab shown would measure, and how long it takes. @throws lab.state where nothing was kept */
  planTransfer(options: TransferOptions): Promise<TransferRecord>
  /**
   * Measures baseline and best of the lab shown in other settings, on what trains now, and records every run; the same
   * options go on where an earlier call was stopped. @returns what was recorded, `finished` unless it was stopped
   * @throws lab.state while a lab is at work; data.*, gpu.*
   */
  transfer(options: TransferOptions): Promise<TransferRecord>
  stopTransfer(): Promise<void>
  /** The repository as a zip: real git reads it. */
  exportZip(): Promise<{ name: string; bytes: Uint8Array }>
  exportResults(): Promise<string>
}
