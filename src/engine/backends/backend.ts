// What a backend is to the rest of the lab: an engine that was opened once, and on it one executor for each plan.

import type { BufferRange } from '../bufferPool'
import type { Capabilities } from '../kernel'
import type { Command, ModelPlan } from '../planner'
import type { DispatchTimes } from '../profileClock'
import type { Upload } from '../upload'

/** A device, or the processor's threads; owned by whoever opened it. */
export interface Engine {
  readonly caps: Capabilities
  readonly info: { vendor: string; architecture: string; description: string; integrated: boolean }
  /** what was reported outside any call: a run during which this grew cannot be trusted */
  readonly faults: string[]
  /** why it can do nothing any more, once that is so */
  readonly lost: Promise<string>
  /**
   * Makes a plan's memory, zeroed. The plan must have been made with this engine's limits.
   * @throws LabError "gpu.oom" when there is not that much; nothing stays allocated
   */
  allocate(plan: ModelPlan): Promise<Executor>
  destroy(): void
}

/** Commands made ready; nothing about them changes from step to step. */
export interface Program {
  readonly length: number
}

/** Results of equal size in the order they were submitted; each arrives once it has been computed. */
export interface ResultRing {
  /** Waits for the oldest results if no more may be in flight, and returns what it waited for: often nothing. */
  room(): Promise<Float32Array>
  /** Waits for all that was submitted: the results not yet returned, oldest first. */
  drain(): Promise<Float32Array>
  destroy(): void
}

/** The memory of one planned model, and the programs that run over it; `destroy` frees it. */
export interface Executor {
  /** Compiles and binds a list of commands. @throws LabError "gpu.shader" */
  prepare(commands: readonly Command[]): Promise<Program>
  /** Writes what changes rarely, in every replica. */
  write(range: BufferRange, data: Float32Array | Int32Array | Uint32Array): void
  ring(label: string, bytes: number): ResultRing
  /**
   * Writes the uploads, runs a program, and has `ring` read `result` when it is done. Returns at once or when it is.
   * @param result as long as the ring's results are
   * @param uploads one for each of the plan's replicas, or one for a replica that is free; may be refilled after the call
   */
  submit(program: Program, uploads: readonly Upload[], ring?: ResultRing, result?: BufferRange): void
  /** Reads a range back; the array is the caller's. Waits for everything submitted before. */
  read(range: BufferRange): Promise<Float32Array>
  /**
   * Time of each command of a program, best of a few runs; memory is not as it was afterwards.
   * @param same key of each command: those with equal keys do equal work
   * @param timestamps false to leave a device's own clock alone
   */
  time(program: Program, same: readonly string[], timestamps: boolean): Promise<DispatchTimes>
  /** Microseconds that the host spends on one command of a program. */
  hostUs(program: Program): number
  destroy(): void
}
