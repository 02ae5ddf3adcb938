// From tapes and optimiser steps to commands: lowers every op, lends memory to what lives briefly, and finds the
// ranges of what lasts.

import { LabError } from '../core/errors'
import { bytesOf, renameTensors, type Tape, type TapeOp, type TapeTensor, type TensorId } from '../graph/tape'
import type { ArenaLayout } from './arena'
import type { BufferPool, BufferRange } from './bufferPool'
import type { Capabilities, Constant, Kernel, Lowering } from './kernel'
import { lowerOp, type BoundLowering } from './lower'
import type { UpdatePlan, UpdateStep } from './optimizers'
import { Lender, type Loan } from './packing'
import type { Command, InputRanges, ModelPlan } from './planner'
import { dispatchLimits, type DispatchLimits } from './rates'
import { splitLong } from './splitLong'

/** Where a binding's memory is: a range of a lasting buffer, or of a loan. */
type Place = { range: BufferRange; loan?: undefined } | { loan: Loan; offset: number; bytes: number }

const BYTES = 4

/** Collects the commands of a plan; the ranges of short-lived memory are known once `settle` has run. */
export class Placement {
  readonly pool: BufferPool
  readonly lender = new Lender()
  private readonly arena: ArenaLayout
  readonly state: ModelPlan['state']
  private readonly caps: Capabilities
  private readonly limits: DispatchLimits
  private readonly lowered: Map<string, BoundLowering>
  /** contents that never change, all in one buffer */
  readonly constants: { range: BufferRange; values: Constant }[] = []
  /** the same by the text of their first values */
  private readonly alike = new Map<string, Placement['constants']>()
  private constantsBuffer: BufferRange | null = null

  /** @param lowered what was lowered before, to be used again: layers are alike, and so are two plans of one program */
  constructor(pool: BufferPool, arena: ArenaLayout, state: ModelPlan['state'], caps: Capabilities, lowered: Map<string, BoundLowering>) {
    this.pool = pool
    this.arena = arena
    this.state = state
    this.caps = caps
    this.limits = dispatchLimits(caps)
    this.lowered = lowered
  }

  /** Gives the tape's inputs their places at the end of `whole`. */
  inputs(tape: Tape, whole: BufferRange): InputRanges {
    const range = (name: 'tokens' | 'targets' | 'order' | 'starts') =>
      tape.io[name] < 0 ? null : this.pool.append(whole, tape.tensors[tape.io[name]].size * BYTES)
    return { whole, tokens: range('tokens')!, targets: range('targets'), order: range('order'), starts: range('starts') }
  }

  /**
   * The commands of a tape. A tensor lives from the first op that touches it, or a view of it, to the last.
   * @param results where the tensors that the host reads are to be written
   * @throws LabError "program.memory" for a tensor that the adapter cannot bind
   */
  tape(tape: Tape, inputs: InputRanges, results: ReadonlyMap<TensorId, BufferRange>, micro: number): Command[] {
    const lasting = this.lasting(tape, inputs, results)
    const loans = new Map<TensorId, Loan>()
    const placeOf = (id: TensorId): Place => {
      const tensor = tape.tensors[id]
      const base = tensor.view?.of ?? id
      const [offset, bytes] = [(tensor.view?.offset ?? 0) * (tensor.half ? BYTES / 2 : BYTES), bytesOf(tensor)]
      if (bytes > this.caps.maxBindingBytes) throw tooLarge(tensor.name, bytes, this.caps.maxBindingBytes)
      const range = lasting.get(base)
      if (range) return { range: { buffer: range.buffer, offset: range.offset + offset, bytes } }
      let loan = loans.get(base)
      if (!loan) loans.set(base, (loan = this.lender.acquire(bytesOf(tape.tensors[base]))))
      return { loan, offset, bytes }
    }
    const { stepState: states } = this.state
    const stepState = { range: { buffer: states.buffer, offset: states.offset + micro * 256, bytes: 16 } }
    return tape.ops.flatMap((op) => {
      const { lowering, tensors } = this.lower(op, tape.tensors)
      this.lender.tick()
      const named = new Map<string, Place>([['stepState', stepState], ...this.scratchOf(lowering)])
      for (const [name, id] of Object.entries(tensors)) named.set(name, placeOf(id))
      return this.commands(lowering, named)
    })
  }

  /** The commands of another micro-batch, which does the same in the same memory: only its inputs lie elsewhere. */
  again(commands: readonly Command[], from: InputRanges, to: InputRanges, micros: { from: number; to: number }): Command[] {
    const { stepState } = this.state
    const names = ['tokens', 'targets', 'order', 'starts'] as const
    const moves = names.flatMap((name) => (from[name] ? [{ ...from[name], by: to[name]!.offset - from[name].offset }] : []))
    moves.push({ buffer: stepState.buffer, offset: stepState.offset + micros.from * 256, bytes: 16, by: (micros.to - micros.from) * 256 })
    const moved = (range: BufferRange): BufferRange => {
      const move = moves.find((m) => m.buffer === range.buffer && m.offset <= range.offset && range.offset < m.offset + m.bytes)
      return move ? { ...range, offset: range.offset + move.by } : range
    }
    return commands.map(({ kernel, ranges }) => ({ kernel, ranges: ranges.map(moved) }))
  }

  /** The commands of the optimiser. */
  update(plan: UpdatePlan): Command[] {
    const constants = Object.entries(plan.constants).map(([name, values]) => [name, this.constant(values)] as const)
    const temporaries = new Map<string, Loan>()
    return plan.steps.flatMap((step) => {
      this.lender.tick()
      const named = new Map<string, Place>([...this.ofArena(step), ...this.scratchOf(step.lowering)])
      for (const [name, range] of constants) named.set(name, { range })
      for (const kernel of step.lowering.kernels)
        for (const binding of kernel.bindings) {
          const name = step.rename[binding.name] ?? binding.name
          const bytes = plan.temporaries[name]
          if (bytes === undefined) continue
          if (!temporaries.has(name)) temporaries.set(name, this.lender.acquire(bytes))
          named.set(name, { loan: temporaries.get(name)!, offset: 0, bytes, ...step.pieces?.[name] })
        }
      return this.commands(step.lowering, named, step.rename)
    })
  }

  /** Decides where all that was lent lies; the most bytes lent at one moment, which no packing can undercut. */
  settle(): number {
    this.lender.settle(this.pool, this.caps)
    return this.lender.peakBytes()
  }

  /** lowerOp, once for all ops that differ only in their tensors. */
  private lower(op: TapeOp, tensors: readonly TapeTensor[]): BoundLowering {
    const ids: TensorId[] = []
    const nameless = renameTensors(op, (id) => {
      const known = ids.indexOf(id)
      return known >= 0 ? known : ids.push(id) - 1
    })
    const own = ids.map((id) => tensors[id])
    const key = JSON.stringify([nameless, own.map(({ size, half }) => [size, half])])
    let found = this.lowered.get(key)
    if (!found) this.lowered.set(key, (found = lowerOp(nameless, own, this.caps)))
    return { lowering: found.lowering, tensors: Object.fromEntries(Object.entries(found.tensors).map(([name, i]) => [name, ids[i]])) }
  }

  /** The temporary memory that a lowering brings along. */
  private scratchOf({ scratch = {} }: Lowering): [string, Place][] {
    return Object.entries(scratch).map(([name, bytes]) => [name, { loan: this.lender.acquire(bytes), offset: 0, bytes }])
  }

  private constant(values: Constant): BufferRange {
    const start = values.subarray(0, 8).join()
    const alike = this.alike.get(start) ?? []
    const found = alike.find((known) => isSame(known.values, values))
    if (found) return found.range
    this.constantsBuffer ??= this.pool.dedicate('constants', 0)
    const range = this.pool.append(this.constantsBuffer, values.byteLength)
    const made = { range, values }
    this.constants.push(made)
    this.alike.set(start, [...alike, made])
    return range
  }

  /** Tensors that have memory of their own: inputs, results, and ranges of the arenas. */
  private lasting(tape: Tape, inputs: InputRanges, results: ReadonlyMap<TensorId, BufferRange>): Map<TensorId, BufferRange> {
    const lasting = new Map(results)
    for (const name of ['tokens', 'targets', 'order', 'starts'] as const) {
      const range = inputs[name]
      if (range) lasting.set(tape.io[name], range)
    }
    const weights = this.state.ema !== null && tape.io.loss < 0 ? this.state.ema : this.state.params
    for (const [id, { role, name, view }] of tape.tensors.entries()) {
      if ((role !== 'param' && role !== 'grad') || view) continue
      const entry = this.arena.byName.get(name)!
      const { buffer } = role === 'param' ? weights : this.state.grads
      lasting.set(id, { buffer, offset: entry.offset * BYTES, bytes: entry.size * BYTES })
    }
    return lasting
  }

  private ofArena({ range: { offset, size } }: UpdateStep): [string, Place][] {
    const { params, grads, m, v, ema, groupOf, hyper } = this.state
    const part = ({ buffer }: BufferRange): Place => ({ range: { buffer, offset: offset * BYTES, bytes: size * BYTES } })
    // one u32 for each block of 64 floats
    const groups = { range: { buffer: groupOf.buffer, offset: offset / 16, bytes: size / 16 } }
    const places: [string, Place][] = [
      ['params', part(params)], ['grads', part(grads)], ['m', part(m)], ['v', part(v)],
      ['groupOf', groups], ['hyper', { range: hyper }],
    ] // prettier-ignore
    return ema ? [...places, ['ema', part(ema)]] : places
  }

  /** A lowering's kernels with their memory, cut where one would take too long. */
  private commands(lowering: Lowering, named: Map<string, Place>, rename: Record<string, string> = {}): Command[] {
    const bytesOf = (binding: string) => {
      const place = named.get(rename[binding] ?? binding)
      return place ? (place.loan ? place.bytes : place.range.bytes) : 0
    }
    const { kernels, constants = {} } = splitLong(lowering, bytesOf, this.limits)
    for (const [name, values] of Object.entries(constants)) named.set(name, { range: this.constant(values) })
    return kernels.map((kernel) => this.bind(kernel, named, rename))
  }

  private bind(kernel: Kernel, named: ReadonlyMap<string, Place>, rename: Record<string, string> = {}): Command {
    const places = kernel.bindings.map(({ name }) => {
      const place = named.get(rename[name] ?? name)
      if (!place) throw new LabError('lab.internal', `${kernel.name}: nothing is bound to "${name}"`)
      return place
    })
    this.lender.bind(kernel, places.map(({ loan }) => loan)) // prettier-ignore
    return { kernel, ranges: places.map((p) => (p.loan ? this.lender.range(p.loan, p.offset, p.bytes) : p.range)) }
  }
}

/** The same bits. */
function isSame(a: Constant, b: Constant): boolean {
  if (a === b) return true
  if (a.length !== b.length || a.constructor !== b.constructor) return false
  const [x, y] = [a, b].map(({ buffer, byteOffset, length }) => new Int32Array(buffer, byteOffset, length))
  return x.every((word, i) => word === y[i])
}

/** The error for memory that an adapter cannot give in one piece. */
export function tooLarge(what: string, bytes: number, limit: number): LabError {
  const mib = (n: number) => `${Math.ceil(n / 2 ** 20)} MiB`
  return new LabError('program.memory', `${what} needs ${mib(bytes)} in one piece, but this adapter gives at most ${mib(limit)}`, {
    hint: 'Make the batch, the context, the width or the vocabulary smaller, or raise accumulate.',
    data: { bytes, limit },
  })
}
