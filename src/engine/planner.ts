// The whole of a program's work on a device, as data: every buffer, every dispatch and what it binds.
// Nothing is allocated; memory is known and judged before a device sees any of it.

import { LabError } from '../core/errors'
import type { Shape } from '../graph/ir'
import type { Fusion } from '../graph/passes/fuse'
import type { ProgramSpec } from '../graph/program'
import { buildTape } from '../graph/autodiff'
import { chunkHead, HEAD_BYTES } from '../graph/passes/chunkHead'
import { halfActivations } from '../graph/passes/half'
import { recompute } from '../graph/passes/recompute'
import type { Tape } from '../graph/tape'
import { layoutArena, type ArenaLayout } from './arena'
import { stagingBytes } from './backends/webgpu/readRing'
import { BufferPool, type BufferRange, type PlannedBuffer } from './bufferPool'
import type { Capabilities, Constant, Kernel } from './kernel'
import { HYPER_STRIDE } from './kernels/update'
import type { BoundLowering } from './lower'
import { planUpdate } from './optimizers'
import { Placement, tooLarge } from './placement'
import { sharesOf, type Shares } from './shares'

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
  /** all buffers of all replicas, and what losses and scores are read through */
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
  constants: { range: BufferRange; values: Constant }[]
  /** how a batch is dealt out; buffers, commands and inputs are those of one replica */
  shares: Shares
  /** scratch memory that each thread needs while it runs any of the commands, bytes; not among the buffers */
  threadScratchBytes: number
  /**
   * Forward and backward of one optimiser step, micro-batch after micro-batch; from `update` on, the optimiser's.
   * B rows a micro-batch, before they are dealt out.
   */
  train: { B: number; T: number; commands: Command[]; update: number; inputs: InputRanges[]; loss: BufferRange }
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
  const { context } = program.batch
  const shares = sharesOf(program.batch, caps.replicas ?? 1)
  const arena = layoutArena(program, caps.maxBindingBytes / 4)
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
    stepState: pool.append(upload, shares.micros * 256),
  }
  if (arenaBytes > caps.maxBufferBytes) throw tooLarge(`The arena of ${arena.paramCount} parameters`, arenaBytes, caps.maxBufferBytes)
  const placement = new Placement(pool, arena, state, caps, lowered)
  const train = planTraining(placement, request, caps, segments, shares)
  const update = planUpdate(program, arena, caps)
  train.commands.push(...placement.update(update))
  // evaluation needs no gradients: about as many tokens at once as training, in rows of its own context
  const scoreRows = Math.max(1, Math.min(Math.floor((shares.rows * context) / evaluation.context), Math.floor(evaluation.tokens / evaluation.context)))
  const scoreTape = fit(buildTape(program.graph, shapes, scoreRows, evaluation.context, { kind: 'score' }, fusionFor(caps)), caps)
  const scoreInputs = placement.inputs(scoreTape, pool.dedicate('score/inputs', 0))
  const nats = pool.dedicate('score/nats', scoreRows * evaluation.context * 4)
  const score = {
    B: scoreRows,
    T: evaluation.context,
    inputs: scoreInputs,
    nats,
    commands: placement.tape(scoreTape, scoreInputs, new Map([[scoreTape.io.nats, nats]]), 0),
  }
  const probeTape = fit(buildTape(program.graph, shapes, 2, evaluation.context, { kind: 'logits' }, fusionFor(caps)), caps)
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
  const readBytes = caps.backend === 'webgpu' ? stagingBytes(4) + stagingBytes(nats.bytes) : 0
  const scratches = [train, score, probe].flatMap(({ commands }) => commands.map(({ kernel }) => kernel.call?.scratchBytes ?? 0))
  const threadScratchBytes = scratches.reduce((most, bytes) => Math.max(most, bytes), 0)
  const totalBytes = shares.count * (pool.totalBytes + readBytes + (caps.threads ?? 1) * threadScratchBytes)
  const precision = caps.half ? 'f16' : 'f32'
  const { buffers } = pool
  const { constants } = placement
  return {
    program, arena, buffers, totalBytes, activations, segments, precision, state, constants, shares, threadScratchBytes,
    train, score, probe,
  } // prettier-ignore
}

/**
 * A software adapter compiles a kernel about as fast as it runs a step of a small model, and dispatches cost it little:
 * measured on the comparison model, plain products take the same time a step and half the time to the first.
 */
function fusionFor(caps: Capabilities): Fusion {
  return caps.software ? 'between' : 'products'
}

/** What a tape must undergo so that the adapter can bind its tensors. */
function fit(tape: Tape, caps: Capabilities): Tape {
  return chunkHead(tape, Math.min(HEAD_BYTES, caps.maxBindingBytes))
}

function planTraining(placement: Placement, request: PlanRequest, caps: Capabilities, segments: number, shares: Shares): ModelPlan['train'] {
  const { program, shapes } = request
  const { rows: B, context: T, accumulate } = program.batch
  const { micros } = shares
  const loss = placement.pool.dedicate('loss', 4)
  // the loss is the mean over all tokens of the step, of which a tape sees one part
  const parts = (accumulate * B) / shares.rows
  const tapeOf = (first: boolean) => {
    const tape = buildTape(program.graph, shapes, shares.rows, T, { kind: 'train', first, accumulate: parts }, fusionFor(caps))
    return fit(recompute(caps.half ? halfActivations(tape) : tape, segments), caps)
  }
  const first = tapeOf(true)
  const inputs = Array.from({ length: micros }, () => placement.inputs(first, placement.state.upload))
  const commands = placement.tape(first, inputs[0], new Map([[first.io.loss, loss]]), 0)
  if (micros > 1) {
    const rest = tapeOf(false)
    const second = placement.tape(rest, inputs[1], new Map([[rest.io.loss, loss]]), 1)
    commands.push(...second)
    for (let micro = 2; micro < micros; micro++) commands.push(...placement.again(second, inputs[1], inputs[micro], { from: 1, to: micro }))
  }
  return { B, T, commands, update: commands.length, inputs, loss }
}
