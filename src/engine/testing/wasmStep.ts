// Runs whole tapes and updates on the kernels without a GPU, every tensor at a place of its own: the plainest way
// to see all lowerings work together. The backend's own planner shares memory and threads; this does not.

import type { ProgramSpec } from '../../graph/program'
import type { Tape, TensorId } from '../../graph/tape'
import { layoutArena, type ArenaLayout } from '../arena'
import { NONE, SCRATCH, type WasmLowering } from '../backends/wasm/call'
import { lowerOp } from '../backends/wasm/lower'
import { instantiateKernels, type KernelName, type Kernels } from '../backends/wasm/module'
import { planWasmUpdate } from '../backends/wasm/update'
import { HYPER, HYPER_STRIDE, RULE_CODE } from '../kernels/update'
import { sortTokens } from '../kernels/embedding'

interface BoundCall {
  fn: KernelName
  units: number
  rest: number[]
  flops: number
}

export class WasmStep {
  readonly arena: ArenaLayout
  readonly calls: { tape: BoundCall[]; update: BoundCall[] } = { tape: [], update: [] }
  private end = 1024
  private readonly memory: WebAssembly.Memory
  private readonly kernels: Promise<Kernels>
  private readonly places: Record<string, number> = {}
  private readonly tensorPlace: number[] = []
  private readonly constants: [place: number, data: Float32Array | Int32Array][] = []
  readonly program: ProgramSpec
  readonly tape: Tape

  constructor(module: WebAssembly.Module, program: ProgramSpec, tape: Tape) {
    this.program = program
    this.tape = tape
    this.arena = layoutArena(program)
    for (const name of ['params', 'grads', 'm', 'v', 'ema']) this.places[name] = this.take(4 * this.arena.total)
    this.places.groupOf = this.take(this.arena.groupOf.byteLength)
    this.places.hyper = this.take(4 * HYPER_STRIDE * program.groups.length)
    this.places.stepState = this.take(16)
    for (const { role, name, size, view } of tape.tensors) {
      const entry = this.arena.byName.get(name)
      const own = view ? this.tensorPlace[view.of] + 4 * view.offset : null
      this.tensorPlace.push(
        own ?? ((role === 'param' || role === 'grad') && entry ? this.places[`${role}s`] + 4 * entry.offset : this.take(4 * size)),
      )
    }
    const update = planWasmUpdate(program, this.arena)
    const lowered = tape.ops.map((op) => lowerOp(op, tape.tensors))
    const all = [...lowered, ...update.steps.map(({ lowering }) => lowering)].flatMap(({ calls }) => calls)
    this.places[SCRATCH] = this.take(Math.max(...all.map(({ scratchBytes }) => scratchBytes)))
    for (const lowering of lowered) {
      const { stepState, scratch } = this.places
      const own = Object.fromEntries(Object.entries(lowering.tensors).map(([name, id]) => [name, this.tensorPlace[id]]))
      this.bind(lowering, { stepState, scratch, ...own }, this.calls.tape)
    }
    const shared: Record<string, number> = { ...this.places }
    for (const [name, bytes] of Object.entries(update.temporaries)) shared[name] = this.take(bytes)
    for (const [name, data] of Object.entries(update.constants)) shared[name] = this.keep(data)
    for (const { lowering, offset, rename } of update.steps) {
      const own = { ...shared }
      for (const name of ['params', 'grads', 'm', 'v', 'ema']) own[name] += 4 * offset
      for (const [name, buffer] of Object.entries(rename)) own[name] = own[buffer]
      this.bind(lowering, own, this.calls.update)
    }
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(this.end / 65536) + 1 })
    for (const [place, data] of this.constants) new Int32Array(this.memory.buffer).set(new Int32Array(data.buffer), place / 4)
    this.uints(this.places.groupOf, this.arena.groupOf.length).set(this.arena.groupOf)
    this.kernels = instantiateKernels(module, this.memory)
  }

  private take(bytes: number): number {
    const place = this.end
    this.end = Math.ceil((place + bytes + 64) / 64) * 64
    return place
  }

  private keep(data: Float32Array | Int32Array): number {
    const place = this.take(data.byteLength)
    this.constants.push([place, data])
    return place
  }

  private bind(lowering: WasmLowering, known: Record<string, number>, into: BoundCall[]): void {
    const own = { ...known }
    for (const [name, bytes] of Object.entries(lowering.temporaries ?? {})) own[name] = this.take(bytes)
    for (const [name, data] of Object.entries(lowering.constants ?? {})) own[name] = this.keep(data)
    for (const { fn, units, pointers, ints, floats, flops } of lowering.calls) {
      const missing = pointers.find((name) => name !== NONE && own[name] === undefined)
      if (missing) throw new Error(`${fn}: no place for "${missing}"`)
      into.push({ fn, units, rest: [...pointers.map((name) => (name === NONE ? 0 : own[name])), ...ints, ...floats], flops })
    }
  }

  floats(place: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, place, count)
  }

  private uints(place: number, count: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, place, count)
  }

  /** A tensor of the tape, in place. */
  tensor(id: TensorId): Float32Array {
    return this.floats(this.tensorPlace[id], this.tape.tensors[id].size)
  }

  /** One parameter's weights or gradients, in place. */
  param(name: string, which: 'params' | 'grads' = 'params'): Float32Array {
    const { offset, size } = this.arena.byName.get(name)!
    return this.floats(this.places[which] + 4 * offset, size)
  }

  /** Forward and backward of one batch; returns the loss where the tape has one. */
  async run(tokens: Int32Array, targets: Int32Array): Promise<number> {
    const { io, tensors } = this.tape
    const words = (id: TensorId) => this.uints(this.tensorPlace[id], tensors[id].size)
    words(io.tokens).set(tokens)
    if (io.targets >= 0) words(io.targets).set(targets)
    if (io.order >= 0) sortTokens(tokens, tensors[io.starts].size - 1, words(io.order), words(io.starts))
    const kernels = await this.kernels
    for (const { fn, units, rest } of this.calls.tape) kernels[fn](0, units, ...rest)
    return io.loss >= 0 ? this.tensor(io.loss)[0] : NaN
  }

  /** One optimiser step from the gradients, at full learning rate. */
  async update(step: number): Promise<void> {
    for (const [row, group] of this.program.groups.entries()) {
      const hyper = this.floats(this.places.hyper + 4 * row * HYPER_STRIDE, HYPER_STRIDE)
      const { rule, clip, ema, ...own } = { ...group, ...this.program.training }
      const values = { ...own, rule: RULE_CODE[rule], clip, emaDecay: ema, bias1: 1 - own.beta1 ** step, bias2: 1 - own.beta2 ** step }
      for (const name of Object.keys(HYPER) as (keyof typeof HYPER)[]) hyper[HYPER[name]] = values[name]
    }
    const kernels = await this.kernels
    for (const { fn, units, rest } of this.calls.update) kernels[fn](0, units, ...rest)
  }

  /** Milliseconds and operations of each kernel over `rounds` steps, by name, best round of each call. */
  async profile(rounds: number, clock: () => number): Promise<Record<string, { calls: number; ms: number; flops: number }>> {
    const kernels = await this.kernels
    const all = [...this.calls.tape, ...this.calls.update]
    const best = all.map(() => Infinity)
    for (let r = 0; r < rounds; r++)
      for (const [i, { fn, units, rest }] of all.entries()) {
        const start = clock()
        kernels[fn](0, units, ...rest)
        best[i] = Math.min(best[i], clock() - start)
      }
    const result: Record<string, { calls: number; ms: number; flops: number }> = {}
    for (const [i, { fn, flops }] of all.entries()) {
      const entry = (result[fn] ??= { calls: 0, ms: 0, flops: 0 })
      entry.calls++
      entry.ms += best[i]
      entry.flops += flops
    }
    return result
  }
}
