// What the loop is made of, what it tells, and what it can be told.

import type { LabError } from '../core/errors'
import type { TokenData } from '../data/types'
import type { ProgramSpec } from '../graph/program'
import type { Identity } from '../history/identity'
import type { Experiment, LabRecord, Ledger, Repository } from '../history/types'
import type { AdapterInfo, RunEvent, Trainer } from '../judge/types'
import type { Box } from '../sandbox/contract'
import type { Activity, Phase } from '../worker/protocol'
import type { Answer, Question } from '../worker/researchProtocol'
import type { Notice } from './gate'
import type { Questions } from './questions'
import type { Controller } from './types'

export type LoopEvent =
  | { kind: 'phase'; phase: Phase }
  | { kind: 'activity'; activity: Activity; number: number | null; repeat: number; repeats: number }
  | { kind: 'run'; number: number; repeat: number; event: RunEvent }
  | { kind: 'adapter'; adapter: AdapterInfo }
  | { kind: 'notice'; notice: Notice | null; error: LabError | null }
  | { kind: 'row'; row: Experiment }
  /** what the lab waits for the person to answer; null when that is over */
  | { kind: 'question'; question: Question | null }
  /** what a researcher is answering, as it comes: untrusted text */
  | { kind: 'text'; proposer: string; delta: string }

/** Predicted bytes of a run that may take `memoryBytes`, so that a program too big costs nothing. */
export type PredictBytes = (
  program: ProgramSpec,
  where: { vocab: number; adapter: AdapterInfo; evaluation: LabRecord['task']['evaluation']; memoryBytes: number },
) => number

export interface LoopDeps {
  trainer: Trainer
  box: Box
  ledger: Ledger
  repo: Repository
  labId: string
  controller: Controller
  /** asks the person; without it the loop makes its own, and its questions are events */
  questions?: Questions
  /** nobody is there to press Resume: where the lab would wait for the person, it ends as BLOCKED */
  unattended?: boolean
  /** a fresh copy each time: the trainer takes the arrays over */
  data: () => Promise<TokenData>
  predictBytes?: PredictBytes
  /** who signs the receipts; without one there are none */
  identity?: () => Promise<Identity>
  onEvent: (event: LoopEvent) => void
  now?: () => number
}

/** What the person may change at any time: a note box, lessons, papers, limits, and how the lab is driven. */
export type LabChange = Partial<
  Pick<LabRecord, 'notes' | 'lessons' | 'papers' | 'approval' | 'guide' | 'ends' | 'maxExperiments' | 'controller' | 'researcher'>
>

export interface Loop {
  readonly phase: Phase
  start(): void
  /** Takes effect when the current experiment has been decided. */
  pause(): void
  resume(): void
  /** One experiment, then pause. */
  step(): void
  /** Ends the run in progress at once and records it as stopped. Resolves when the loop is at rest. */
  stop(): Promise<void>
  /** Runs a person's program as the next experiment; durable when it resolves. */
  queueProgram(trainJs: string, hypothesis: string): Promise<void>
  updateProgramMd(text: string): Promise<void>
  /** Changes what the person may change while the lab is at work; durable when it resolves. */
  change(change: (lab: LabRecord) => LabChange): Promise<void>
  /** Who proposes from the next proposal on. */
  useController(controller: Controller): void
  /** @throws LabError "lab.state" when the question is over */
  answer(id: string, answer: Answer): void
  /** Resolves when the loop has been launched and has come to rest: idle or failed. */
  settled(): Promise<void>
}
