// A program on a device, ready to train: the engine's whole face to the judge.

import type { ParamGroup } from '../graph/program'
import type { Engine, Executor, Program, ResultRing } from './backends/backend'
import { initialValues } from './initial'
import type { Capabilities } from './kernel'
import { HYPER, HYPER_STRIDE, RULE_CODE } from './kernels/update'
import { planModel, type ModelPlan, type PlanRequest } from './planner'
import { shareOf } from './shares'
import { Upload } from './upload'

/** u32 from one micro-batch's step state to the next, as the planner lays them. */
const STEP_STATE_STRIDE = 64

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
  /** the profiler's way in */
  readonly executor: Executor
  private readonly ring: ResultRing
  private readonly seed: number
  /** `train`: one for each replica */
  private readonly uploads: { train: Upload[]; score: Upload[]; probe: Upload[] }
  private readonly hyper: Float32Array[]
  private readonly stepState: Uint32Array[]
  private readonly training: Program
  /** compiled while the first steps run: nothing is scored before they are over */
  private readonly scoring: Promise<Program>
  private probe: Program | null = null

  private constructor(
    plan: ModelPlan,
    vocab: number,
    seed: number,
    executor: Executor,
    training: Program,
  ) {
    this.plan = plan
    this.vocab = vocab
    this.seed = seed
    this.executor = executor
    this.training = training
    this.scoring = executor.prepare(plan.score.commands)
    // told to whoever scores, or asks whether it is ready
    this.scoring.catch(() => undefined)
    this.ring = executor.ring('loss', 4)
    const { state, train, score, probe, shares } = plan
    this.uploads = {
      train: Array.from({ length: shares.count }, () => new Upload(state.upload, train.inputs)),
      score: [new Upload(score.inputs.whole, [score.inputs])],
      probe: [new Upload(probe.inputs.whole, [probe.inputs])],
    }
    this.hyper = this.uploads.train.map((upload) => upload.floats(state.hyper))
    this.stepState = this.uploads.train.map((upload) => upload.uints(state.stepState))
  }

  /**
   * Plans, allocates, compiles what a step needs, and draws the initial weights from `seed`.
   * @throws LabError program.memory | gpu.oom | gpu.shader; nothing stays allocated
   */
  static async open(engine: Pick<Engine, 'allocate'>, caps: Capabilities, request: PlanRequest, seed: number): Promise<Session> {
    const plan = planModel(request, caps)
    const executor = await engine.allocate(plan)
    try {
      const train = await executor.prepare(plan.train.commands)
      const session = new Session(plan, request.vocab, seed, executor, train)
      executor.write(plan.state.groupOf, plan.arena.groupOf)
      for (const { range, values } of plan.constants) executor.write(range, values)
      session.setWeights(initialWeights(plan, seed))
      return session
    } catch (error) {
      executor.destroy()
      throw error
    }
  }

  /**
   * Resolves when everything is compiled, what scores too: from then on the processor is the steps' alone.
   * @throws LabError gpu.shader
   */
  async ready(): Promise<void> {
    await this.scoring
  }

  /** The dispatches of one step, in order. */
  get trainProgram(): Program {
    return this.training
  }

  get dispatchesPerStep(): number {
    return this.training.length
  }

  /**
   * Submits one optimiser step. On a device it returns at once, unless enough steps are in flight: then it waits for the
   * oldest. Threads of the processor have done the step by then.
   * @returns losses (nats per token) of steps submitted earlier, in order: none, or those of several at once
   */
  async step(batch: readonly MicroBatch[], settings: StepSettings): Promise<Float32Array> {
    const finished = await this.ring.room()
    const { plan, uploads, training } = this
    for (let replica = 0; replica < uploads.train.length; replica++) {
      this.deal(replica, batch, settings.step)
      writeHyper(this.hyper[replica], plan, settings)
    }
    this.executor.submit(training, uploads.train, this.ring, plan.train.loss)
    return finished
  }

  /** Fills in a replica's share of a batch. */
  private deal(replica: number, batch: readonly MicroBatch[], step: number): void {
    const { shares, train } = this.plan
    const stepState = this.stepState[replica]
    for (let own = 0; own < shares.micros; own++) {
      const { micro, firstRow } = shareOf(shares, train.B, replica, own)
      const part = (ids: Int32Array) => (shares.count === 1 ? ids : ids.subarray(firstRow * train.T, (firstRow + shares.rows) * train.T))
      this.uploads.train[replica].setInputs(own, part(batch[micro].tokens), part(batch[micro].targets))
      const at = own * STEP_STATE_STRIDE
      stepState[at] = this.seed
      stepState[at + 1] = step
      // what tells apart the parts of a batch, for ops that draw
      stepState[at + 2] = replica * shares.micros + own
    }
  }

  /** Waits for every step in flight; their losses, oldest first. */
  drain(): Promise<Float32Array> {
    return this.ring.drain()
  }

  /**
   * Scores batches by the weights of now (or their average), several in flight.
   * @param fill writes the tokens and targets of batch i, [score.B · score.T] each
   * @param take is given the nats of batch i's targets, in order of i; the array is good during the call only
   */
  async score(
    count: number,
    fill: (i: number, tokens: Int32Array, targets: Int32Array) => void,
    take: (i: number, nats: Float32Array) => void,
  ): Promise<void> {
    const { B, T, nats } = this.plan.score
    const { tokens, targets } = this.uploads.score[0].inputs[0]
    const program = await this.scoring
    const ring = this.executor.ring('nats', nats.bytes)
    let taken = 0
    const hand = (values: Float32Array) => {
      for (let at = 0; at < values.length; at += B * T) take(taken++, values.subarray(at, at + B * T))
    }
    try {
      for (let i = 0; i < count; i++) {
        hand(await ring.room())
        fill(i, tokens, targets!)
        this.executor.submit(program, this.uploads.score, ring, nats)
      }
      hand(await ring.drain())
    } finally {
      ring.destroy()
    }
  }

  /** Logits [2, T, V] of two rows of probe.T tokens. */
  async logits(tokens: Int32Array): Promise<Float32Array> {
    const { probe } = this.plan
    this.probe ??= await this.executor.prepare(probe.commands)
    this.uploads.probe[0].setInputs(0, tokens, null)
    this.executor.submit(this.probe, this.uploads.probe)
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
}

function initialWeights({ program, arena }: ModelPlan, seed: number): Float32Array {
  const weights = new Float32Array(arena.total)
  for (const { name, values } of initialValues(program.graph, seed)) weights.set(values, arena.byName.get(name)!.offset)
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
