// Where the time of a training step goes: each kernel's share, and how near it comes to what the adapter can do.

import { Rng } from '../core/rng'
import { sidesOf } from './backends/wasm/matmul'
import type { ClockKind } from './profileClock'
import type { Command } from './planner'
import type { Session } from './session'

/** What the adapter reaches at best: billions of floating-point operations, and of bytes, a second. */
export type AdapterPeaks = Readonly<{ gflops: number; gbps: number }>

/** One kernel at one shape, all its dispatches of a step together. */
export interface ProfileRow {
  kernel: string
  /** tells it from others of its name */
  shape: string
  /** dispatches a step */
  count: number
  msPerStep: number
  /** of all kernels' time, 0…1 */
  share: number
  /** how many times as fast the step would be if this kernel took no time (Amdahl) */
  speedupIfFree: number
  flops: number
  bytes: number
  gflops: number
  gbps: number
  /** which peak it comes nearer to, and how near, 1 being all of it; above 1 where caches beat the memory */
  bound: 'compute' | 'memory'
  ofPeak: number | null
}

/** A step taken apart; plain data. */
export interface StepProfile {
  clock: ClockKind
  peaks: AdapterPeaks | null
  dispatches: number
  params: number
  tokensPerStep: number
  /** of steps that ran back to back, as in training */
  stepMs: number
  /** sum of the rows */
  kernelsMs: number
  /** what the host spends encoding one dispatch */
  hostUsPerDispatch: number
  rows: ProfileRow[]
}

/** Steps that are timed whole: at least this many, and for this long. */
const LEAST_STEPS = 4
const STEPS_MS = 400

/**
 * Trains a session on random tokens and times each of its kernels.
 * @param session moves its weights: for one that is not needed afterwards; the caller's
 * @param peaks what the adapter reaches at best, where that is known
 * @param timestamps false to use the wall clock even where the device has a clock of its own
 * @throws LabError "gpu.lost" if the device goes meanwhile
 */
export async function profileSession(session: Session, peaks: AdapterPeaks | null, timestamps = true): Promise<StepProfile> {
  const { plan, executor, trainProgram } = session
  const stepMs = await timeSteps(session)
  const { commands } = plan.train
  const rowKeys = commands.map(keyOf)
  const { clock, ms } = await executor.time(trainProgram, commands.map(workOf), timestamps)
  const kernelsMs = ms.reduce((sum, each) => sum + each, 0)
  const groups = new Map<string, Group>()
  for (const [i, command] of commands.entries()) {
    const { kernel, ranges } = command
    const group = groups.get(rowKeys[i]) ?? { command, count: 0, ms: 0, flops: 0, bytes: 0 }
    group.count++
    group.ms += ms[i]
    group.flops += kernel.flops ?? 0
    group.bytes += kernel.bytes ?? ranges.reduce((sum, range) => sum + range.bytes, 0)
    groups.set(rowKeys[i], group)
  }
  const rows = [...groups.values()].map((group) => rowOf(group, kernelsMs, peaks))
  const { B, T } = plan.train
  return {
    clock,
    peaks,
    dispatches: trainProgram.length,
    params: plan.arena.paramCount,
    tokensPerStep: B * T * plan.program.batch.accumulate,
    stepMs,
    kernelsMs,
    hostUsPerDispatch: executor.hostUs(trainProgram),
    rows: rows.sort((a, b) => b.msPerStep - a.msPerStep),
  }
}

/** The dispatches of one row, added up. */
interface Group {
  command: Command
  count: number
  ms: number
  flops: number
  bytes: number
}

function rowOf({ command, count, ms, flops, bytes }: Group, totalMs: number, peaks: AdapterPeaks | null): ProfileRow {
  const [gflops, gbps] = ms > 0 ? [flops / ms / 1e6, bytes / ms / 1e6] : [0, 0]
  const [compute, memory] = peaks ? [gflops / peaks.gflops, gbps / peaks.gbps] : [0, 0]
  const share = totalMs > 0 ? ms / totalMs : 0
  return {
    kernel: command.kernel.name,
    shape: shapeOf(command),
    count,
    msPerStep: ms,
    share,
    speedupIfFree: 1 / Math.max(1e-9, 1 - share),
    flops,
    bytes,
    gflops,
    gbps,
    bound: compute > memory ? 'compute' : 'memory',
    ofPeak: peaks && Math.max(compute, memory),
  }
}

/** The sides of a product, or how many numbers another kernel writes. */
function shapeOf({ kernel, ranges }: Command): string {
  const sides = kernel.tunable?.sides ?? (kernel.call && sidesOf(kernel.call))
  if (sides) {
    const [M, N, K, count] = sides
    return `${M}×${N}×${K}${count > 1 ? `, ${count} at once` : ''}`
  }
  const written = ranges.filter((_, i) => kernel.bindings[i].access === 'read_write')
  return `${written.reduce((sum, range) => sum + range.bytes / 4, 0).toLocaleString('en')} values`
}

/** Dispatches with equal keys run the same text on ranges of the same sizes, though maybe different pieces of a grid. */
function keyOf(command: Command): string {
  const { kernel, ranges } = command
  const sizes = ranges.map((range) => range.bytes).join()
  return `${kernel.name} ${shapeOf(command)} ${sizes} ${JSON.stringify([kernel.constants, kernel.call?.ints, kernel.call?.floats])}${kernel.code}`
}

/** Dispatches with equal keys do equal work. Pieces of a grid of one size do, unless its workgroups differ. */
function workOf(command: Command): string {
  const { workgroups, bindings, slowness = 1 } = command.kernel
  const place = slowness > 1 ? bindings.find(({ access }) => access === 'uniform') : undefined
  return `${workgroups.join()} ${place?.name ?? ''} ${keyOf(command)}`
}

/** Milliseconds a step, several in flight. */
async function timeSteps(session: Session): Promise<number> {
  const { train, program } = session.plan
  const rng = new Rng(1, 'profile')
  const draw = () => Int32Array.from({ length: train.B * train.T }, () => rng.int(session.vocab))
  const batch = Array.from({ length: program.batch.accumulate }, () => ({ tokens: draw(), targets: draw() }))
  let step = 0
  const next = () => session.step(batch, { step: ++step, lr: 1, weightDecay: 1, momentum: null })
  for (let i = 0; i < 2; i++) await next()
  await session.drain()
  const begun = performance.now()
  let steps = 0
  while (steps < LEAST_STEPS || performance.now() - begun < STEPS_MS) {
    await next()
    steps++
  }
  await session.drain()
  return (performance.now() - begun) / steps
}
