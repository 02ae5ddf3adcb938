// What a score earns: whole slices of the pool, some at once, some after the stability re-check.

import type { BountySpec, Score, Verdict } from '../types'
import { CLAIM_MARGIN_BLOCKS } from './machine'

type Terms = Pick<BountySpec, 'escrow' | 'poolSat' | 'slices' | 'nowShare' | 'targetImprovementBpb'>

const MSAT = 1000

/** Amount of every slice in msat, in the order in which they are released. A lump bounty has two: now, and held back. */
export function sliceAmountsMsat({ escrow, poolSat, slices, nowShare }: Terms): number[] {
  if (escrow !== 'lump') return Array.from({ length: slices }, () => (poolSat / slices) * MSAT)
  const nowSat = Math.round(poolSat * nowShare)
  return nowSat === poolSat ? [poolSat * MSAT] : [nowSat * MSAT, (poolSat - nowSat) * MSAT]
}

/** r = clamp(improvement ÷ target, 0, 1); improvement over the best attested before, in bits per byte. */
export function ratioOf({ targetImprovementBpb }: Terms, improvementBpb: number): number {
  return Math.min(1, Math.max(0, improvementBpb / targetImprovementBpb))
}

/**
 * Slices released at once and after the re-check: ⌊now·N·r⌋ and ⌊(1 − now)·N·r⌋, of at most `left` in all.
 * A lump cannot be divided: everything where r = 1, else nothing.
 */
export function releaseOf(terms: Terms, ratio: number, left: number): { now: number; later: number } {
  if (terms.escrow === 'lump') {
    const all = ratio >= 1 ? sliceAmountsMsat(terms).length : 0
    return { now: Math.min(all, 1, left), later: Math.max(0, Math.min(all - 1, left - 1)) }
  }
  const share = (part: number) => Math.floor(part * terms.slices * ratio + 1e-9)
  const now = Math.min(left, share(terms.nowShare))
  return { now, later: Math.min(left - now, share(1 - terms.nowShare)) }
}

/** Slices of a submission that verifier `index` of `count` draws the secrets for: every count-th of the `left` ones. */
export function ownSlices(left: number, index: number, count: number): number[] {
  return Array.from({ length: left }, (_, slice) => slice).filter((slice) => slice % count === index)
}

/** What one verifier may bill for a verdict: its part of the fee, in whole sats. */
export function feeMsat({ coordinatorFeePercent, verifiers }: Pick<BountySpec, 'coordinatorFeePercent' | 'verifiers'>, earnedMsat: number): number {
  return Math.floor((earnedMsat * coordinatorFeePercent) / 100 / verifiers.length / MSAT) * MSAT
}

/** Middle of the verifiers' scores, the mean of the two middle ones where their number is even; null of none. */
export function medianOf(scores: readonly number[]): number | null {
  if (scores.length === 0) return null
  const sorted = [...scores].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * A score as it would be on the first held-out set: there, the baseline is so much better or worse.
 * @param baselines attested scores of the baseline on a set; where there are none, a score is taken as it is
 */
export function onFirstSet({ heldOutSet, heldOutBpb }: Score, baselines: (set: number) => readonly number[]): number {
  const [first, own] = [0, heldOutSet].map((set) => medianOf(baselines(set)))
  return first === null || own === null ? heldOutBpb : heldOutBpb + first - own
}

/** What an accepted submission is known to reach: the worse of its two scores; null of a refused one. */
export function attestedBpb(first: Verdict | null | undefined, stability: Verdict | null | undefined): number | null {
  if (!first?.accepted || first.heldOutBpb === null) return null
  return Math.max(first.heldOutBpb, stability?.heldOutBpb ?? first.heldOutBpb)
}

/** Blocks from the lock to the end of the re-check, at ten minutes each, with room to claim. */
export function blocksNeeded({ stabilityDelaySeconds }: Pick<BountySpec, 'stabilityDelaySeconds'>): number {
  return Math.ceil(stabilityDelaySeconds / 600) + 2 * CLAIM_MARGIN_BLOCKS
}
