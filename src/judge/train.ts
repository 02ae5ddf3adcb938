// The frozen training loop: it owns the clock, the seed and the order of the data.

import { LabError } from '../core/errors'
import type { RowSource } from '../data/types'
import type { MicroBatch, Session } from '../engine/session'
import { GRID, gridPoint, pointOfStep, settingsOf, type Course } from './schedule'
import type { Budget, Guards } from './task'

/** Steps trained before the clock starts: the first ones pay for what the driver does once. */
export const WARMUP_STEPS = 2
/** Above this many nats per token a run is lost, as in the original. */
const LOST_LOSS = 100

export interface TrainingProgress {
  steps: number
  tokens: number
  trainMs: number
  stepMs: number
  progress: number
  /** losses of steps [from, from + losses.length), as they come back from the device */
  from: number
  losses: number[]
}

/** What is known of a run that has begun, also when it ends badly: filled in by `train`. */
export interface TrainingRecord extends Course {
  /** nats per token of each step, as far as they came back */
  losses: number[]
}

export interface TrainingOutcome {
  steps: number
  tokens: number
  trainMs: number
  losses: number[]
}

/** A run of which nothing is known yet. */
export function newRecord(): TrainingRecord {
  return { steps: 0, began: [], losses: [] }
}

/**
 * Trains until the budget is spent.
 * `seconds` counts from the end of warm-up to the end of the last step; `tokens` counts every token, warm-up too.
 * @param deadline performance.now() after which the run is a timeout
 * @param record the caller's, new; holds what happened whatever happens
 * @param follow the course of an earlier run, to be taken again instead of looking at the clock
 * @throws LabError numeric.nonfinite | numeric.diverged | judge.timeout
 */
export async function train(
  session: Session,
  rows: RowSource,
  budget: Budget,
  guards: Guards,
  deadline: number,
  onProgress: (progress: TrainingProgress) => void,
  { record = newRecord(), follow, now = () => performance.now() }: { record?: TrainingRecord; follow?: Course; now?: () => number } = {},
): Promise<TrainingOutcome> {
  const { program } = session.plan
  const { B, T } = session.plan.train
  const batch = makeBatch(program.batch.accumulate, B * T)
  const row = new Int32Array(T + 1)
  const tokensPerStep = program.batch.accumulate * B * T
  const { losses, began } = record
  let sent = 0
  let started = now()
  /** when the last losses came back */
  let arrived = started
  const reported = { at: 0, losses: 0 }
  const take = (values: Float32Array) => {
    if (values.length > 0) arrived = now()
    for (const loss of values) {
      losses.push(loss)
      if (!Number.isFinite(loss)) throw nonfinite(losses.length)
      if (loss > LOST_LOSS) throw diverged(losses.length, loss)
    }
  }
  // losses come back several at once where steps are fast, so time is only known at their arrival
  const stepMs = () => (losses.length > WARMUP_STEPS ? (arrived - started) / (losses.length - WARMUP_STEPS) : 0)
  const progressNow = () => {
    if (follow) return sent / follow.steps
    if (budget.kind === 'tokens') return (sent * tokensPerStep) / budget.amount
    if (sent < WARMUP_STEPS) return 0
    // steps in flight have been paid for, though the clock has not seen them yet
    return Math.max(now() - started, (sent - WARMUP_STEPS) * stepMs()) / (budget.amount * 1000)
  }
  for (;;) {
    if (sent === WARMUP_STEPS) {
      take(await session.drain())
      await session.ready()
      started = now()
    }
    const progress = progressNow()
    if (follow ? sent >= follow.steps : sent > WARMUP_STEPS && progress >= 1) break
    if (now() > deadline) throw timedOut(guards.maxWallSeconds)
    fill(batch, rows, row, B, T)
    // a slow step makes the clock's guess jump back; the grid only goes forward
    const point = follow ? pointOfStep(follow.began, sent + 1) : Math.max(began.length - 1, gridPoint(progress))
    while (began.length <= point) began.push(sent + 1)
    take(await session.step(batch, settingsOf(program.schedule, program.ramp, sent + 1, point / GRID)))
    record.steps = ++sent
    if (now() - reported.at >= 100) {
      const fresh = losses.slice(reported.losses)
      onProgress({ steps: losses.length, tokens: losses.length * tokensPerStep, trainMs: Math.max(0, arrived - started), stepMs: stepMs(), progress, from: reported.losses, losses: fresh }) // prettier-ignore
      reported.at = now()
      reported.losses = losses.length
    }
  }
  take(await session.drain())
  const trainMs = now() - started
  const fresh = losses.slice(reported.losses)
  const outcome = { steps: sent, tokens: sent * tokensPerStep, trainMs, losses }
  onProgress({ ...outcome, stepMs: trainMs / Math.max(1, sent - WARMUP_STEPS), progress: 1, from: reported.losses, losses: fresh })
  return outcome
}

function makeBatch(accumulate: number, size: number): MicroBatch[] {
  return Array.from({ length: accumulate }, () => ({ tokens: new Int32Array(size), targets: new Int32Array(size) }))
}

function fill(batch: MicroBatch[], rows: RowSource, row: Int32Array, B: number, T: number): void {
  for (const { tokens, targets } of batch)
    for (let b = 0; b < B; b++) {
      rows.next(row)
      tokens.set(row.subarray(0, T), b * T)
      targets.set(row.subarray(1), b * T)
    }
}

function nonfinite(step: number): LabError {
  return new LabError('numeric.nonfinite', `The loss was not a number at step ${step}`, {
    hint: 'A learning rate is too high, or an op divided by zero: lower the rates or add a norm.',
    data: { step },
  })
}

function diverged(step: number, loss: number): LabError {
  return new LabError('numeric.diverged', `The loss rose to ${loss.toFixed(1)} nats at step ${step}`, {
    hint: 'Lower the learning rates or warm them up.',
    data: { step, loss },
  })
}

function timedOut(seconds: number): LabError {
  return new LabError('judge.timeout', `The run was not finished after ${seconds} s`, {
    hint: 'Make the model or the batch smaller, or raise the limit in task.json.',
    data: { seconds },
  })
}
