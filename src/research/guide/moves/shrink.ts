// After failures in a row: the last program that was kept, at half its size.

import { findKnobs, setKnobs, snapToSpace, type KnobValue } from '../../../sandbox/knobs'
import type { Knob } from '../../../sandbox/contract'
import { sizeKnobs } from '../../transfer/sizes'
import type { Proposal } from '../../types'
import { propose, type Desk } from './desk'

/** Every knob that is named for a size, halved as far as its range goes; null where none can be. */
export async function shrink(desk: Desk): Promise<Proposal | null> {
  const before = await desk.source(desk.base)
  const values = Object.fromEntries(sizeKnobs(before).flatMap((knob) => half(knob)))
  const source = setKnobs(before, values)
  if (source === before || !(await desk.isOpen(source))) return null
  const changed = findKnobs(before).filter(({ name }) => name in values)
  const words = changed.map(({ name, value }) => `${name} ${String(value)} → ${String(values[name])}`).join(', ')
  return propose(desk, 'shrink', {
    hypothesis: `Half the size of experiment ${desk.base.number}: what failed may have been too much for this machine, and a smaller model sees more text.`,
    description: `half size: ${words}`.slice(0, 160),
    category: 'size',
    source,
  })
}

function half(knob: Knob): [string, KnobValue][] {
  const wanted = Number(knob.value) / 2
  const { space } = knob
  const smaller = space.kind === 'oneOf' ? space.options.filter((option) => typeof option === 'number' && option < Number(knob.value)) : []
  const value = space.kind === 'oneOf' ? smaller.sort((a, b) => Math.abs(Number(a) - wanted) - Math.abs(Number(b) - wanted)).at(0) : snapToSpace(knob, wanted)
  return value === undefined || value === knob.value ? [] : [[knob.name, value]]
}
