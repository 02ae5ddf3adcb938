// The tree-structured Parzen estimator over the knobs of the base: what good attempts have in common and bad ones have
// not. A proposal moves a few knobs only; in forty trials nobody learns anything of thirty knobs moved at once.

import type { Rng } from '../../core/rng'
import type { Controller, ResearchContext } from '../types'
import type { Diff } from './propose'
import { firstNew, openKnobs, phrase } from './propose'
import { askTpe, TPE_DEFAULTS } from './samplers/tpe'
import { knobSpace, toldPoints, toldRows } from './told'

/** Knobs moved on average, and the reach of the kernels, by mode. */
const MODES = {
  explore: { moves: 2, reach: 0.9 },
  exploit: { moves: 1.5, reach: 0.5 },
  combine: { moves: 3, reach: 0.5 },
  ablate: { moves: 1, reach: 0.9 },
} as const
/** Trials before the densities are asked; and draws of one proposal after which they seem to have nothing new. */
const WARM_UP = 6
const PATIENCE = 60

/** The TPE controller. */
export function createTpe(): Controller {
  return {
    name: 'tpe',
    async propose(context) {
      const { diff, source } = await firstNew(context, drawTpe(context, context.rng))
      return phrase(context, diff, source)
    },
  }
}

/** Draws edits by TPE; what the box refused counts as failed for the rest of the draws. */
export function drawTpe(context: ResearchContext, rng: Rng): (refused: readonly Diff[]) => Diff | null {
  const open = new Set(openKnobs(context).map(({ name }) => name))
  const space = knobSpace(context.knobs)
  const present = Object.fromEntries(context.knobs.map(({ name, value }) => [name, value]))
  const start = space.pointOf(present)
  const fixed = new Set(space.knobs.flatMap(({ name }, d) => (open.has(name) ? [] : [d])))
  const told = toldPoints(space, toldRows(context.history))
  let draws = 0
  return (refused) => {
    const warmUp = draws++ < PATIENCE ? WARM_UP : Infinity
    const failed = refused.map((diff) => ({ point: space.pointOf({ ...present, ...diff }), value: null }))
    const options = { ...TPE_DEFAULTS, ...MODES[context.guidance.mode], warmUp, candidates: 64, start, fixed }
    return space.diffOf(askTpe(space, [...told, ...failed], rng, options))
  }
}
