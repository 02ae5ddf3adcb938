// The whole of a program's work on a device, as data: every buffer, every dispatch and what it binds.
// Nothing is allocated; memory is known and judged before a device sees any of it.

import { LabError } from '../core/errors'
import type { Shape } from '../graph/ir'
import type { ProgramSpec } from '../graph/program'
import { buildTape } from '../graph/autodiff'
import { chunkHead, HEAD_BYTES } from '../graph/passes/chunkHead'
import { halfActivations } from '../graph/passes/half'
import { recompute } from '../graph/passes/recompute'
import { splitLong } from '../graph/passes/splitLong'
import type { Tape } from '../graph/tape'
import { layoutArena, type ArenaLayout } from './arena'
import { stagingBytes } from './backends/webgpu/readRing'
import { BufferPool, type BufferRange, type PlannedBuffer } from './bufferPool'
import type { Capabilities, Kernel } from './kernel'
import { HYPER_STRIDE } from './kernels/update'
import type { BoundLowering } from './lower'
import { planUpdate } from './optimizers'
import { Placement, tooLarge } from './placement'
import { dispatchLimits } from './rates'

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
  /** all buffers, and the staging buffers through which losses and scores are read */
  totalBytes: number
  /** short-lived memory: what was set aside, and the most that is alive at one moment */
  activations: { bytes: number; peakBytes: number }
  /** pieces of the forward pass of which all but the last are computed again in backward; 1: nothing is */
  segments: number
  /** how training keeps activations; weights, gradients and all that is scored are f32 */
  precision: 'f32' | 'f16'
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
  /** what the whole plan may take: a plan that would take more computes activations twice rather than keep them */
  memoryBytes?: number
}

/** Pieces a forward pass may be cut into to save memory; the fewest that are enough are chosen. */
const SEGMENTS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]

/**
 * Plans a program on an adapter: the same request and capabilities give the same plan.
 * @throws LabError "program.memory" when a tensor exceeds what the adapter can bind, an arena what it can allocate,
 *   or the whole what `memoryBytes` allows, however often activations are computed again
 */
export function planModel(request: PlanRequest, caps: Capabilities): ModelPlan {
  const limit = request.memoryBytes ?? Infinity
  const lowered = new Map<string, BoundLowering>()
  let smallest = planWith(request, caps, SEGMENTS[0], lowered)
  for (const segments of SEGMENTS.slice(1)) {
    if (smallest.totalBytes <= limit) return smallest
    const plan = planWith(request, caps, segments, lowered)
    if (plan.totalBytes < smallest.totalBytes) smallest = plan
  }
  if (smallest.totalBytes <= limit) return smallest
  const mib = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`
  throw new LabError('program.memory', `The program needs at least ${mib(smallest.totalBytes)}; ${mib(limit)} are allowed`, {
    hint: 'Use fewer rows or a shorter context with more accumulate, or a smaller model.',
    data: { bytes: smallest.totalBytes, limit },
  })
}

function planWith(request: PlanRequest, caps: Capabilities, segments: number, lowered: Map<string, BoundLowering>): ModelPlan {
  const { program, shapes, vocab, evaluation } = request
  const { rows, context, accumulate } = program.batch
  const arena = layoutArena(program, { floats: caps.maxBindingBytes / 4, flops: dispatchLimits(caps).flops })
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
  if (arenaBytes > caps.maxBufferBytes) throw tooLarge(`The arena of ${arena.paramCount} parameters`, arenaBytes, caps.maxBufferBytes)
  const placement = new Placement(pool, arena, state, caps, lowered)
  const train = planTraining(placement, request, caps, segments)
  const update = planUpdate(program, arena, caps)
  const constants = Object.entries(update.constants).map(([name, values]) => ({ name, range: pool.dedicate(name, 4 * values.length), values }))
  train.commands.push(...placement.update(update, new Map(constants.map(({ name, range }) => [name, range]))))
  // evaluation needs no gradients: about as many tokens at once as training, in rows of its own context
  const scoreRows = Math.max(1, Math.min(Math.floor((rows * context) / evaluation.context), Math.floor(evaluation.tokens / evaluation.context)))
  const scoreTape = fit(buildTape(program.graph, shapes, scoreRows, evaluation.context, { kind: 'score' }), caps)
  const scoreInputs = placement.inputs(scoreTape, pool.dedicate('score/inputs', 0))
  const nats = pool.dedicate('score/nats', scoreRows * evaluation.context * 4)
  const score = {
    B: scoreRows,
    T: evaluation.context,
    inputs: scoreInputs,
    nats,
    commands: placement.tape(scoreTape, scoreInputs, new Map([[scoreTape.io.nats, nats]]), 0),
  }
  const probeTape = fit(buildTape(program.graph, shapes, 2, evaluation.context, { kind: 'logits' }), caps)
  const probeInputs = placement.inputs(probeTape, pool.dedicate('probe/inputs', 0))
  const logits = pool.dedicate('probe/logits', 2 * evaluation.context * vocab * 4)
  const probe = {
    B: 2,
    T: evaluation.context,
    V: vocab,
    inputs: probeInputs,
    logits,
    commands: placement.tape(probeTape, probeInputs, new Map([[probeTape.io.logits, logits]]), 0),
  }
  const lastingBytes = pool.totalBytes
  const peakBytes = placement.settle()
  const activations = { bytes: pool.totalBytes - lastingBytes, peakBytes }
  for (const { label, bytes } of pool.buffers) if (bytes > caps.maxBufferBytes) throw tooLarge(label, bytes, caps.maxBufferBytes)
  // staging buffers of scores are there while scoring; a single reading of logits or weights comes and goes
  const totalBytes = pool.totalBytes + stagingBytes(4) + stagingBytes(nats.bytes)
  const precision = caps.half ? 'f16' : 'f32'
  return { program, arena, buffers: pool.buffers, totalBytes, activations, segments, precision, state, constants, train, score, probe }
}

/** What a tape must undergo to run within the adapter's limits. */
function fit(tape: Tape, caps: Capabilities): Tape {
  return splitLong(chunkHead(tape, Math.min(HEAD_BYTES, caps.maxBindingBytes)), dispatchLimits(caps))
}

function planTraining(placement: Placement, request: PlanRequest, caps: Capabilities, segments: number): ModelPlan['train'] {
  const { program, shapes } = request
  const { rows: B, context: T, accumulate } = program.batch
  const loss = placement.pool.dedicate('loss', 16)
  const tapeOf = (first: boolean) => {
    const tape = buildTape(program.graph, shapes, B, T, { kind: 'train', first, accumulate })
    return fit(recompute(caps.half ? halfActivations(tape) : tape, segments), caps)
  }
  const first = tapeOf(true)
  const inputs = Array.from({ length: accumulate }, () => placement.inputs(first, placement.state.upload))
  const commands = placement.tape(first, inputs[0], new Map([[first.io.loss, loss]]), 0)
  if (accumulate > 1) {
    const rest = tapeOf(false)
    const second = placement.tape(rest, inputs[1], new Map([[rest.io.loss, loss]]), 1)
    commands.push(...second)
    for (let micro = 2; micro < accumulate; micro++) commands.push(...placement.again(second, inputs[1], inputs[micro], { from: 1, to: micro }))
  }
  return { B, T, commands, inputs, loss }
}
