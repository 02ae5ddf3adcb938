// Knobs as points on a unit interval, so that one step size means the same for a learning rate and a width.

import { snapToSpace } from '../../sandbox/knobs'
import type { Rng } from '../../core/rng'
import type { Knob } from '../../sandbox/contract'

export type KnobValue = Knob['value']

/** Where a numeric value lies in its space, 0 … 1: linear for int and linear, logarithmic for log and pow2. */
export function toUnit(knob: Knob, value: number): number {
  const { space } = knob
  if (space.kind === 'oneOf' || space.max <= space.min) return 0
  const scale = space.kind === 'log' || space.kind === 'pow2' ? Math.log : (x: number) => x
  return (scale(value) - scale(space.min)) / (scale(space.max) - scale(space.min))
}

/** The value at a place of the unit interval, snapped to the space; places outside are clamped. */
export function fromUnit(knob: Knob, unit: number): KnobValue {
  const { space } = knob
  if (space.kind === 'oneOf') return knob.value
  const u = Math.min(1, Math.max(0, unit))
  const isLog = space.kind === 'log' || space.kind === 'pow2'
  const raw = isLog ? space.min * (space.max / space.min) ** u : space.min + (space.max - space.min) * u
  return snapToSpace(knob, space.kind === 'log' || space.kind === 'linear' ? readable(raw) : raw)
}

/** Two significant digits: nobody reads 0.037194 as anything but 0.037. */
function readable(value: number): number {
  return Number(value.toPrecision(2))
}

/** Whether the knob has another value to take. */
export function isMovable(knob: Knob): boolean {
  const { space } = knob
  return space.kind === 'oneOf' ? new Set(space.options).size > 1 : space.max > space.min
}

/** A value drawn uniformly from the space (on its own scale), different from the present one. */
export function sampleValue(knob: Knob, rng: Rng): KnobValue {
  const { space } = knob
  if (space.kind === 'oneOf') return rng.pick(space.options.filter((option) => option !== knob.value))
  for (let tries = 0; tries < 20; tries++) {
    const value = fromUnit(knob, rng.uniform())
    if (value !== knob.value) return value
  }
  return fromUnit(knob, toUnit(knob, Number(knob.value)) < 0.5 ? 1 : 0)
}

/** The smallest step to each side that changes a numeric knob: whole numbers and powers of two are coarse. */
export function stepTo(knob: Knob, direction: 1 | -1, step: number): KnobValue {
  const from = toUnit(knob, Number(knob.value))
  for (let size = step; size < 1.2; size *= 1.3) {
    const value = fromUnit(knob, from + direction * size)
    if (value !== knob.value) return value
  }
  return knob.value
}
