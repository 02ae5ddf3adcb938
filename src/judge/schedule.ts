// How far a run is, on the grid on which the box sampled its schedules. A run by the clock passes the points of that
// grid at other steps each time, so it records at which; a replay follows the record, and needs no clock.

import { SCHEDULE_POINTS, type SampledRamp, type SampledSchedule } from '../graph/program'

/** The last point of the grid: a run at point p has spent p/GRID of its budget. */
export const GRID = SCHEDULE_POINTS - 1

/** The course of a run by the clock: enough to give every step the same settings again. */
export interface Course {
  /** steps trained */
  steps: number
  /** step, counted from 1, with which each point of the grid began, in order; points that no step waited for share one */
  began: number[]
}

/** The point of the grid that a share of the budget has reached. */
export function gridPoint(progress: number): number {
  return Math.min(GRID, Math.max(0, Math.floor(progress * GRID)))
}

/** The point at which a recorded step was trained; the last one known for steps beyond the record. */
export function pointOfStep(began: readonly number[], step: number): number {
  let point = 0
  while (point + 1 < began.length && began[point + 1] <= step) point++
  return point
}

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
