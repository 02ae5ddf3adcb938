// CMA-ES over the knobs: every proposal is a draw from one Gaussian over all of them, whose centre, step and shape
// follow what scored well. It starts at the baseline.

import type { Controller, ResearchContext } from '../types'
import { firstNew, openKnobs, phrase } from './propose'
import { askCmaEs, rebuildCmaEs, type CmaEsState } from './samplers/cmaEs'
import { fromUnit, type KnobValue } from './space'
import { knobSpace, toldPoints, toldRows, type KnobSpace } from './told'

/**
 * First step in ranges of the knobs, and trials a generation: small, for a lab has tens of trials over dozens of knobs.
 * On the scripted landscapes 0.05 and 6 gained half as much again as 0.1 and the usual 4 + 3 ln n.
 */
const FIRST_SIGMA = 0.06
const LAMBDA = 6
const REACH = { explore: 1.2, exploit: 0.8, combine: 1, ablate: 1 } as const

/** What CMA-ES holds, in the terms of train.js. */
export interface CmaEsView {
  name: 'cma-es'
  /** step size, in ranges of the knobs */
  sigma: number
  mean: Record<string, KnobValue>
  /** over the numeric knobs' ranges, each 0 … 1 on its own scale; times σ² it is the covariance of what is drawn */
  covariance: { labels: string[]; rows: number[][] }
  /** share of each option, by choice */
  choices: Record<string, Record<string, number>>
}

/** The CMA-ES controller; its `propose` is also its own next suggestion to others. */
export function createCmaEs(): Controller {
  return {
    name: 'cma-es',
    async propose(context) {
      const open = new Set(openKnobs(context).map(({ name }) => name))
      const { space, state } = read(context)
      const { diff, source } = await firstNew(context, () => {
        const drawn = space.diffOf(askCmaEs(space, state, context.rng, REACH[context.guidance.mode]))
        return Object.fromEntries(Object.entries(drawn).filter(([name]) => open.has(name)))
      })
      return phrase(context, diff, source, `A draw of CMA-ES, step ${state.sigma.toFixed(2)}`)
    },
  }
}

/** The state of CMA-ES after a lab's record, in the terms of train.js, for a person or a model to read. */
export function viewCmaEs(context: Pick<ResearchContext, 'knobs' | 'history'>): CmaEsView {
  const { space, state } = read(context)
  const { knobs } = space
  const numeric = state.numeric.map((d) => knobs[d])
  const choices = knobs.flatMap(({ name, space }, d) =>
    space.kind === 'oneOf' ? [[name, Object.fromEntries(space.options.map((option, i) => [String(option), state.choices[d][i]]))] as const] : [],
  )
  return {
    name: 'cma-es',
    sigma: state.sigma,
    mean: Object.fromEntries(numeric.map((knob, i) => [knob.name, fromUnit(knob, state.mean[i])])),
    covariance: { labels: numeric.map(({ name }) => name), rows: state.covariance },
    choices: Object.fromEntries(choices),
  }
}

function read({ knobs, history }: Pick<ResearchContext, 'knobs' | 'history'>): { space: KnobSpace; state: CmaEsState } {
  const space = knobSpace(knobs)
  // the first trial, not the present base: the state is a function of the record alone
  const first = history.find(({ status }) => status === 'baseline')
  const present = Object.fromEntries(knobs.map(({ name, value }) => [name, value]))
  const start = space.pointOf({ ...present, ...first?.knobs })
  return { space, state: rebuildCmaEs(space, toldPoints(space, toldRows(history)), { start, sigma: FIRST_SIGMA, lambda: LAMBDA }) }
}
