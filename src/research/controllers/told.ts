// What samplers are told: the record as points and values, whoever proposed them.

import type { Experiment } from '../../history/types'
import type { Knob } from '../../sandbox/contract'
import { activeKnobs } from '../../sandbox/knobs'
import { hasFailed, isTry } from '../outcomes'
import type { Diff } from './propose'
import { masked, type Dimension, type Point, type Space, type Told } from './samplers/space'
import { fromUnit, isMovable, toUnit, type KnobValue } from './space'

/** Who draws from the knobs alone. Names of language models are never among these. */
export const SAMPLERS = ['evolution', 'tpe', 'cma-es', 'halving', 'random'] as const

export interface ToldRow {
  row: Experiment
  /** val_bpb less the baseline's on the same seeds; null where it failed */
  bpb: number | null
}

/**
 * The rows that a sampler may learn from, in order: every score, whoever proposed it, and the samplers' own failures.
 * Failures of anyone else (a language model, a person) are left out: they say how that proposer errs, and told as if
 * drawn they drag a sampler towards the edge that it errs at. Rows that were cut off, lost with their device, repeated
 * or not wanted say nothing.
 */
export function toldRows(history: readonly Experiment[]): ToldRow[] {
  const baseline = history.find(({ status }) => status === 'baseline')
  return history.flatMap((row): ToldRow[] => {
    if (row.status !== 'baseline' && !isTry(row)) return []
    if (!hasFailed(row)) return row.valBpb === null ? [] : [{ row, bpb: relative(row, baseline) }]
    const isOwn = (SAMPLERS as readonly string[]).includes(row.proposer)
    return isOwn && row.status !== 'device_lost' ? [{ row, bpb: null }] : []
  })
}

/** Seeds have easy and hard draws: on the same ones, most of that cancels. */
function relative(row: Experiment, baseline: Experiment | undefined): number {
  const shared = Math.min(row.scores.length, baseline?.scores.length ?? 0)
  if (!baseline || shared === 0) return row.valBpb! - (baseline?.valBpb ?? 0)
  let sum = 0
  for (let i = 0; i < shared; i++) sum += row.scores[i] - baseline.scores[i]
  return sum / shared
}

/** The knobs of a program as a space for the samplers. */
export interface KnobSpace extends Space {
  dimensions: readonly Dimension[]
  /** one a dimension */
  knobs: readonly Knob[]
  /** The point of some values; knobs that they leave out, or whose option is gone, play no part. */
  pointOf(values: Readonly<Record<string, KnobValue>>): Point
  /** What is new at a point against the knobs' present values. */
  diffOf(point: Point): Diff
}

/** The space of the knobs that can move; the others hold their values. */
export function knobSpace(all: readonly Knob[]): KnobSpace {
  const knobs = all.filter(isMovable)
  const dimensions = knobs.map(dimensionOf)
  const isConditional = all.some(({ when }) => when !== undefined)
  const valueAt = (point: Point, d: number) => {
    const { space } = knobs[d]
    return space.kind === 'oneOf' ? space.options[point[d]] : fromUnit(knobs[d], point[d])
  }
  const valuesAt = (point: Point) =>
    Object.fromEntries(knobs.flatMap((knob, d) => (Number.isNaN(point[d]) ? [] : [[knob.name, valueAt(point, d)] as const])))
  const mask = (point: Point) => {
    if (!isConditional) return point
    const active = new Set(activeKnobs(all, valuesAt(point)).map(({ name }) => name))
    return point.map((place, d) => (active.has(knobs[d].name) ? place : NaN))
  }
  const space: Space = { dimensions, mask }
  return {
    ...space,
    knobs,
    pointOf: (values) => masked(space, knobs.map((knob) => placeOf(knob, values[knob.name]))),
    diffOf: (point) => Object.fromEntries(Object.entries(valuesAt(point)).filter(([name, value]) => isNew(knobs, name, value))),
  }
}

function isNew(knobs: readonly Knob[], name: string, value: KnobValue): boolean {
  return knobs.find((knob) => knob.name === name)?.value !== value
}

function dimensionOf({ name, space }: Knob): Dimension {
  if (space.kind === 'oneOf') return { name, options: space.options.length, levels: null }
  if (space.kind === 'int') return { name, options: null, levels: space.max - space.min + 1 }
  if (space.kind !== 'pow2') return { name, options: null, levels: null }
  return { name, options: null, levels: Math.floor(Math.log2(space.max)) - Math.ceil(Math.log2(space.min)) + 1 }
}

function placeOf(knob: Knob, value: KnobValue | undefined): number {
  const { space } = knob
  if (space.kind !== 'oneOf') return typeof value === 'number' ? Math.min(1, Math.max(0, toUnit(knob, value))) : NaN
  const index = value === undefined ? -1 : space.options.indexOf(value)
  return index < 0 ? NaN : index
}

/** Told rows as points. */
export function toldPoints(space: KnobSpace, rows: readonly ToldRow[]): Told[] {
  return rows.map(({ row, bpb }) => ({ point: space.pointOf(row.knobs), value: bpb }))
}
