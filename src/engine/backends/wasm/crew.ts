// Threads over one shared memory that run the same program together: every command is cut by units, and nobody begins
// the next before all have finished. A unit's result does not depend on who computes it.

import { LabError } from '../../../core/errors'
import type { Heap } from './heap'
import { instantiateKernels, type Kernels } from './kernels'
import { LOOK_MS, type Patience } from './patience'
import { decodeCommands, type Step } from './program'

/** Words of the control block. PROGRAM… say what GO is about. */
const [GO, GENERATION, ARRIVED, SLEEPERS, FAULT, PROGRAM, PROGRAM_WORDS, PROGRAM_ID, FROM, TO, SCRATCH_AT, SCRATCH_BYTES] = Array(12).keys()
const CONTROL_WORDS = 16

/** Looks at a word this often before sleeping: some tens of microseconds, longer than most waits. */
const SPINS = 20_000
/** Programs that a thread keeps decoded: a session has three. */
const KEPT_PROGRAMS = 12

/** A program in the shared memory. */
export interface PlacedProgram {
  id: number
  address: number
  words: number
  /** of thread 0; the others' follow, `scratchBytes` apart */
  scratch: number
  scratchBytes: number
}

/** What a thread needs to take part. */
export interface Invitation {
  module: WebAssembly.Module
  memory: WebAssembly.Memory
  control: Int32Array
  index: number
  count: number
}

/** What the thread that says what is to be run, number 0, has besides: it alone decides that another is dead. */
export interface Lead {
  patience: Patience
  /** told before `run` throws because of a thread that stopped in the middle: no other can go on either */
  lose(reason: string): void
}

/** One thread's part. */
export class Member {
  private readonly decoded = new Map<number, Step[]>()
  private readonly kernels: Kernels
  private readonly memory: WebAssembly.Memory
  private readonly control: Int32Array
  private readonly index: number
  private readonly count: number
  private readonly lead: Lead | null
  private begunMs = 0

  private constructor(kernels: Kernels, { memory, control, index, count }: Invitation, lead: Lead | null) {
    this.kernels = kernels
    this.lead = lead
    this.memory = memory
    this.control = control
    this.index = index
    this.count = count
  }

  /** @param lead of thread 0 only, which may then `run`; the others `serve` */
  static async join(invitation: Invitation, lead: Lead | null = null): Promise<Member> {
    return new Member(await instantiateKernels(invitation.module, invitation.memory), invitation, lead)
  }

  /**
   * Runs commands [from, to) with all the others, who must be told by `GO`.
   * @throws LabError "gpu.lost" when one of them faults, or is silent for longer than the lead's patience
   */
  run(program: PlacedProgram, from: number, to: number): void {
    const { control, count } = this
    if (from === to) return
    this.begunMs = performance.now()
    if (count > 1) {
      control[PROGRAM] = program.address
      control[PROGRAM_WORDS] = program.words
      control[PROGRAM_ID] = program.id
      control[FROM] = from
      control[TO] = to
      control[SCRATCH_AT] = program.scratch
      control[SCRATCH_BYTES] = program.scratchBytes
      Atomics.add(control, GO, 1)
      Atomics.notify(control, GO)
    }
    try {
      this.part(program, from, to)
    } catch (error) {
      // the others wait in the middle of a program that nobody goes on with
      if (count > 1) this.fault((error as Error).message)
      throw error
    }
    this.lead?.patience.took(performance.now() - this.begunMs)
  }

  /** Does a thread's part whenever it is asked to; never returns. */
  serve(): never {
    const { control } = this
    let seen = 0
    for (;;) {
      this.awaitChange(GO, seen)
      seen++
      const program = {
        address: control[PROGRAM] >>> 0,
        words: control[PROGRAM_WORDS],
        id: control[PROGRAM_ID],
        scratch: control[SCRATCH_AT] >>> 0,
        scratchBytes: control[SCRATCH_BYTES],
      }
      try {
        this.part(program, control[FROM], control[TO])
      } catch (error) {
        this.fault((error as Error).message)
        throw error
      }
    }
  }

  private part(program: PlacedProgram, from: number, to: number): void {
    const { index, count } = this
    const steps = this.stepsOf(program)
    for (let i = from; i < to; i++) {
      const { run, units, alone, rest } = steps[i]
      if (count === 1) {
        run(0, units, ...rest)
        continue
      }
      if (!alone) run(Math.floor((units * index) / count), Math.floor((units * (index + 1)) / count), ...rest)
      else if (index === 0) run(0, units, ...rest)
      // what one thread does alone, one after another, needs no waiting in between
      if (alone && i + 1 < to && steps[i + 1].alone) continue
      this.meet()
    }
  }

  private stepsOf({ id, address, words, scratch, scratchBytes }: PlacedProgram): Step[] {
    let steps = this.decoded.get(id)
    if (!steps) {
      const text = new Int32Array(this.memory.buffer, address, words)
      steps = decodeCommands(text, this.kernels, scratch + this.index * scratchBytes)
      if (this.decoded.size >= KEPT_PROGRAMS) this.decoded.delete(this.decoded.keys().next().value!)
    } else this.decoded.delete(id)
    this.decoded.set(id, steps)
    return steps
  }

  /** Waits until every thread is here. */
  private meet(): void {
    const { control } = this
    const generation = Atomics.load(control, GENERATION)
    if (Atomics.add(control, ARRIVED, 1) === this.count - 1) {
      Atomics.store(control, ARRIVED, 0)
      Atomics.add(control, GENERATION, 1)
      if (Atomics.load(control, SLEEPERS) > 0) Atomics.notify(control, GENERATION)
    } else this.awaitChange(GENERATION, generation)
  }

  private awaitChange(word: number, old: number): void {
    const { control, lead } = this
    for (let spin = 0; spin < SPINS; spin++) if (Atomics.load(control, word) !== old) return
    const mostLooks = lead ? lead.patience.looks(performance.now() - this.begunMs) : Infinity
    Atomics.add(control, SLEEPERS, 1)
    for (let looks = 0; Atomics.load(control, word) === old; looks++) {
      if (Atomics.load(control, FAULT) !== 0) throw this.lost('a thread failed in the middle of a step')
      if (looks > mostLooks) throw this.lost(`a thread was silent for ${Math.round((looks * LOOK_MS) / 1000)} s in the middle of a step`)
      Atomics.wait(control, word, old, LOOK_MS)
    }
    Atomics.sub(control, SLEEPERS, 1)
  }

  private lost(reason: string): LabError {
    this.fault(reason)
    return threadLost(reason)
  }

  /** Tells the others, and whoever leads, that nobody can go on. */
  private fault(reason: string): void {
    const { control, lead } = this
    Atomics.store(control, FAULT, 1)
    Atomics.notify(control, GENERATION)
    lead?.lose(reason)
  }
}

/** The control block of a crew; without threads to share it with, any memory will do. */
export function makeControl(shared: boolean): Int32Array {
  return new Int32Array(shared ? new SharedArrayBuffer(4 * CONTROL_WORDS) : new ArrayBuffer(4 * CONTROL_WORDS))
}

let nextId = 1

/** Puts a program's text where every thread can read it. `release` its address when it is not needed any more. */
export function placeProgram(heap: Heap, text: Int32Array, scratch: number, scratchBytes: number): PlacedProgram {
  const address = heap.take(text.byteLength)
  new Int32Array(heap.memory.buffer, address, text.length).set(text)
  return { id: nextId++, address, words: text.length, scratch, scratchBytes }
}

/** The error for threads that are gone. */
export function threadLost(why: string): LabError {
  return new LabError('gpu.lost', `The engine's threads are gone: ${why}`, {
    hint: 'The lab starts them again with the next run.',
  })
}
