// The baseline among researchers: one to three knobs of the incumbent, each drawn anew from its whole space.

import type { Controller } from '../types'
import type { Diff } from './propose'
import { firstNew, needKnobs, phrase } from './propose'
import { isMovable, sampleValue } from './space'

/** A controller that learns nothing. */
export function createRandom(): Controller {
  return {
    name: 'random',
    async propose(context) {
      const { rng } = context
      const knobs = context.knobs.filter(isMovable)
      needKnobs(knobs)
      const { diff, source } = await firstNew(context, () => {
        const count = Math.min(knobs.length, 1 + rng.int(3))
        const chosen = rng.shuffle([...knobs]).slice(0, count)
        return Object.fromEntries(chosen.map((knob) => [knob.name, sampleValue(knob, rng)])) satisfies Diff
      })
      return phrase(context, diff, source)
    },
  }
}
