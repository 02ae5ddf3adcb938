// A plan in linear memory. One thread, a crew over one memory, or replicas with a memory each: the same commands.

import type { BufferRange } from '../../bufferPool'
import type { Command, ModelPlan } from '../../planner'
import type { DispatchTimes } from '../../profileClock'
import type { Upload } from '../../upload'
import type { Executor } from '../backend'
import { call, lowering } from './call'
import { placeProgram, threadLost, type Member, type PlacedProgram } from './crew'
import type { Heap } from './heap'
import { encodeCommands } from './program'
import type { Remote } from './remote'
import { Results, type Listening } from './results'

/** What an executor is given to work with. */
export interface Machine {
  heap: Heap
  /** this thread, with those that share its memory */
  member: Member
  threads: number
  /** threads with a replica each, besides this one's */
  remotes: readonly Remote[]
  listening: Listening
  /** why it can do nothing any more */
  dead(): string | null
}

interface WasmProgram extends PlacedProgram {
  length: number
  /** run by all replicas on their shares of a batch, rather than by one of them */
  together: boolean
}

/** What is written before a program runs. */
type Image = Pick<Upload, 'range' | 'image'>

/** A command is timed by repeating it for this long. */
const LONG_MS = 4

export class WasmExecutor implements Executor {
  private readonly machine: Machine
  private readonly plan: ModelPlan
  private readonly base: number
  private readonly offsets: number[] = []
  private readonly remotes: readonly Remote[]
  private readonly scratch: number
  private readonly programs: WasmProgram[] = []
  /** the last work of all replicas together, until it is done */
  private busy: Promise<unknown> | null = null
  private turn = 0

  constructor(machine: Machine, plan: ModelPlan) {
    this.machine = machine
    this.plan = plan
    this.remotes = machine.remotes.slice(0, plan.shares.count - 1)
    let end = 0
    const lay = (bytes: number) => {
      const at = end
      end = Math.ceil((end + bytes) / 64) * 64
      return at
    }
    for (const { bytes } of plan.buffers) this.offsets.push(lay(bytes))
    const scratch = lay(machine.threads * this.scratchBytes)
    this.base = machine.heap.take(end)
    this.scratch = this.base + scratch
    // the same addresses everywhere, whatever else a replica's memory holds
    for (const remote of this.remotes) remote.tell({ kind: 'clear', at: this.base, bytes: end + 64 })
  }

  private get scratchBytes(): number {
    return Math.ceil(this.plan.threadScratchBytes / 64) * 64 + 64
  }

  async prepare(commands: readonly Command[]): Promise<WasmProgram> {
    const { heap } = this.machine
    const text = encodeCommands(commands, this.place)
    const placed = placeProgram(heap, text, this.scratch, this.scratchBytes)
    const program = { ...placed, length: commands.length, together: this.remotes.length > 0 && commands === this.plan.train.commands }
    for (const remote of this.remotes) remote.tell({ kind: 'program', id: program.id, text, scratch: this.scratch })
    this.programs.push(program)
    return program
  }

  write(range: BufferRange, data: Float32Array | Int32Array | Uint32Array): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    this.machine.heap.bytes(this.place(range), bytes.length).set(bytes)
    for (const remote of this.remotes) remote.tell({ kind: 'write', at: this.place(range), data: bytes.slice().buffer })
  }

  ring(): Results {
    return new Results(this.machine.listening, this.remotes.length + 1)
  }

  submit(program: WasmProgram, uploads: readonly Image[], ring?: Results, result?: BufferRange): void {
    const dead = this.machine.dead()
    if (dead !== null) throw threadLost(dead)
    const done = this.start(program, uploads, result)
    ring?.add(done)
    if (!(done instanceof Float32Array)) done.catch(() => undefined) // whoever awaits the result is told
  }

  async read(range: BufferRange): Promise<Float32Array> {
    await this.busy
    return this.machine.heap.floats(this.place(range), range.bytes / 4).slice()
  }

  async time(program: WasmProgram, same: readonly string[]): Promise<DispatchTimes> {
    await this.busy
    const times = new Map<string, number>()
    for (const [i, key] of same.entries()) {
      if (times.has(key)) continue
      let best = Infinity
      let spent = 0
      for (let runs = 0; runs < 5 || spent < LONG_MS; runs++) {
        const begun = performance.now()
        this.machine.member.run(program, i, i + 1)
        const ms = performance.now() - begun
        spent += ms
        best = Math.min(best, ms)
      }
      times.set(key, best)
      await this.machine.listening.turn()
    }
    return { clock: 'wall clock', ms: Float64Array.from(same, (key) => times.get(key)!) }
  }

  /** What it takes to begin a command, whatever it does. */
  hostUs(): number {
    const { heap, member } = this.machine
    const nothing = call('fill', 0, ['y'], [0], [0])
    const commands = Array.from({ length: 1000 }, () => lowering({ calls: [nothing] }).kernels.map((kernel) => ({ kernel, ranges: [this.plan.train.loss] }))).flat()
    const placed = placeProgram(heap, encodeCommands(commands, this.place), this.scratch, this.scratchBytes)
    let best = Infinity
    for (let run = 0; run < 5; run++) {
      const begun = performance.now()
      member.run(placed, 0, commands.length)
      best = Math.min(best, performance.now() - begun)
    }
    heap.release(placed.address)
    return (1000 * best) / commands.length
  }

  destroy(): void {
    const { heap } = this.machine
    heap.release(this.base)
    for (const { address, id } of this.programs) {
      heap.release(address)
      for (const remote of this.remotes) remote.tell({ kind: 'forget', id })
    }
    this.programs.length = 0
  }

  private place = ({ buffer, offset }: BufferRange): number => this.base + this.offsets[buffer] + offset

  /** Begins a program as soon as nothing that replicas do together is under way: at once, if there are none. */
  private start(program: WasmProgram, uploads: readonly Image[], result?: BufferRange): Float32Array | Promise<Float32Array> {
    if (this.busy) {
      // the host will fill its images again before this one's turn comes
      const images = uploads.map(({ range, image }) => ({ range, image: image.slice() }))
      return this.busy.then(() => this.start(program, images, result))
    }
    if (program.together) {
      const done = this.runTogether(program, uploads, result)
      const over = () => {
        this.busy = null
      }
      this.busy = done.then(over, over)
      return done
    }
    // others first: this thread hears of nothing while it computes
    const replica = result ? ++this.turn % (this.remotes.length + 1) : 0
    if (replica > 0) return this.runRemotely(this.remotes[replica - 1], program, uploads[0], result!)
    this.put(uploads[0])
    this.machine.member.run(program, 0, program.length)
    return this.resultOf(result)
  }

  private async runRemotely(remote: Remote, program: WasmProgram, upload: Image, result: BufferRange): Promise<Float32Array> {
    const [values] = await remote.run(program.id, 0, program.length, this.imageOf(upload), [this.pieceOf(result)])
    return new Float32Array(values)
  }

  /**
   * A step of training: every replica goes forward and backward on its share, gradients (and results, such as the loss)
   * are added up in the order of the replicas, and every replica takes the same step.
   */
  private async runTogether(program: WasmProgram, uploads: readonly Image[], result?: BufferRange): Promise<Float32Array> {
    const { member, heap } = this.machine
    const { update } = this.plan.train
    const { grads } = this.plan.state
    const wanted = [this.pieceOf(grads), ...(result ? [this.pieceOf(result)] : [])]
    const answers = this.remotes.map((remote, i) => remote.run(program.id, 0, update, this.imageOf(uploads[i + 1]), wanted))
    const all = Promise.all(answers)
    // a fault in this thread's own part must not leave theirs unheard
    all.catch(() => undefined)
    this.put(uploads[0])
    member.run(program, 0, update)
    const shares = await all
    const sum = heap.floats(this.place(grads), grads.bytes / 4)
    const total = this.resultOf(result)
    for (const [gradients, part] of shares) {
      add(sum, new Float32Array(gradients))
      if (part) add(total, new Float32Array(part))
    }
    for (const [i, [data]] of shares.entries()) {
      new Float32Array(data).set(sum)
      // nobody waits for the update: what follows is told in order, and a death is heard by the engine
      this.remotes[i].run(program.id, update, program.length, { at: this.place(grads), data }, []).catch(() => undefined)
    }
    member.run(program, update, program.length)
    return total
  }

  private put({ range, image }: Image): void {
    this.machine.heap.bytes(this.place(range), image.byteLength).set(new Uint8Array(image.buffer))
  }

  private imageOf({ range, image }: Image): { at: number; data: ArrayBuffer } {
    return { at: this.place(range), data: image.slice().buffer }
  }

  private pieceOf(range: BufferRange): { at: number; bytes: number } {
    return { at: this.place(range), bytes: range.bytes }
  }

  private resultOf(result?: BufferRange): Float32Array {
    return result ? this.machine.heap.floats(this.place(result), result.bytes / 4).slice() : new Float32Array(0)
  }
}

function add(sum: Float32Array, part: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] += part[i]
}
