import type { SampledRamp, SampledSchedule } from '../graph/program'

/** A sampled curve at progress in [0, 1], linear between its points; 1 when nothing was sampled. */
export function sampleAt(points: readonly number[], progress: number): number {
  if (points.length === 0) return 1
  const x = Math.min(1, Math.max(0, progress)) * (points.length - 1)
  const i = Math.min(points.length - 1, Math.floor(x))
  const next = points[Math.min(points.length - 1, i + 1)]
  return points[i] + (x - i) * (next - points[i])
}

/** What a step is trained with: multipliers by progress, momentum by step (held after the last sample). */
export function settingsOf(schedule: SampledSchedule, ramp: SampledRamp, step: number, progress: number) {
  const { momentum } = ramp
  return {
    step,
    lr: sampleAt(schedule.lr, progress),
    weightDecay: sampleAt(schedule.weightDecay, progress),
    momentum: momentum.length === 0 ? null : momentum[Math.min(step - 1, momentum.length - 1)],
  }
}
