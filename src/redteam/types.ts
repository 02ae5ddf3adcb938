// A cheat, the ground it is tried on, and what came of it.

import type { LabErrorJson } from '../core/errors'
import type { ProgramSpec } from '../graph/program'
import type { ReplayReport } from '../history/replayVerdict'
import type { RunResult } from '../judge/types'

/** The real lab, as somebody who may write anything meets it. Nothing here is a stand-in. */
export interface Ground {
  vocab: number
  /** train.js through the box. @throws LabError when it is refused */
  describe(source: string): Promise<ProgramSpec>
  /** A message as if it had come out of a box that was broken open. @throws LabError when it is refused */
  hear(message: unknown): Promise<ProgramSpec>
  /** A short run, trained and judged. `gpu`: on a device, which custom kernels need. */
  run(program: ProgramSpec, gpu?: boolean): Promise<RunResult>
  /** Whether there is a device at all. */
  hasGpu(): Promise<boolean>
  /** The honest program's run, measured once. */
  honest(): Promise<RunResult & { ok: true }>
  /** Signs a receipt of the honest run as a stranger's browser would, after `alter` has changed what it states. */
  receipt(alter?: (bpb: number) => number): Promise<string>
  /** Verifies a receipt. @throws LabError when it is refused */
  readReceipt(text: string): Promise<unknown>
  /** Verifies a receipt and runs it again. */
  replay(text: string): Promise<ReplayReport>
}

/** What came of a cheat. `blocked` null: it could not be tried here. */
export interface Finding {
  blocked: boolean | null
  /** what stopped it: the code of an error, the name of a gate, 'no effect' */
  by: string
  /** plain sentence, from the wall itself */
  reason: string
}

/** One way to a score that is not deserved. Each lies in a file of its own in cheats/, as its default export. */
export interface Cheat {
  /** lower-case words joined by hyphens */
  id: string
  family: 'score' | 'peeking' | 'data' | 'luck' | 'clock' | 'escape' | 'bomb' | 'kernel' | 'record'
  title: string
  /** one sentence: what is tried, and what it would gain */
  tries: string
  attempt(ground: Ground): Promise<Finding>
}

/** A row of the table. */
export interface Report extends Omit<Cheat, 'attempt'>, Finding {
  ms: number
  /** a failure that is no refusal: a fault of the wall, or of the lab */
  fault: LabErrorJson | null
}
