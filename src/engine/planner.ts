// The whole of a program's work on a device, as data: every buffer, every dispatch and what it binds.
// Nothing is allocated; memory is known and judged before a device sees any of it.

import { LabError } from '../core/errors'
import type { Shape } from '../graph/ir'
import type { ProgramSpec } from '../graph/program'
import { buildTape } from '../graph/autodiff'
import type { Tape, TensorId } from '../graph/tape'
import { layoutArena, type ArenaLayout } from './arena'
import { BufferPool, type BufferRange, type PlannedBuffer } from './bufferPool'
import type { Capabilities, Kernel } from './kernel'
import { HYPER_STRIDE } from './kernels/update'
import { lifetimes, lowerOp } from './lower'
import { planUpdate, type UpdatePlan } from './optimizers'

/** One dispatch: ranges in the order of the kernel's bindings. */
export interface Command {
  kernel: Kernel
  ranges: BufferRange[]
}

/** What the host writes before a pass, in pieces of one range; `order` and `starts` only in training. */
export interface InputRanges {
  whole: BufferRange
  tokens: BufferRange
  targets: BufferRange | null
  order: BufferRange | null
  starts: BufferRange | null
}

export interface ModelPlan {
  program: ProgramSpec
  arena: ArenaLayout
  buffers: PlannedBuffer[]
  totalBytes: number
  state: {
    params: BufferRange
    grads: BufferRange
    m: BufferRange
    v: BufferRange
    ema: BufferRange | null
    groupOf: BufferRange
    /** everything that the host writes before a step, in one piece: hyper, stepState and the inputs of training */
    upload: BufferRange
    hyper: BufferRange
    /** u32 [seed, step, micro, 0] for each micro-batch, 256 bytes apart */
    stepState: BufferRange
  }
  /** written once, when the buffers are made */
  constants: { range: BufferRange; values: number[] }[]
  /** forward, backward and update of one optimiser step, micro-batch after micro-batch */
  train: { B: number; T: number; commands: Command[]; inputs: InputRanges[]; loss: BufferRange }
  /** forward and nats of each token, at the judge's own context */
  score: { B: number; T: number; commands: Command[]; inputs: InputRanges; nats: BufferRange }
  /** forward to the logits of two rows: for the gates and for sampling */
  probe: { B: number; T: number; V: number; commands: Command[]; inputs: InputRanges; logits: BufferRange }
}

export interface PlanRequest {
  program: ProgramSpec
  shapes: readonly Shape[]
  vocab: number
  evaluation: { context: number; tokens: number }
}

/**
 * Plans a program on an adapter.
 * @throws LabError "program.memory" when a tensor exceeds what the adapter can bind
 */
export function planModel(request: PlanRequest, caps: Capabilities): ModelPlan {
  const { program, shapes, vocab, evaluation } = request
  const { rows, context, accumulate } = program.batch
  const arena = layoutArena(program)
  const pool = new BufferPool()
  const arenaBytes = arena.total * 4
  const upload = pool.dedicate('upload', 0)
  const state: ModelPlan['state'] = {
    params: pool.dedicate('params', arenaBytes),
    grads: pool.dedicate('grads', arenaBytes),
    m: pool.dedicate('m', arenaBytes),
    v: pool.dedicate('v', arenaBytes),
    ema: program.training.ema > 0 ? pool.dedicate('ema', arenaBytes) : null,
    groupOf: pool.dedicate('groupOf', arena.groupOf.byteLength),
    upload,
    hyper: pool.append(upload, program.groups.length * HYPER_STRIDE * 4),
    stepState: pool.append(upload, accumulate * 256),
  }
  const planner = new TapePlanner(pool, arena, state, caps)
  const train = planTraining(planner, program, shapes)
  const update = planUpdate(program, arena, caps)
  const constants = new Map(Object.entries(update.constants).map(([name, values]) => [name, { range: pool.dedicate(name, 4 * values.length), values }]))
  const named = new Map([...constants].map(([name, { range }]) => [name, range]))
  train.commands.push(...updateCommands(pool, state, update, named))
  // evaluation needs no gradients: about as many tokens at once as training, in rows of its own context
  const scoreRows = Math.max(1, Math.min(Math.floor((rows * context) / evaluation.context), Math.floor(evaluation.tokens / evaluation.context)))
  const scoreTape = buildTape(program.graph, shapes, scoreRows, evaluation.context, { kind: 'score' })
  const scoreInputs = planner.inputs(scoreTape, pool.dedicate('score/inputs', 0))
  const nats = pool.dedicate('score/nats', scoreRows * evaluation.context * 4)
  const score = {
    B: scoreRows,
    T: evaluation.context,
    inputs: scoreInputs,
    nats,
    commands: planner.place(scoreTape, scoreInputs, new Map([[scoreTape.io.nats, nats]]), 0),
  }
  const probeTape = buildTape(program.graph, shapes, 2, evaluation.context, { kind: 'logits' })
  const probeInputs = planner.inputs(probeTape, pool.dedicate('probe/inputs', 0))
  const logits = pool.dedicate('probe/logits', 2 * evaluation.context * vocab * 4)
  const probe = {
    B: 2,
    T: evaluation.context,
    V: vocab,
    inputs: probeInputs,
    logits,
    commands: planner.place(probeTape, probeInputs, new Map([[probeTape.io.logits, logits]]), 0),
  }
  for (const buffer of pool.buffers) checkLimit(buffer, caps)
  return { program, arena, buffers: pool.buffers, totalBytes: pool.totalBytes, state, constants: [...constants.values()], train, score, probe }
}

function planTraining(planner: TapePlanner, program: ProgramSpec, shapes: readonly Shape[]): ModelPlan['train'] {
  const { rows: B, context: T, accumulate } = program.batch
  const loss = planner.pool.dedicate('loss', 16)
  const commands: Command[] = []
  const inputs: InputRanges[] = []
  const first = buildTape(program.graph, shapes, B, T, { kind: 'train', first: true, accumulate })
  const rest = accumulate > 1 ? buildTape(program.graph, shapes, B, T, { kind: 'train', first: false, accumulate }) : null
  for (let micro = 0; micro < accumulate; micro++) {
    const tape = micro === 0 ? first : rest!
    inputs.push(planner.inputs(tape, planner.state.upload))
    commands.push(...planner.place(tape, inputs[micro], new Map([[tape.io.loss, loss]]), micro))
  }
  return { B, T, commands, inputs, loss }
}

function checkLimit(buffer: PlannedBuffer, caps: Capabilities): void {
  const limit = Math.min(caps.maxBindingBytes, caps.maxBufferBytes)
  if (buffer.bytes <= limit) return
  const mib = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`
  throw new LabError('program.memory', `${buffer.label} needs ${mib(buffer.bytes)}, but this adapter binds at most ${mib(limit)}`, {
    hint: 'Make the batch, the context, the width or the vocabulary smaller, or raise accumulate.',
    data: { bytes: buffer.bytes, limit },
  })
}

/** Gives every tensor of a tape a place, reusing memory as soon as its last reader has run. */
class TapePlanner {
  readonly pool: BufferPool
  private readonly arena: ArenaLayout
  readonly state: ModelPlan['state']
  private readonly caps: Capabilities

  constructor(pool: BufferPool, arena: ArenaLayout, state: ModelPlan['state'], caps: Capabilities) {
    this.pool = pool
    this.arena = arena
    this.state = state
    this.caps = caps
  }

  /** Gives the tape's inputs their places at the end of `whole`. */
  inputs(tape: Tape, whole: BufferRange): InputRanges {
    const range = (name: 'tokens' | 'targets' | 'order' | 'starts') =>
      tape.io[name] < 0 ? null : this.pool.append(whole, tape.tensors[tape.io[name]].size * 4)
    return { whole, tokens: range('tokens')!, targets: range('targets'), order: range('order'), starts: range('starts') }
  }

  /** @param results where the tensors that the host reads are to be written */
  place(tape: Tape, inputs: InputRanges, results: ReadonlyMap<TensorId, BufferRange>, micro: number): Command[] {
    const { first, last } = lifetimes(tape.ops, tape.tensors.length)
    const places = new Map<TensorId, BufferRange>(results)
    for (const name of ['tokens', 'targets', 'order', 'starts'] as const) {
      const range = inputs[name]
      if (range) places.set(tape.io[name], range)
    }
    const weights = this.state.ema !== null && tape.io.loss < 0 ? this.state.ema : this.state.params
    for (const [id, tensor] of tape.tensors.entries()) {
      if (tensor.role !== 'param' && tensor.role !== 'grad') continue
      const entry = this.arena.byName.get(tensor.name)!
      const { buffer } = tensor.role === 'param' ? weights : this.state.grads
      places.set(id, { buffer, offset: entry.offset * 4, bytes: entry.size * 4 })
    }
    const stepState = { buffer: this.state.stepState.buffer, offset: micro * 256, bytes: 16 }
    const commands: Command[] = []
    for (const [at, op] of tape.ops.entries()) {
      const { lowering, tensors } = lowerOp(op, tape.tensors, this.caps)
      for (const id of Object.values(tensors))
        if (!places.has(id)) places.set(id, this.pool.acquire('activations', tape.tensors[id].size * 4))
      const scratch = Object.entries(lowering.scratch ?? {}).map(
        ([name, bytes]) => [name, this.pool.acquire('activations', bytes)] as const,
      )
      const named = new Map<string, BufferRange>([['stepState', stepState], ...scratch])
      for (const [name, id] of Object.entries(tensors)) named.set(name, places.get(id)!)
      for (const kernel of lowering.kernels) commands.push(bind(kernel, named))
      for (const [, range] of scratch) this.pool.release(range)
      for (const id of new Set(Object.values(tensors))) {
        const lent = tape.tensors[id].role === 'activation' && !results.has(id)
        if (lent && last[id] === at && first[id] >= 0) this.pool.release(places.get(id)!)
      }
    }
    return commands
  }
}

function updateCommands(
  pool: BufferPool,
  state: ModelPlan['state'],
  plan: UpdatePlan,
  constants: ReadonlyMap<string, BufferRange>,
): Command[] {
  const temporaries = new Map<string, { range: BufferRange; last: number }>()
  const uses = (step: UpdatePlan['steps'][number]) =>
    new Set(step.lowering.kernels.flatMap((k) => k.bindings.map((b) => step.rename[b.name] ?? b.name)))
  const lastUse = new Map<string, number>()
  for (const [at, step] of plan.steps.entries()) for (const name of uses(step)) lastUse.set(name, at)
  const commands: Command[] = []
  for (const [at, step] of plan.steps.entries()) {
    const scratch = Object.entries(step.lowering.scratch ?? {}).map(
      ([name, bytes]) => [name, pool.acquire('activations', bytes)] as const,
    )
    const ofArena = ({ buffer }: BufferRange) => ({ buffer, offset: step.range.offset * 4, bytes: step.range.size * 4 })
    const named = new Map<string, BufferRange>([
      ['params', ofArena(state.params)],
      ['grads', ofArena(state.grads)],
      ['m', ofArena(state.m)],
      ['v', ofArena(state.v)],
      ['groupOf', state.groupOf],
      ['hyper', state.hyper],
      ...constants,
      ...scratch,
    ])
    if (state.ema) named.set('ema', ofArena(state.ema))
    for (const name of uses(step)) {
      const bytes = plan.temporaries[name]
      if (bytes === undefined) continue
      if (!temporaries.has(name)) temporaries.set(name, { range: pool.acquire('activations', bytes), last: lastUse.get(name)! })
      named.set(name, temporaries.get(name)!.range)
    }
    for (const kernel of step.lowering.kernels) commands.push(bind(kernel, named, step.rename))
    for (const [, range] of scratch) pool.release(range)
    for (const { range, last } of temporaries.values()) if (last === at) pool.release(range)
  }
  return commands
}

function bind(kernel: Kernel, named: ReadonlyMap<string, BufferRange>, rename: Record<string, string> = {}): Command {
  const ranges = kernel.bindings.map(({ name }) => {
    const range = named.get(rename[name] ?? name)
    if (!range) throw new LabError('lab.internal', `${kernel.name}: nothing is bound to "${name}"`)
    return range
  })
  return { kernel, ranges }
}
