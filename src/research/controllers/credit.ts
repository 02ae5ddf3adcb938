// What the history says about each knob: how much moving it has paid, which way, how far to go, and where not to go.
// A pure function of the rows, so a researcher that is reloaded knows what it knew.

import type { Experiment } from '../../history/types'
import type { Knob } from '../../sandbox/contract'
import { isTry } from '../outcomes'
import { categoryOf } from './knowledge'
import type { Diff } from './propose'
import { toUnit } from './space'

export interface KnobCredit {
  tries: number
  /** mean reward of attempts that moved it, −1 … 1, shrunk towards 0 */
  mean: number
  /** recent reward of moving up and down; older results fade */
  towards: { up: number; down: number }
  /** step on the unit interval: longer after gains, shorter after losses */
  step: number
  /** places on the unit interval that failed to run; the incumbent lies between */
  wall: { low: number; high: number }
  /** mean reward by option value, for choices */
  options: Map<string, { tries: number; mean: number }>
}

export interface Credit {
  knobs: Map<string, KnobCredit>
  categories: Map<string, { tries: number; mean: number }>
  attempts: number
}

const FIRST_STEP = 0.22
const FADE = 0.6
const FAILED = new Set(['crash', 'timeout', 'rejected', 'checks_failed'])

/** The knobs in which an attempt differs from its parent. */
export function diffOf(row: Experiment, parent: Experiment | undefined): Diff {
  if (!parent) return {}
  return Object.fromEntries(Object.entries(row.knobs).filter(([name, value]) => parent.knobs[name] !== value))
}

/** What an attempt's own change did: on a fork it is judged against the best, and changed something else. */
function changeFrom(parent: Experiment, row: Experiment): number | null {
  if (row.against === undefined) return row.deltaBpb
  const shared = Math.min(row.scores.length, parent.scores.length)
  return shared === 0 ? null : row.scores.slice(0, shared).reduce((sum, score, i) => sum + score - parent.scores[i], 0) / shared
}

/**
 * Reads the credit of every knob from the history.
 * Reward of a scored attempt: tanh(−deltaBpb / scale), scale = twice the median |deltaBpb|, or 3σ where that is more;
 * a kept one counts at least ½, a failed one −1. An attempt that moved m knobs gives each of them 1/√m of its reward.
 */
export function readCredit(knobs: readonly Knob[], history: readonly Experiment[], sigmaBpb: number | null): Credit {
  const byNumber = new Map(history.map((row) => [row.number, row]))
  const deltas = history.flatMap((row) => (row.deltaBpb === null ? [] : [Math.abs(row.deltaBpb)])).sort((a, b) => a - b)
  const scale = Math.max(2 * (deltas[deltas.length >> 1] ?? 0), 3 * (sigmaBpb ?? 0), 1e-6)
  const known = new Map(knobs.map((knob) => [knob.name, fresh()]))
  const credit: Credit = { knobs: known, categories: new Map(), attempts: 0 }
  for (const row of history) {
    const parent = row.parentNumber === null ? undefined : byNumber.get(row.parentNumber)
    const diff = diffOf(row, parent)
    const moved = knobs.filter((knob) => knob.name in diff)
    const failed = FAILED.has(row.status) && isTry(row)
    const delta = parent ? changeFrom(parent, row) : null
    if (!parent || moved.length === 0 || (delta === null && !failed)) continue
    credit.attempts++
    const gained = Math.tanh(-(delta ?? 0) / scale)
    const reward = failed ? -1 : row.status === 'keep' ? Math.max(0.5, gained) : gained
    for (const knob of moved) {
      const share = reward / Math.sqrt(moved.length)
      const known = credit.knobs.get(knob.name)
      if (!known) continue
      learn(known, share)
      learn(entry(credit.categories, categoryOf(knob.name)), share)
      if (knob.space.kind === 'oneOf') learn(entry(known.options, String(diff[knob.name])), share)
      else learnMove(known, knob, Number(parent.knobs[knob.name]), Number(diff[knob.name]), share, failed, moved.length)
    }
  }
  return credit
}

function learnMove(
  known: KnobCredit,
  knob: Knob,
  from: number,
  to: number,
  share: number,
  failed: boolean,
  movedTogether: number,
): void {
  const way = to > from ? 'up' : 'down'
  const other = way === 'up' ? 'down' : 'up'
  known.towards[way] = FADE * known.towards[way] + share
  // a loss on one side is a hint, no more, that the other side is better
  known.towards[other] = FADE * known.towards[other] - 0.4 * share
  known.step = Math.min(0.4, Math.max(0.03, known.step * (share > 0.15 ? 1.5 : share < 0 ? 0.75 : 0.9)))
  if (!failed || movedTogether > 2) return
  const place = toUnit(knob, to)
  if (way === 'up') known.wall.high = Math.min(known.wall.high, place)
  else known.wall.low = Math.max(known.wall.low, place)
}

function fresh(): KnobCredit {
  return {
    tries: 0,
    mean: 0,
    towards: { up: 0, down: 0 },
    step: FIRST_STEP,
    wall: { low: -1, high: 2 },
    options: new Map(),
  }
}

/** Running mean, shrunk by one imagined null result. */
function learn(known: { tries: number; mean: number }, reward: number): void {
  known.mean = (known.mean * (known.tries + 1) + reward) / (known.tries + 2)
  known.tries++
}

function entry(map: Map<string, { tries: number; mean: number }>, key: string): { tries: number; mean: number } {
  const found = map.get(key) ?? { tries: 0, mean: 0 }
  map.set(key, found)
  return found
}
