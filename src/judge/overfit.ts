// Whether a gain is one of the text or of this very text. Val is looked at again and again, so what is kept may come to
// fit val alone; the hidden split is scored apart, and the gap between the two must not widen beyond noise.

import { PARTS } from './evaluate'
import type { ScoreParts } from './types'

/** One run of a program on both splits. */
export interface BothScores {
  seed: number
  valBpb: number
  hiddenBpb: number
  parts: ScoreParts | null
}

export interface Widening {
  /** (hidden − val of the candidate) − (hidden − val of the reference), mean over shared seeds; positive is wider */
  widenedBpb: number
  /** what the texts at hand can explain */
  barBpb: number
  isOverfit: boolean
}

/** Student's t for 15 degrees of freedom, upper 1 %: one honest gain in a hundred is called overfit */
const BAR_Z = 2.6

/**
 * Compares the gain on val with the gain on hidden text, the seeds being the same:
 *   widened = gain_val − gain_hidden
 *   bar     = 2.6·√(var_p gain_val,p / P + var_p gain_hidden,p / P)   over the P = 16 parts of each text
 * A real gain differs from part to part of a text, and so between two texts; that is what the parts tell.
 * @returns null where the two share no seed with parts: there is too little text to tell
 */
export function gapWidening(candidate: readonly BothScores[], reference: readonly BothScores[]): Widening | null {
  const pairs = candidate.flatMap((mine) => {
    const theirs = reference.find(({ seed }) => seed === mine.seed)
    return mine.parts && theirs?.parts ? [{ mine, theirs, parts: { mine: mine.parts, theirs: theirs.parts } }] : []
  })
  if (pairs.length === 0) return null
  const gap = ({ valBpb, hiddenBpb }: BothScores) => hiddenBpb - valBpb
  const widenedBpb = mean(pairs.map(({ mine, theirs }) => gap(mine) - gap(theirs)))
  const gains = (split: keyof ScoreParts) =>
    Array.from({ length: PARTS }, (_, p) => mean(pairs.map(({ parts }) => parts.theirs[split][p] - parts.mine[split][p])))
  const barBpb = BAR_Z * Math.sqrt((variance(gains('val')) + variance(gains('hidden'))) / PARTS)
  return { widenedBpb, barBpb, isOverfit: widenedBpb > barBpb && widenedBpb > 1e-9 }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function variance(values: readonly number[]): number {
  const centre = mean(values)
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1)
}
