// What every framework of the benchmark can do, and how it is timed: the same loops for all, in a worker of a page or
// in Node. Nothing here knows a framework.

import { Rng } from '../core/rng'
import type { Orient } from '../engine/kernels/matmul'
import type { ProgramSpec } from '../graph/program'

/** The model that is trained, as a program of ours and as plain tensors for the others. */
export interface Setup {
  program: ProgramSpec
  vocab: number
  seed: number
}

/** Tokens and what follows each, [rows · context]. */
export interface Batch {
  tokens: Int32Array
  targets: Int32Array
}

export interface ProductShape {
  orient: Orient
  M: number
  N: number
  K: number
}

/** One framework with one model in it. */
export interface Contestant {
  /** Opens the framework and gives it the model. @returns what it runs on */
  open(setup: Setup): Promise<string>
  /** Queues optimiser step `number` (from 1); waits only to keep a few steps in flight. */
  step(batch: Batch, number: number): Promise<void>
  /** Waits for all that is queued. @returns the loss of the last step, nats per token */
  sync(): Promise<number>
  /** Mean nats per token of a batch by the weights of now. */
  score(batch: Batch): Promise<number>
  /** How many commands a step is, where the framework knows; otherwise WebGPU's dispatches are counted. */
  dispatches?(): number
  /**
   * Trains a program of the lab as the lab does: its own schedules, over the clock. Afterwards `score` measures.
   * @param draw fills in a row of context + 1 tokens
   * @param context of what will be scored
   */
  recipe?(setup: Setup, draw: (row: Int32Array) => void, context: number, seconds: number): Promise<{ steps: number; seconds: number }>
  /** Makes two matrices. `queue` queues one product of them, `done` waits for all queued. */
  product(shape: ProductShape): Promise<{ queue(): void | Promise<void>; done(): Promise<void>; free(): void }>
}

/** Bytes to train on and to measure on. */
export interface Texts {
  train: Uint8Array
  val: Uint8Array
}

export interface Learnt {
  /** with those before the clock, which compile */
  steps: number
  /** of training, without the steps before the clock (one; the lab's own recipe two) and without measuring */
  seconds: number
  /** bits per byte */
  valBpb: number
}

/** Batches of validation text, of the training batch's size. */
const VAL_BATCHES = 8

/** A contestant with a stopwatch. All times are wall clock, in ms, and include the wait for what was queued. */
export class Timed {
  private readonly contestant: Contestant
  private setup: Setup | null = null
  private steps = 0

  constructor(contestant: Contestant) {
    this.contestant = contestant
  }

  /** Opens, and runs the first step. */
  async first(setup: Setup): Promise<{ adapter: string; loss: number }> {
    this.setup = setup
    const adapter = await this.contestant.open(setup)
    await this.queue(1)
    return { adapter, loss: await this.contestant.sync() }
  }

  /** Loss of each of some steps, every one waited for; dispatches of the last one, 0 where nobody knows. */
  async losses(count: number): Promise<{ losses: number[]; dispatches: number }> {
    const losses: number[] = []
    let dispatches = 0
    for (let i = 0; i < count; i++) {
      dispatches = await countDispatches(async () => {
        await this.queue(1)
        losses.push(await this.contestant.sync())
      })
    }
    return { losses, dispatches: this.contestant.dispatches?.() ?? dispatches }
  }

  /** Time of a step within a run of `count`. */
  async round(count: number): Promise<number> {
    const begun = performance.now()
    await this.queue(count)
    await this.contestant.sync()
    return (performance.now() - begun) / count
  }

  /** Rate of a stand-alone product, GFLOP/s: as many queued as take `leastMs`, the best of `tries`. */
  async matmul(shape: ProductShape, leastMs: number, tries = 3): Promise<number> {
    const product = await this.contestant.product(shape)
    const timeOf = async (count: number) => {
      const begun = performance.now()
      for (let i = 0; i < count; i++) await product.queue()
      await product.done()
      return performance.now() - begun
    }
    await timeOf(1)
    let count = 1
    let ms = await timeOf(count)
    while (ms < leastMs && count < 4096) {
      count = Math.min(4096, Math.max(count + 1, Math.ceil((count * leastMs * 1.1) / Math.max(ms, 0.05))))
      ms = await timeOf(count)
    }
    for (let i = 1; i < tries; i++) ms = Math.min(ms, await timeOf(count))
    product.free()
    return (2 * shape.M * shape.N * shape.K * count) / ms / 1e6
  }

  /**
   * Trains on bytes of `train` for some seconds of wall clock, after a first step that compiles, and measures on windows
   * spread evenly over `val`. Windows of everyone are drawn alike.
   */
  async learn(setup: Setup, { train, val }: Texts, seconds: number): Promise<Learnt> {
    const { rows, context } = setup.program.batch
    const rng = new Rng(setup.seed, 'bench/windows')
    const next = () => windows(train, rows, context, () => rng.int(train.length - context - 1))
    await this.contestant.open(setup)
    await this.contestant.step(next(), 1)
    await this.contestant.sync()
    const begun = performance.now()
    const left = () => seconds * 1000 - (performance.now() - begun)
    let steps = 1
    let waitEach = true // a slow framework must not queue past the end
    while (left() > 0) {
      const stepBegun = performance.now()
      await this.contestant.step(next(), ++steps)
      if (!waitEach) continue
      await this.contestant.sync()
      waitEach = performance.now() - stepBegun > 250
    }
    await this.contestant.sync()
    const trained = (performance.now() - begun) / 1000
    return { steps, seconds: trained, valBpb: await this.bitsPerByte(val, rows, context) }
  }

  /**
   * Trains a program as the lab does, on windows of `train` drawn alike, and measures on the windows of everyone else.
   * @param rows and context: of the batch that the others are measured by
   */
  async recipe(setup: Setup, { rows, context }: { rows: number; context: number }, { train, val }: Texts, seconds: number): Promise<Learnt> {
    const rng = new Rng(setup.seed, 'bench/windows')
    const draw = (row: Int32Array) => {
      const begin = rng.int(train.length - row.length)
      row.set(train.subarray(begin, begin + row.length))
    }
    if (!this.contestant.recipe) throw new Error('Only our own engine trains programs of the lab')
    const trained = await this.contestant.recipe(setup, draw, context, seconds)
    return { ...trained, valBpb: await this.bitsPerByte(val, rows, context) }
  }

  private async bitsPerByte(val: Uint8Array, rows: number, context: number): Promise<number> {
    let nats = 0
    const stride = Math.floor((val.length - context - 1) / (VAL_BATCHES * rows))
    for (let i = 0; i < VAL_BATCHES; i++) nats += await this.contestant.score(windows(val, rows, context, (row) => (i * rows + row) * stride))
    return nats / VAL_BATCHES / Math.LN2
  }

  private async queue(count: number): Promise<void> {
    if (!this.setup) throw new Error('The model was not opened')
    for (let i = 0; i < count; i++) {
      const number = ++this.steps
      await this.contestant.step(randomBatch(this.setup, number), number)
    }
  }
}

/** How many dispatches are encoded during some work, where this thread has WebGPU's classes; 0 where not. */
async function countDispatches(work: () => Promise<void>): Promise<number> {
  let count = 0
  if (typeof GPUComputePassEncoder === 'undefined') {
    await work()
    return count
  }
  const { prototype } = GPUComputePassEncoder
  const { dispatchWorkgroups, dispatchWorkgroupsIndirect } = prototype
  prototype.dispatchWorkgroups = function (...size) {
    count++
    return dispatchWorkgroups.apply(this, size)
  }
  prototype.dispatchWorkgroupsIndirect = function (...where) {
    count++
    return dispatchWorkgroupsIndirect.apply(this, where)
  }
  try {
    await work()
  } finally {
    Object.assign(prototype, { dispatchWorkgroups, dispatchWorkgroupsIndirect })
  }
  return count
}

function windows(text: Uint8Array, rows: number, context: number, at: (row: number) => number): Batch {
  const batch = { tokens: new Int32Array(rows * context), targets: new Int32Array(rows * context) }
  for (let row = 0; row < rows; row++) {
    const begin = at(row)
    batch.tokens.set(text.subarray(begin, begin + context), row * context)
    batch.targets.set(text.subarray(begin + 1, begin + context + 1), row * context)
  }
  return batch
}

/** Tokens drawn evenly: batch `number` is the same for everyone. */
export function randomBatch({ program, vocab }: Setup, number: number): Batch {
  const rng = new Rng(number, 'bench/batch')
  const { rows, context } = program.batch
  const draw = () => Int32Array.from({ length: rows * context }, () => rng.int(vocab))
  return { tokens: draw(), targets: draw() }
}
