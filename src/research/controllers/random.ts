// The baseline among researchers: one to three knobs of the base, each drawn anew from its whole space.

import type { Controller } from '../types'
import { firstNew, openKnobs, phrase } from './propose'
import { sampleValue } from './space'

/** A controller that learns nothing. */
export function createRandom(): Controller {
  return {
    name: 'random',
    async propose(context) {
      const { rng } = context
      const knobs = openKnobs(context)
      const { diff, source } = await firstNew(context, () => {
        const count = Math.min(knobs.length, 1 + rng.int(3))
        const chosen = rng.shuffle([...knobs]).slice(0, count)
        return Object.fromEntries(chosen.map((knob) => [knob.name, sampleValue(knob, rng)]))
      })
      return phrase(context, diff, source)
    },
  }
}
