// One program's change, put on top of another program: knob by knob, and for the rest line by line, against the text
// that both come from.

import { diff3Merge } from 'node-diff3'
import type { Knob } from '../../sandbox/contract'
import { findKnobs, setKnobs, type KnobValue } from '../../sandbox/knobs'

export type Merged = { source: string; clashes: [] } | { source: null; clashes: string[] }

/**
 * `ours` with what changed from `base` to `theirs`; a clash is a knob or lines that both changed, each otherwise.
 * @throws LabError program.syntax when one of them is no program
 */
export function merge(base: string, ours: string, theirs: string): Merged {
  const [from, mine, other] = [base, ours, theirs].map(findKnobs)
  const clashes: string[] = []
  const values: Record<string, KnobValue> = {}
  for (const { name, value, space } of other) {
    const before = sameKnob(from, name, space)?.value
    const kept = sameKnob(mine, name, space)?.value
    if (before === undefined || kept === undefined) continue // declared by some of them only: a matter of lines
    values[name] = kept
    if (value === before || value === kept) continue
    if (kept === before) values[name] = value
    else clashes.push(`${name} is ${String(kept)} in one and ${String(value)} in the other, from ${String(before)}`)
  }
  // with their values alike, knobs make no lines differ
  const shared = from.filter(({ name }) => name in values)
  const plain = (source: string) => setKnobs(source, Object.fromEntries(shared.map(({ name, value }) => [name, value])))
  const lines: string[] = []
  for (const part of diff3Merge(linesOf(plain(ours)), linesOf(base), linesOf(plain(theirs)), { excludeFalseConflicts: true })) {
    if (part.ok) lines.push(...part.ok)
    if (part.conflict) clashes.push(clashOf(part.conflict.oIndex, part.conflict.o.length))
  }
  if (clashes.length > 0) return { source: null, clashes }
  return { source: setKnobs(lines.join('\n'), values), clashes: [] }
}

function sameKnob(knobs: readonly Knob[], name: string, space: Knob['space']): Knob | undefined {
  return knobs.find((knob) => knob.name === name && JSON.stringify(knob.space) === JSON.stringify(space))
}

function linesOf(text: string): string[] {
  return text.split('\n')
}

function clashOf(start: number, count: number): string {
  if (count === 0) return `both add lines after line ${start}`
  return `both change line${count === 1 ? '' : 's'} ${start + 1}${count === 1 ? '' : `–${start + count}`}`
}
