// What the lab remembers of its attempts: one note each, important by how it ended.

import type { Experiment, LabRecord } from '../../history/types'
import { isTry } from '../outcomes'
import { attemptsOf } from './attempts'
import { reflect } from './reflection'

export interface Note {
  /** the experiment it is about */
  about: number
  text: string
  /** 0 … 1, by how the attempt ended */
  importance: number
  /** numbers of the experiments that brought it to mind: its own, and every later one on the same subject */
  uses: number[]
  row: Experiment
}

const LONGEST = 280

/** Kept 0.8, discarded 0.4, failed 0.6; an analysis, which is about many, 0.9. */
function importanceOf({ status }: Experiment): number {
  if (status === 'keep') return 0.8
  if (status === 'discard') return 0.4
  return status === 'thought' ? 0.9 : 0.6
}

/**
 * A note for every attempt that says something, oldest first. It is brought to mind again by every later attempt that
 * builds on it, or moves a knob that it moved; where no knob moved, by one of the same category.
 */
export function notesOf(rows: readonly Experiment[], lab: Pick<LabRecord, 'sigmaBpb'>): Note[] {
  const attempts = attemptsOf(rows, lab)
  const byNumber = new Map(attempts.map((attempt) => [attempt.row.number, attempt]))
  const movedIn = (row: Experiment) => byNumber.get(row.number)?.moves.map(({ name }) => name) ?? []
  const told = rows.filter((row) => row.status === 'thought' || (isTry(row) && row.status !== 'device_lost'))
  const subjects = new Map(told.map((row) => [row.number, new Set(movedIn(row))]))
  return told.map((row) => {
    const mine = movedIn(row)
    const recalls = (later: Experiment) => {
      if (later.parents?.includes(row.number) || later.parentNumber === row.number) return true
      const theirs = subjects.get(later.number)!
      return mine.length === 0 || theirs.size === 0 ? later.category === row.category : mine.some((name) => theirs.has(name))
    }
    const uses = told.filter((later) => later.number === row.number || (later.number > row.number && recalls(later)))
    const text = textOf(row, row.reflection ?? reflect(row, byNumber.get(row.number), attempts))
    return { about: row.number, text, importance: importanceOf(row), uses: uses.map(({ number }) => number), row }
  })
}

function textOf(row: Experiment, reflection: string): string {
  const what = row.status === 'thought' ? row.hypothesis : row.description
  return oneLine(`#${row.number} ${row.status}, ${row.category}: ${oneLine(what, 120)}. ${reflection}`, LONGEST)
}

/** Text that others may have written, on one line of bounded length. */
export function oneLine(text: string, most: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`
}
