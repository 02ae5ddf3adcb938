// What goes into one run of the frozen trainer, and what comes out.

import type { LabErrorJson } from '../core/errors'
import type { Capabilities } from '../engine/kernel'
import type { StepProfile } from '../engine/profile'
import type { ProgramSpec } from '../graph/program'
import type { Course } from './schedule'
import type { Budget, Guards } from './task'

export type BackendName = 'webgpu' | 'wasm'
/** auto: the GPU where there is a real one, otherwise the processor */
export type BackendChoice = 'auto' | BackendName
export type Tier = 'software' | 'integrated' | 'discrete'

/** What will run the program; part of every receipt. */
export interface AdapterInfo {
  backend: BackendName
  vendor: string
  architecture: string
  description: string
  tier: Tier
  subgroups: boolean
  f16: boolean
  /** wasm: threads over one memory, and replicas that share a batch; memory depends on them */
  threads?: number
  replicas?: number
  /** which kernels the last run was given (see RunMeasurements.tuning); absent before the first */
  tuning?: string
  /** what programs are planned for, with the kernels measured so far: memory is predicted by it */
  caps: Capabilities
}

export interface RunJob {
  runId: string
  program: ProgramSpec
  seed: number
  budget: Budget
  evaluation: { context: number; tokens: number }
  guards: Guards
  /** also score the hidden split, which the researcher never sees */
  scoreHidden: boolean
  /** keep the trained weights for sampling and return them */
  returnWeights: boolean
  /** exact entropy of the validation text in bits per byte, where it is known: no score is below it */
  floorBpb?: number | null
  /** a replay of a run by the clock takes its steps and settings from here instead */
  follow?: Course
}

/** One point of the live curve, sent at most ten times a second in batches. */
export interface CurvePoint {
  step: number
  tokens: number
  trainMs: number
  /** nats per token of that step's batch */
  loss: number
}

export type RunEvent =
  | { kind: 'phase'; runId: string; phase: 'tuning' | 'compiling' | 'warming' | 'training' | 'evaluating' | 'checking' }
  /** shapes whose kernels have been chosen, of how many; `hash` once all are: see RunMeasurements.tuning */
  | { kind: 'tuning'; runId: string; done: number; total: number; hash: string | null }
  | { kind: 'progress'; runId: string; progress: number; points: CurvePoint[]; stepMs: number; tokensPerSecond: number; bytesAllocated: number }

/** Measured facts of a finished run. `curve` is [step, loss] pairs, at most 500. */
export interface RunMeasurements {
  steps: number
  tokens: number
  trainMs: number
  compileMs: number
  evalMs: number
  stepMs: number
  tokensPerSecond: number
  bytesAllocated: number
  paramCount: number
  dispatchesPerStep: number
  /** what trained it, and its name: numbers of different backends agree only within a tolerance; absent in old records */
  backend?: BackendName
  adapter?: string
  /** names the kernel variants chosen by measurement: others may round differently; absent where none were */
  tuning?: string
  curve: Float32Array
}

/** SHA-256 of each split's text and of the tokenizer's vocabulary. */
export interface DataHashes {
  train: string
  val: string
  hidden: string
  tokenizer: string
}

/** What trained a model, as far as it may matter to its bits. */
export interface AdapterFacts extends Pick<AdapterInfo, 'backend' | 'vendor' | 'architecture' | 'description' | 'tier'> {
  /** of the processor's engine; null on a device */
  threads: number | null
  replicas: number | null
  /** see RunMeasurements.tuning; null where there was no choice */
  tuning: string | null
  /** activations were kept in 16 bits while training */
  half: boolean
  /** how this machine rounds: see arithmetic.ts */
  arithmetic: string
}

/** What a run was made of: with train.js and the text, enough to run it again. */
export interface RunEvidence {
  /** SHA-256 of the code that a score depends on, of the program's description, and of the data */
  app: string
  program: string
  data: DataHashes
  adapter: AdapterFacts
  steps: number
  tokens: number
  /** see Course; null for a budget of tokens, whose course is known */
  began: number[] | null
  /** SHA-256 over the loss of every step, f32, little-endian */
  losses: string
}

/** Of custom kernels, before anything is trained: src/judge/customKernels. */
export type KernelGateName = `kernel:${'read' | 'compile' | 'smoke' | 'shapes' | 'values' | 'isolation' | 'repeat' | 'gradient'}`

export interface GateResult {
  /** `program` and `repeat` are the loop's: the text that ran is the text committed; a jump came again */
  gate: 'finite' | 'bounds' | 'causality' | 'rows' | 'arrangement' | 'guards' | 'program' | 'repeat' | KernelGateName
  passed: boolean
  detail: string
}

/** One run's scores by part of the text, bits per byte: see SplitScore. Only where hidden text was scored too. */
export interface ScoreParts {
  val: number[]
  hidden: number[]
}

/** A run either gives a score or says why not; a failed run is a result, not an exception. */
export type RunResult =
  | {
      ok: true
      runId: string
      seed: number
      valBpb: number
      hiddenBpb: number | null
      parts: ScoreParts | null
      gates: GateResult[]
      measurements: RunMeasurements
      evidence: RunEvidence
      weights: Float32Array | null
    }
  | {
      ok: false
      runId: string
      seed: number
      status: FailureStatus
      error: LabErrorJson
      measurements: RunMeasurements | null
      /** null when the trainer was ended from outside, or died */
      evidence: RunEvidence | null
    }

export type FailureStatus = 'crash' | 'timeout' | 'rejected' | 'checks_failed' | 'device_lost'

/** The trainer worker, as the loop sees it. In Node it runs in a worker thread on Dawn. */
export interface Trainer {
  /**
   * Opens the engine, once: another choice closes the one that is open. Without a choice the last one holds.
   * @throws gpu.unavailable with a hint that names the cause
   */
  open(choice?: BackendChoice): Promise<AdapterInfo>
  /** Hands over the data once; arrays are transferred, not copied. */
  setData(data: import('../data/types').TokenData): Promise<void>
  /** Trains, evaluates, checks. Never rejects for a failure of the program. */
  run(job: RunJob, onEvent: (event: RunEvent) => void): Promise<RunResult>
  /** Continues `prompt` with a trained model; weights as returned by run. */
  sample(program: ProgramSpec, weights: Float32Array, prompt: number[], count: number, temperature: number, seed: number): Promise<number[]>
  /** Where a training step of `program` spends its time; in memory of its own, so nothing trained is touched. */
  profile(program: ProgramSpec): Promise<StepProfile>
  /** Stops the run in progress at once by ending the worker; the next call starts a fresh one. */
  terminate(): void
}
