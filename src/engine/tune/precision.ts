// Whether training is better off with f16 activations: found out by training a few steps of the program both ways.

import { LabError } from '../../core/errors'
import { Rng } from '../../core/rng'
import { onDevice } from '../backends/webgpu/executor'
import type { Capabilities } from '../kernel'
import type { PlanRequest } from '../planner'
import { Session, type MicroBatch } from '../session'

/** f16 is chosen only for a gain worth having less precise activations. */
const WORTHWHILE = 0.9
/** How far the losses of the first steps may be apart, relative to the loss. */
const LOSS_TOLERANCE = 2e-2
const COMPARED_STEPS = 3
/** One batch of timed steps lasts about this long. */
const BATCH_MS = 60
const SEED = 1

/** Milliseconds a step took in one precision, and the losses it began with. */
export interface PrecisionTrial {
  stepMs: number
  losses: readonly number[]
}

/** f16 if it is at least a tenth faster and the first losses agree. */
export function choosePrecision(full: PrecisionTrial, half: PrecisionTrial): 'f32' | 'f16' {
  const agree = full.losses.every((loss, i) => Math.abs(half.losses[i] - loss) <= LOSS_TOLERANCE * Math.abs(loss))
  return agree && half.stepMs < WORTHWHILE * full.stepMs ? 'f16' : 'f32'
}

/**
 * Trains the program's first steps on made-up tokens in f32 and with f16 activations, and chooses. Adapters without
 * f16 and software adapters, which only emulate it, keep f32 unmeasured. Nothing stays allocated.
 * @param caps with the kernel variants already chosen
 * @throws LabError as Session.open does in f32; a failure in f16 only rules f16 out, unless the device went
 */
export async function measurePrecision(
  device: GPUDevice,
  caps: Capabilities,
  request: PlanRequest,
  now: () => number = () => performance.now(),
): Promise<'f32' | 'f16'> {
  if (!caps.f16 || caps.software) return 'f32'
  const full = await trial(device, { ...caps, half: false }, request, now)
  try {
    return choosePrecision(full, await trial(device, { ...caps, half: true }, request, now))
  } catch (error) {
    if (error instanceof LabError && (error.code === 'gpu.shader' || error.code === 'gpu.oom')) return 'f32'
    throw error
  }
}

/** The first losses of a program, and the best of three timings of its step. */
async function trial(device: GPUDevice, caps: Capabilities, request: PlanRequest, now: () => number): Promise<PrecisionTrial> {
  const session = await Session.open(onDevice(device), caps, request, SEED)
  try {
    const { rows, context, accumulate } = request.program.batch
    const rng = new Rng(SEED, 'precision')
    const draw = () => Int32Array.from({ length: rows * context }, () => rng.int(request.vocab))
    const batch: MicroBatch[] = Array.from({ length: accumulate }, () => ({ tokens: draw(), targets: draw() }))
    let step = 0
    const train = async (steps: number): Promise<number[]> => {
      const losses: number[] = []
      for (let i = 0; i < steps; i++) losses.push(...(await session.step(batch, { step: ++step, lr: 1, weightDecay: 1, momentum: null })))
      losses.push(...(await session.drain()))
      return losses
    }
    const losses = await train(COMPARED_STEPS)
    const timed = async (steps: number) => {
      const start = now()
      await train(steps)
      return Math.max(1e-3, now() - start) / steps
    }
    let stepMs = await timed(1)
    for (let round = 0; round < 3; round++) stepMs = Math.min(stepMs, await timed(Math.max(1, Math.min(50, Math.ceil(BATCH_MS / stepMs)))))
    return { stepMs, losses }
  } finally {
    session.destroy()
  }
}
