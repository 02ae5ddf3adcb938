// The deck: known techniques for when the researcher is stuck, and how they are put into a program.

import type { Experiment, LabRecord } from '../../../history/types'
import { findKnobs, setKnobs, snapToSpace, type KnobValue } from '../../../sandbox/knobs'
import { ARCHITECTURE } from './architecture'
import { TRAINING } from './training'
import type { Idea } from './types'

/** Model and training by turns. */
export const DECK: readonly Idea[] = Array.from({ length: Math.max(ARCHITECTURE.length, TRAINING.length) }, (_, i) => [TRAINING[i], ARCHITECTURE[i]])
  .flat()
  .filter((idea) => idea !== undefined)

/** Ideas that no attempt was asked to try yet, in the order of the deck. */
export function untriedIdeas(rows: readonly Experiment[]): Idea[] {
  const told = ideaOrders(rows)
  return DECK.filter(({ name }) => !told.some((text) => text.startsWith(ideaText(name))))
}

/** A paper of the person's that no attempt was asked to read yet; the first one given. */
export function unreadPaper({ papers = [] }: Pick<LabRecord, 'papers'>, rows: readonly Experiment[]): string | null {
  const told = ideaOrders(rows)
  return papers.find(({ name }) => !told.some((text) => text.startsWith(paperText(name))))?.name ?? null
}

/** How the order begins that hands over an idea. */
export function ideaText(name: string): string {
  return `A known technique: ${name}.`
}

/** How the order begins that hands over a paper. */
export function paperText(name: string): string {
  return `From the paper "${name}":`
}

/**
 * A program with an idea in it.
 * @returns null where it has none of the places, or has the idea already
 */
export function applyIdea(source: string, { knobs = {}, edits = [] }: Idea): string | null {
  const known = new Map(findKnobs(source).map((knob) => [knob.name, knob]))
  const values: Record<string, KnobValue> = {}
  for (const [name, wanted] of Object.entries(knobs)) {
    const knob = known.get(name)
    if (!knob) return null
    const value = typeof wanted === 'object' ? Number(knob.value) * wanted.times : wanted
    if (knob.space.kind === 'oneOf' && !knob.space.options.includes(value)) return null
    values[name] = snapToSpace(knob, value)
  }
  let text = setKnobs(source, values)
  for (const { find, replace } of edits) {
    const parts = text.split(find)
    if (parts.length !== 2) return null
    text = parts.join(replace)
  }
  return text === source ? null : text
}

function ideaOrders(rows: readonly Experiment[]): string[] {
  return rows.flatMap(({ guidance }) => (guidance?.orders ?? []).flatMap(({ kind, text }) => (kind === 'idea' ? [text] : [])))
}
