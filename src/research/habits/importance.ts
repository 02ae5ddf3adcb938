// Which knobs matter, as far as the record can tell.

import type { Experiment } from '../../history/types'
import type { KnobImportance } from '../../worker/researchProtocol'
import { isTry } from '../outcomes'
import { growForest } from './forest'

/** Scored attempts below which nothing is said. */
const FEWEST = 20
/** Share of the variance that must be explained on rows left out before a knob is named. */
const LEAST = 0.1
/** A share below this is what a knob that does nothing may get. */
const SMALLEST = 0.02
/** The latest rows are enough, and keep this quick. */
const MOST = 300

/**
 * How much of what scores differ by hangs on each knob: the share of the variance that a random forest over the knobs
 * loses, on rows it has not seen, when that knob's values are shuffled. Interactions count for each of their knobs, so
 * shares need not add up to what is explained.
 */
export function importanceOf(rows: readonly Experiment[]): KnobImportance {
  const scored = rows.filter((row) => row.valBpb !== null && (row.status === 'baseline' || isTry(row))).slice(-MOST)
  const names = [...new Set(scored.flatMap((row) => Object.keys(row.knobs)))]
  const moved = names.filter((name) => new Set(scored.map((row) => row.knobs[name])).size > 1)
  const facts = { rows: scored.length, explained: null, knobs: [] }
  if (scored.length < FEWEST || moved.length === 0) return facts
  const { explained, importance } = growForest(
    // a knob that a program does not have is a value of its own
    scored.map((row) => moved.map((name) => row.knobs[name] ?? 'absent')),
    scored.map((row) => row.valBpb!),
  )
  if (explained < LEAST) return { ...facts, explained }
  const knobs = moved.map((name, i) => ({ name, share: importance[i] })).filter(({ share }) => share > SMALLEST)
  return { rows: scored.length, explained, knobs: knobs.sort((a, b) => b.share - a.share) }
}
