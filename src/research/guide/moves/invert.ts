// One core assumption of the baseline, turned round: a choice made otherwise, a number moved to the far side.

import type { Experiment } from '../../../history/types'
import type { Knob } from '../../../sandbox/contract'
import { findKnobs, setKnobs, type KnobValue } from '../../../sandbox/knobs'
import { categoryOf, changeText, weightOf } from '../../controllers/knowledge'
import { fromUnit, toUnit } from '../../controllers/space'
import type { Proposal } from '../../types'
import { propose, type Desk } from './desk'

/** Knobs that matter less than this in a short run are no core assumption. */
const CORE = 0.6

interface Turned {
  knob: Knob
  value: KnobValue
  /** attempts that have looked there */
  tries: number
}

/** The baseline with the assumption turned round that has been doubted least; null where none is left. */
export async function invert(desk: Desk): Promise<Proposal | null> {
  const before = await desk.source(desk.base)
  for (const { knob, value } of turnedRound(findKnobs(before), desk.rows)) {
    const source = setKnobs(before, { [knob.name]: value })
    if (!(await desk.isOpen(source))) continue
    const change = changeText(knob, value)
    return propose(desk, 'invert', {
      hypothesis: `The baseline assumes ${knob.name} = ${String(knob.value)}, and nothing better has come of that for a while: turn it round, ${change}.`,
      description: `baseline, turned round: ${change}`,
      category: categoryOf(knob.name),
      source,
    })
  }
  return null
}

/** Every core assumption turned round: least tried first, then the one that matters most. */
export function turnedRound(knobs: readonly Knob[], rows: readonly Experiment[]): Turned[] {
  const turned = knobs.filter(({ name }) => weightOf(name) >= CORE).flatMap((knob) => otherSides(knob).map((value) => ({ knob, value, tries: triesNear(knob, value, rows) })))
  return turned.sort((a, b) => a.tries - b.tries || weightOf(b.knob.name) - weightOf(a.knob.name))
}

/** Other choices; of a number, its mirror image on its own scale, at least a quarter of the range away. */
function otherSides(knob: Knob): KnobValue[] {
  if (knob.space.kind === 'oneOf') return knob.space.options.filter((option) => option !== knob.value)
  const unit = toUnit(knob, Number(knob.value))
  const mirrored = Math.abs(unit - 0.5) >= 0.125 ? 1 - unit : unit < 0.5 ? 0.75 : 0.25
  const value = fromUnit(knob, mirrored)
  return value === knob.value ? [] : [value]
}

function triesNear(knob: Knob, value: KnobValue, rows: readonly Experiment[]): number {
  return rows.filter(({ knobs }) => {
    const tried = knobs[knob.name]
    if (knob.space.kind === 'oneOf' || typeof tried !== 'number') return tried === value
    return Math.abs(toUnit(knob, tried) - toUnit(knob, Number(value))) < 0.15
  }).length
}
