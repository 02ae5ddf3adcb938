// Whether training is better off with f16 activations: found out by training a few steps of the program both ways.

import { LabError } from '../../core/errors'
import { Rng } from '../../core/rng'
import type { OpenedDevice } from '../backends/webgpu/device'
import { onDevice } from '../backends/webgpu/executor'
import { pipelineOf } from '../backends/webgpu/pipelines'
import type { Capabilities } from '../kernel'
import { planModel, type PlanRequest } from '../planner'
import { Session, type MicroBatch } from '../session'
import { within } from './measure'

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

/** Adapters without f16, and software adapters, which only emulate it, keep f32 unmeasured. */
export function worthTrying({ f16, software }: Pick<Capabilities, 'f16' | 'software'>): boolean {
  return f16 && !software
}

/**
 * Trains the program's first steps on made-up tokens in f32 and with f16 activations, and chooses. Nothing stays
 * allocated.
 * @param opened with the kernel variants already chosen
 * @param deadline by `now`; nothing is begun that is not expected to end by then
 * @returns null when the time was too short to tell
 * @throws LabError as Session.open does in f32; a failure in f16 only rules f16 out, unless the device went
 */
export async function measurePrecision(
  { device, caps }: Pick<OpenedDevice, 'device' | 'caps'>,
  request: PlanRequest,
  deadline: number,
  now: () => number = () => performance.now(),
): Promise<'f32' | 'f16' | null> {
  // f16 compiles as much again as f32 does
  const full = await trial(device, { ...caps, half: false }, request, (now() + deadline) / 2, now)
  if (!full) return null
  try {
    const half = await trial(device, { ...caps, half: true }, request, deadline, now)
    return half && choosePrecision(full, half)
  } catch (error) {
    if (error instanceof LabError && (error.code === 'gpu.shader' || error.code === 'gpu.oom')) return 'f32'
    throw error
  }
}

/** The first losses of a program, and the best of a few timings of its step; null when that takes past the deadline. */
async function trial(device: GPUDevice, caps: Capabilities, request: PlanRequest, deadline: number, now: () => number): Promise<PrecisionTrial | null> {
  const plan = planModel(request, caps)
  const kernels = [...plan.train.commands, ...plan.score.commands].map(({ kernel }) => kernel)
  const flops = plan.train.commands.reduce((sum, { kernel }) => sum + (kernel.flops ?? 0), 0)
  // a step may be expected to reach a quarter of the peak
  const expectedMs = caps.peaks ? flops / (0.25 * caps.peaks.gflops * 1e6) : 0
  if (now() + (COMPARED_STEPS + 1) * expectedMs > deadline) return null
  // what is reported of a text that does not compile is thrown below, and no fault of the device
  device.pushErrorScope('validation')
  const compiled = Promise.all(kernels.map((kernel) => pipelineOf(device, kernel)))
  const reported = device.popErrorScope()
  // a driver cannot be told to stop compiling, so no memory is taken before it is done
  if (!(await within(compiled, deadline - now()))) return null
  await reported
  const session = await Session.open(onDevice(device), caps, request, SEED)
  try {
    const { rows, context, accumulate } = request.program.batch
    const rng = new Rng(SEED, 'precision')
    const draw = () => Int32Array.from({ length: rows * context }, () => rng.int(request.vocab))
    const batch: MicroBatch[] = Array.from({ length: accumulate }, () => ({ tokens: draw(), targets: draw() }))
    const losses: number[] = []
    let step = 0
    const timed = async (steps: number) => {
      const start = now()
      for (let i = 0; i < steps; i++) losses.push(...(await session.step(batch, { step: ++step, lr: 1, weightDecay: 1, momentum: null })))
      losses.push(...(await session.drain()))
      return Math.max(1e-3, now() - start) / steps
    }
    let stepMs = Infinity
    while (step <= COMPARED_STEPS) {
      if (now() >= deadline) return null
      stepMs = await timed(1)
    }
    for (let round = 0; round < 3; round++) {
      const steps = Math.max(1, Math.min(50, Math.ceil(BATCH_MS / stepMs)))
      if (now() + steps * stepMs > deadline) break
      stepMs = Math.min(stepMs, await timed(steps))
    }
    return { stepMs, losses: losses.slice(0, COMPARED_STEPS) }
  } finally {
    session.destroy()
  }
}
