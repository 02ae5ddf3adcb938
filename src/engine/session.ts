// A program on a device, ready to train: the engine's whole face to the judge.

import { Rng } from '../core/rng'
import type { ParamGroup } from '../graph/program'
import { Executor, type Program } from './backends/webgpu/executor'
import { LossRing } from './backends/webgpu/lossRing'
import type { Capabilities } from './kernel'
import { HYPER, HYPER_STRIDE, RULE_CODE } from './kernels/update'
import { sortTokens } from './kernels/embedding'
import { planModel, type InputRanges, type ModelPlan, type PlanRequest } from './planner'

/** Steps in flight: enough to hide the host, few enough that a pause or a stop is felt at once. */
const IN_FLIGHT = 3

/** Inputs and targets of one micro-batch, [B·T] each. */
export interface MicroBatch {
  tokens: Int32Array
  targets: Int32Array
}

/** What the schedule says of one step. */
export interface StepSettings {
  /** counts from 1 */
  step: number
  lr: number
  weightDecay: number
  /** overrides muon groups' momentum when not null */
  momentum: number | null
}

/** Owns device memory until `destroy`. All methods reject once the device is lost. */
export class Session {
  readonly plan: ModelPlan
  readonly vocab: number
  private readonly executor: Executor
  private readonly ring: LossRing
  private readonly seed: number
  private readonly hyper: Float32Array
  private readonly order: Uint32Array
  private readonly starts: Uint32Array
  private programs: { train: Program; score: Program; probe: Program | null }

  private constructor(
    plan: ModelPlan,
    vocab: number,
    seed: number,
    executor: Executor,
    programs: { train: Program; score: Program },
  ) {
    this.plan = plan
    this.vocab = vocab
    this.seed = seed
    this.executor = executor
    this.programs = { ...programs, probe: null }
    this.ring = new LossRing(executor.device, IN_FLIGHT)
    this.hyper = new Float32Array(plan.program.groups.length * HYPER_STRIDE)
    this.order = new Uint32Array(plan.train.B * plan.train.T)
    this.starts = new Uint32Array(vocab + 1)
  }

  /**
   * Plans, allocates, compiles, and draws the initial weights from `seed`.
   * @throws LabError program.memory | gpu.oom | gpu.shader; nothing stays allocated
   */
  static async open(device: GPUDevice, caps: Capabilities, request: PlanRequest, seed: number): Promise<Session> {
    const plan = planModel(request, caps)
    const executor = await Executor.create(device, plan)
    try {
      const [train, score] = await Promise.all([executor.prepare(plan.train.commands), executor.prepare(plan.score.commands)])
      const session = new Session(plan, request.vocab, seed, executor, { train, score })
      executor.write(plan.state.groupOf, plan.arena.groupOf)
      for (const { range, values } of plan.constants) executor.write(range, Float32Array.from(values))
      session.setWeights(initialWeights(plan, seed))
      return session
    } catch (error) {
      executor.destroy()
      throw error
    }
  }

  get dispatchesPerStep(): number {
    return this.programs.train.length
  }

  /**
   * Submits one optimiser step and returns at once, unless enough steps are in flight: then it waits for the oldest.
   * @returns the loss (nats per token) of a step submitted earlier, or null while the pipeline fills
   */
  async step(batch: readonly MicroBatch[], settings: StepSettings): Promise<number | null> {
    const finished = await this.ring.room()
    const { train, state } = this.plan
    for (const [micro, { tokens, targets }] of batch.entries()) {
      this.writeInputs(train.inputs[micro], tokens, targets)
      this.executor.write(state.stepState, Uint32Array.of(this.seed, settings.step, micro, 0), micro * 256)
    }
    writeHyper(this.hyper, this.plan, settings)
    this.executor.write(state.hyper, this.hyper)
    const encoder = this.executor.device.createCommandEncoder({ label: 'step' })
    this.executor.encode(encoder, this.programs.train)
    this.ring.encode(encoder, this.executor, train.loss)
    this.executor.device.queue.submit([encoder.finish()])
    this.ring.submitted()
    return finished
  }

  /** Waits for every step in flight; their losses, oldest first. */
  drain(): Promise<number[]> {
    return this.ring.drain()
  }

  /** Nats of each target of one evaluation batch: [score.B · score.T], by the weights of now (or their average). */
  async score(tokens: Int32Array, targets: Int32Array): Promise<Float32Array> {
    const { inputs, nats } = this.plan.score
    this.writeInputs(inputs, tokens, targets)
    this.submit(this.programs.score)
    return this.executor.read(nats)
  }

  /** Logits [2, T, V] of two rows of probe.T tokens. */
  async logits(tokens: Int32Array): Promise<Float32Array> {
    const { probe } = this.plan
    this.programs.probe ??= await this.executor.prepare(probe.commands)
    this.writeInputs(probe.inputs, tokens, null)
    this.submit(this.programs.probe)
    return this.executor.read(probe.logits)
  }

  /** The weights an evaluation uses, as the arena lies; the array is the caller's. */
  weights(): Promise<Float32Array> {
    return this.executor.read(this.plan.state.ema ?? this.plan.state.params)
  }

  /** The gradients of the last step, as the arena lies. */
  gradients(): Promise<Float32Array> {
    return this.executor.read(this.plan.state.grads)
  }

  /** Replaces the weights (and their running average). */
  setWeights(weights: Float32Array): void {
    this.executor.write(this.plan.state.params, weights)
    if (this.plan.state.ema) this.executor.write(this.plan.state.ema, weights)
  }

  destroy(): void {
    this.ring.destroy()
    this.executor.destroy()
  }

  private submit(program: Program): void {
    const encoder = this.executor.device.createCommandEncoder()
    this.executor.encode(encoder, program)
    this.executor.device.queue.submit([encoder.finish()])
  }

  private writeInputs(inputs: InputRanges, tokens: Int32Array, targets: Int32Array | null): void {
    this.executor.write(inputs.tokens, tokens)
    if (inputs.targets && targets) this.executor.write(inputs.targets, targets)
    if (inputs.order && inputs.starts) {
      sortTokens(tokens, this.vocab, this.order, this.starts)
      this.executor.write(inputs.order, this.order)
      this.executor.write(inputs.starts, this.starts)
    }
  }
}

/** Draws every parameter from the seed and its own name, so that adding one leaves the others as they were. */
export function initialWeights(plan: ModelPlan, seed: number): Float32Array {
  const weights = new Float32Array(plan.arena.total)
  for (const { spec, offset, size } of plan.arena.entries) {
    const { init } = spec
    const rng = new Rng(seed, `init/${spec.name}`)
    const part = weights.subarray(offset, offset + size)
    if (init.kind === 'constant') part.fill(init.value)
    else if (init.kind === 'normal') for (let i = 0; i < size; i++) part[i] = init.std * rng.normal()
    else if (init.kind === 'uniform') for (let i = 0; i < size; i++) part[i] = init.bound * (2 * rng.uniform() - 1)
  }
  return weights
}

function writeHyper(hyper: Float32Array, plan: ModelPlan, { step, lr, weightDecay, momentum }: StepSettings): void {
  const { groups, training } = plan.program
  for (const [i, group] of groups.entries()) {
    const at = i * HYPER_STRIDE
    hyper[at + HYPER.rule] = RULE_CODE[group.rule]
    hyper[at + HYPER.lr] = group.lr * lr
    hyper[at + HYPER.beta1] = group.beta1
    hyper[at + HYPER.beta2] = group.beta2
    hyper[at + HYPER.eps] = group.eps
    hyper[at + HYPER.weightDecay] = group.weightDecay * weightDecay
    hyper[at + HYPER.momentum] = momentumOf(group, momentum)
    hyper[at + HYPER.bias1] = 1 - group.beta1 ** step
    hyper[at + HYPER.bias2] = 1 - group.beta2 ** step
    hyper[at + HYPER.clip] = training.clip
    hyper[at + HYPER.emaDecay] = training.ema
  }
}

function momentumOf(group: ParamGroup, ramp: number | null): number {
  return group.rule === 'muon' && ramp !== null ? ramp : group.momentum
}
