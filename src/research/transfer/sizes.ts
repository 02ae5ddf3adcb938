// A larger model by turning knobs alone: every knob that is named for a size is multiplied by one factor, in the
// baseline and in whatever was kept since, so that a program that was made twice as wide stays twice as wide.

import type { Knob } from '../../sandbox/contract'
import { findKnobs, setKnobs, snapToSpace, type KnobValue } from '../../sandbox/knobs'

/** WIDTH, dModel, N_EMBD, MLP_DIM; DEPTH, N_LAYER; HEADS, KV_HEADS. Ratios, rates and sizes of one head are none. */
const SIZES = [
  /(^|_)(WIDTH|CHANNELS?|D_?MODEL|MODEL_(DIM|SIZE)|N_?EMBD?|EMB(ED(DING)?)?_(DIM|SIZE)|HIDDEN(_(DIM|SIZE))?|(MLP|FFN?)_?(DIM|SIZE|HIDDEN))$/,
  /(^|_)(DEPTH|N?_?LAYERS?|BLOCKS)$/,
  /(^|_)(N?_?HEADS|N_?HEAD)$/,
]
/** as wide as these are is how far a kernel looks */
const REACH = /CONV|KERNEL|WINDOW|TAPS/

export interface SizeChange {
  name: string
  from: number
  to: number
}

export type Scaled = { source: string; changes: SizeChange[] } | { obstacle: string }

/** The knobs of a program that say how large it is, in order. */
export function sizeKnobs(source: string): Knob[] {
  return findKnobs(source).filter(({ name, value }) => {
    const upper = name.replace(/([a-z\d])([A-Z])/g, '$1_$2').toUpperCase()
    return typeof value === 'number' && !REACH.test(upper) && SIZES.some((size) => size.test(upper))
  })
}

/**
 * A program with every size multiplied by `factor`, or why that cannot be: a knob ends before, or its steps are too coarse.
 * @throws LabError program.syntax
 */
export function scaleSizes(source: string, factor: number): Scaled {
  const knobs = sizeKnobs(source)
  if (knobs.length === 0) return { obstacle: 'none of its knobs is named for a size, such as WIDTH, DEPTH or HEADS' }
  const values: Record<string, KnobValue> = {}
  const changes: SizeChange[] = []
  for (const knob of knobs) {
    const { name, space } = knob
    const from = Number(knob.value)
    const wanted = from * factor
    if (space.kind === 'oneOf' ? !space.options.includes(wanted) : wanted > space.max) {
      const range = space.kind === 'oneOf' ? space.options.join(', ') : `up to ${space.max}`
      return { obstacle: `${name} would be ${wanted}, and its knob takes ${range}` }
    }
    const to = Number(snapToSpace(knob, wanted))
    if (to <= from) return { obstacle: `${name} stays at ${from}: its knob takes no value near ${wanted}` }
    values[name] = to
    changes.push({ name, from, to })
  }
  return { source: setKnobs(source, values), changes }
}
