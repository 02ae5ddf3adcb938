// Whether a program is almost one that was tried: its knobs hardly elsewhere, its code hardly different.

import { tokenizer } from 'acorn'
import type { Experiment } from '../../history/types'
import type { Knob } from '../../sandbox/contract'
import { findKnobs, setKnobs } from '../../sandbox/knobs'
import { toUnit } from '../controllers/space'
import { isTry } from '../outcomes'

/** Share of a knob's range within which two values are as good as one. */
const NEAR = 0.02
/** Words and signs that may differ in code that is as good as the same. */
const FEW_TOKENS = 4
/** Programs whose text is looked at, the latest of those with such knobs. */
const MOST = 3

/** The experiment that a program almost is, and in what it differs; null where there is none. */
export async function nearTwin(source: string, rows: readonly Experiment[], sourceOf: (row: Experiment) => Promise<string>) {
  const knobs = findKnobs(source)
  const alike = rows.filter((row) => (isTry(row) || row.status === 'baseline') && knobs.every((knob) => isNear(knob, row.knobs[knob.name])))
  for (const row of alike.toReversed().slice(0, MOST)) {
    const other = await sourceOf(row)
    const values = Object.fromEntries(findKnobs(other).map(({ name, value }) => [name, value]))
    const shared = Object.fromEntries(knobs.flatMap(({ name, space }) => (name in values && fits(space, values[name]) ? [[name, values[name]]] : [])))
    const tokens = tokenDistance(setKnobs(source, shared), other)
    if (tokens > FEW_TOKENS) continue
    const moved = knobs.filter(({ name, value }) => value !== row.knobs[name]).map(({ name, value }) => `${name} ${String(row.knobs[name])} → ${String(value)}`)
    const code = tokens === 0 ? [] : [`${tokens} words of code`]
    return { number: row.number, difference: [...moved, ...code].join(', ') }
  }
  return null
}

function isNear(knob: Knob, value: Experiment['knobs'][string] | undefined): boolean {
  if (knob.space.kind === 'oneOf' || typeof value !== 'number') return value === knob.value
  return Math.abs(toUnit(knob, value) - toUnit(knob, Number(knob.value))) < NEAR
}

function fits(space: Knob['space'], value: Knob['value']): boolean {
  return space.kind === 'oneOf' ? space.options.includes(value) : typeof value === 'number'
}

/** Tokens that one program has more of than the other, both ways, in whatever order. @throws SyntaxError */
export function tokenDistance(a: string, b: string): number {
  const counts = new Map<string, number>()
  for (const [source, sign] of [[a, 1], [b, -1]] as const)
    for (const { type, start, end } of tokenizer(source, { ecmaVersion: 'latest', sourceType: 'module' })) {
      if (type.label === 'eof') continue
      const text = source.slice(start, end)
      counts.set(text, (counts.get(text) ?? 0) + sign)
    }
  return [...counts.values()].reduce((sum, count) => sum + Math.abs(count), 0)
}
