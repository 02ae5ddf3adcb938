// What comes to mind before a proposal. Notes fade and are refreshed as memories are in ACT-R:
//
//   activation A_i = ln Σ_j t_ij^−d + ln importance_i + association_i,   d = 0.5
//
// t_ij is the number of experiments since the j-th use of note i, so a note that is recent, often used, or important
// comes first, and exp(A_i) is need as recency × use × importance × e^association. The association is with what is
// about to be done: 1 for a program with the very same knobs, falling with the distance between them, and as much for
// words in common with what the person asked for.
// Source: Anderson & Schooler 1991, Psychological Science 2(6); Anderson et al. 2004, Psychological Review 111(4).

import type { Experiment, LabRecord } from '../../history/types'
import type { Knob } from '../../sandbox/contract'
import { findKnobs } from '../../sandbox/knobs'
import { toUnit } from '../controllers/space'
import type { Recall } from '../types'
import { notesOf, oneLine } from './notes'

const DECAY = 0.5
/** Distance of two programs, the mean over their knobs on the unit interval, at which they remind of each other by 1/e. */
const NEAR = 0.1
const MOST_NOTES = 12
const MOST_LESSONS = 6000

/**
 * The standing lessons and the notes that bear on what comes next, the most active first; at most twelve notes of at
 * most 280 characters. The same record recalls the same.
 * @param source the program that the next proposal starts from
 * @throws LabError "program.syntax" when the source is no program
 * @param cue words of what is asked for: a note of the person, an order; the person's open notes count in any case
 */
export function recall(rows: readonly Experiment[], lab: LabRecord, source: string, cue = ''): Recall {
  const knobs = findKnobs(source)
  const asked = wordsOf([cue, ...(lab.notes ?? [])].join(' '))
  const active = notesOf(rows, lab).map(({ about, text, importance, uses, row }) => {
    const base = uses.reduce((sum, use) => sum + Math.max(1, lab.nextNumber - use) ** -DECAY, 0)
    const association = nearness(knobs, row) + overlap(asked, wordsOf(`${row.description} ${row.hypothesis} ${row.category}`))
    return { about, text, importance, activation: Math.log(base) + Math.log(importance) + association }
  })
  active.sort((a, b) => b.activation - a.activation || b.about - a.about)
  return {
    lessons: lessonLines(lab.lessons ?? ''),
    notes: active.slice(0, MOST_NOTES).map(({ about, text, importance }) => ({ about, text, importance })),
  }
}

/** Whole lines from the top, as many as there is room for. */
function lessonLines(lessons: string): string {
  const lines: string[] = []
  let room = MOST_LESSONS
  for (const line of lessons.split('\n').map((text) => oneLine(text, 400))) {
    if (line.length + 1 > room) break
    room -= line.length + 1
    if (line) lines.push(line)
  }
  return lines.join('\n')
}

/** e^(−distance / NEAR) over the knobs that both have; 0 where there are none. */
function nearness(knobs: readonly Knob[], row: Experiment): number {
  const shared = knobs.filter(({ name }) => row.knobs[name] !== undefined)
  if (shared.length === 0) return 0
  const apart = shared.reduce((sum, knob) => {
    const value = row.knobs[knob.name]
    const isNumber = knob.space.kind !== 'oneOf' && typeof value === 'number' && typeof knob.value === 'number'
    return sum + (isNumber ? Math.abs(toUnit(knob, value) - toUnit(knob, Number(knob.value))) : Number(value !== knob.value))
  }, 0)
  return Math.exp(-apart / shared.length / NEAR)
}

/** Share of the words asked for that a note has. */
function overlap(asked: ReadonlySet<string>, words: ReadonlySet<string>): number {
  return asked.size === 0 ? 0 : [...asked].filter((word) => words.has(word)).length / asked.size
}

/** Words of three letters and more, knobs' names taken apart, small. */
function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[a-z]{3,}/g) ?? [])
}
