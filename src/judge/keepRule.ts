// When a candidate replaces the incumbent. A gain smaller than the spread between seeds is luck, so candidate and
// incumbent are compared on the same seeds, one seed at a time, and a candidate that further seeds could not
// rescue is let go after the first: most candidates cost one run.
//
// measured rule, for n = `repeats` seeds:
//   gain_k = mean over the first k seeds of (incumbent − candidate)
//   P_k    = share of bootstrapped gains of changes that do nothing (noise.ts) that gain_k exceeds
//   keep as better after k ≥ 2 seeds when P_k ≥ needed_k and gain_k ≥ floorBpb. The 5 % that luck is allowed in all are
//   shared among the looks: 2 % over those before the last and 3 % at the last, all of it where there is one look.
//   keep as simpler after n seeds when it is shorter and, on the seeds they share, no worse than any program that was
//   ever kept by more than one standard error of such a comparison. Any, not only the incumbent: a hundred programs
//   each a little worse than the one before would be a long way down.
//   stop after k seeds when the chance that gain_n still clears the bar is under 15 %.
// A single seed never keeps anything under this rule. plain rule: strictly lower on one seed.

import type { KeepRuleSpec } from './task'
import { DRAWS, luckOf, quantileOf, shareBelow, type Noise } from './noise'

/** A score in bits per byte and the seed it was measured on. */
export interface SeedScore {
  seed: number
  bpb: number
}

export interface Comparison {
  /** at least the score on the first of the judge's seeds */
  candidate: readonly SeedScore[]
  /** every seed that the candidate has */
  incumbent: readonly SeedScore[]
  /** every program that was ever kept, the baseline and the incumbent among them */
  kept: readonly (readonly SeedScore[])[]
  /** whether the candidate's text is shorter than the incumbent's */
  shorter: boolean
}

export interface Verdict {
  /** `more`: run the candidate (and the incumbent, where its score is unknown) on another seed, then ask again */
  decision: 'keep' | 'discard' | 'more'
  keptAs: 'better' | 'simpler' | null
  /** plain sentence */
  reason: string
  /** mean of candidate − incumbent over the shared seeds; negative is better */
  deltaBpb: number
  /** probability that the gain is no luck, and what a keep needs at this look; null under the plain rule */
  pBetter: number | null
  pNeeded: number | null
  /** gain that both of them and the floor amount to; null where one seed can keep nothing */
  barBpb: number | null
  /** seeds compared so far */
  seedsUsed: number
}

const FALSE_KEEPS = 0.05
const INTERIM_FALSE_KEEPS = 0.02
/** upper 15 % of the normal distribution: chance of a keep below which further seeds are not worth their time */
const RESCUE_Z = 1.036

/**
 * Decides on a candidate from scores on the same seeds as the incumbent's.
 * @param seeds the judge's seeds in the order in which they are used; the first is every candidate's first run
 * @param noise null is allowed under the plain rule only
 * @throws RangeError when the scores do not pair up or the noise is missing: a mistake of the caller
 */
export function decide(rule: KeepRuleSpec, seeds: readonly number[], compared: Comparison, noise: Noise | null, draws = DRAWS): Verdict {
  const gains = pairedGains(seeds, compared)
  if (rule.kind === 'plain') return decidePlain(gains[0])
  if (!noise) throw new RangeError('the measured rule needs a noise estimate')
  const n = Math.max(2, rule.repeats)
  const k = Math.min(gains.length, n)
  const gain = mean(gains.slice(0, k))
  const { shorter } = compared
  const pNeeded = neededAt(n, k)
  // no draw is worth its time where the answer is known: a loser at its first look
  const luck = luckOf(noise, k, gain > 0 || k > 1 ? draws : Math.min(draws, 2000))
  const pBetter = shareBelow(luck, gain)
  const barBpb = k < 2 ? null : Math.max(rule.floorBpb, quantileOf(luck, pNeeded))
  const facts = { deltaBpb: -gain, pBetter, pNeeded, barBpb, seedsUsed: k, keptAs: null }
  const over = `over ${k} seed${k === 1 ? '' : 's'}`
  const isBetter = gain > 0 && gain >= rule.floorBpb && pBetter >= pNeeded
  if (k >= 2 && isBetter) {
    const reason = `Better by ${bits(gain)} ${over}: P(better) is ${share(pBetter)}, ${share(pNeeded)} needed.`
    return { ...facts, decision: 'keep', keptAs: 'better', reason }
  }
  if (k === n) {
    const fall = worstFall(compared, noise)
    if (shorter && fall.over <= 0) {
      const reason = `Shorter, and ${moved(gain).toLowerCase()} ${over}: equal within one standard error (${bits(fall.margin)}), also to all kept before.`
      return { ...facts, decision: 'keep', keptAs: 'simpler', reason }
    }
    const short = gain > 0 && gain < rule.floorBpb ? `the task asks for ${bits(rule.floorBpb)} at least` : `P(better) is ${share(pBetter)}, ${share(pNeeded)} needed`
    return { ...facts, decision: 'discard', reason: `${moved(gain)} ${over}: ${short}.` }
  }
  const target = shorter ? -standardError(noise, n) : Math.max(rule.floorBpb, quantileOf(luckOf(noise, n, draws), neededAt(n, n)))
  if ((gain <= 0 && !shorter) || !canReach(target, noise, gain, k, n)) {
    return { ...facts, decision: 'discard', reason: `${moved(gain)} ${over}: further seeds could hardly lift that over the noise.` }
  }
  const hope = gain > 0 ? 'promising' : 'shorter and hardly worse'
  return { ...facts, decision: 'more', reason: `${moved(gain)} ${over}: ${hope}, so it is measured again on another seed.` }
}

/** Probability that a keep needs at look k of n. */
export function neededAt(n: number, k: number): number {
  if (n <= 2) return 1 - FALSE_KEEPS
  return k < n ? 1 - INTERIM_FALSE_KEEPS / (n - 2) : 1 - (FALSE_KEEPS - INTERIM_FALSE_KEEPS)
}

/** Of the mean difference between two programs over k seeds. */
function standardError({ sigmaBpb }: Noise, k: number): number {
  return (Math.SQRT2 * sigmaBpb) / Math.sqrt(k)
}

/** By how much the candidate is further below some kept program than a standard error; what that is to the incumbent. */
function worstFall({ candidate, incumbent, kept }: Comparison, noise: Noise): { over: number; margin: number } {
  const over = [incumbent, ...kept].map((other) => {
    const shared = candidate.flatMap(({ seed, bpb }) => other.filter((score) => score.seed === seed).map((score) => bpb - score.bpb))
    return shared.length === 0 ? 0 : mean(shared) - standardError(noise, shared.length)
  })
  return { over: Math.max(...over), margin: standardError(noise, candidate.length) }
}

/**
 * Whether the final mean may still reach a target: given gain_k, the mean of the n − k seeds to come is
 * spread by σ_pair·√(1/k + 1/(n−k)) about gain_k (flat prior on the true gain).
 */
function canReach(target: number, noise: Noise, gain: number, k: number, n: number): boolean {
  const needed = (n * target - k * gain) / (n - k)
  return needed - gain < RESCUE_Z * Math.SQRT2 * noise.sigmaBpb * Math.sqrt(1 / k + 1 / (n - k))
}

function decidePlain(gain: number): Verdict {
  const kept = gain > 0
  return {
    decision: kept ? 'keep' : 'discard',
    keptAs: kept ? 'better' : null,
    reason: kept
      ? `Lower by ${bits(gain)} on one seed; the plain rule asks nothing more.`
      : `${moved(gain)} on one seed; the plain rule wants a strictly lower score.`,
    deltaBpb: -gain,
    pBetter: null,
    pNeeded: null,
    barBpb: 0,
    seedsUsed: 1,
  }
}

function pairedGains(seeds: readonly number[], { candidate, incumbent }: Comparison): number[] {
  const gains: number[] = []
  for (const seed of seeds) {
    const mine = candidate.find((score) => score.seed === seed)
    if (!mine) break
    const theirs = incumbent.find((score) => score.seed === seed)
    if (!theirs) throw new RangeError(`the incumbent has no score on seed ${seed}`)
    gains.push(theirs.bpb - mine.bpb)
  }
  if (gains.length === 0) throw new RangeError('the candidate has no score on the first seed')
  return gains
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function moved(gain: number): string {
  if (gain === 0) return 'No change'
  return gain > 0 ? `Better by ${bits(gain)}` : `Worse by ${bits(-gain)}`
}

function bits(value: number): string {
  return `${value.toFixed(4)} bits per byte`
}

/** Never 100 %: draws end, luck does not. */
function share(p: number): string {
  return p >= 0.9995 ? 'over 99.9 %' : `${(100 * p).toFixed(1)} %`
}
