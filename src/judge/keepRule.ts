// When a candidate replaces the incumbent. A gain smaller than the spread between seeds is luck, so candidate and
// incumbent are compared on the same seeds, one seed at a time, and a candidate that further seeds could not
// rescue is let go after the first: most candidates cost one run.
//
// measured rule, for n = `repeats` seeds and a noise estimate s with ν degrees of freedom:
//   gain_k = mean over the first k seeds of (incumbent − candidate)
//   keep after k ≥ 2 seeds when gain_k > max(floorBpb, t(ν, α_k)·√2·s/√k)
//   √2·s is the spread of a difference of two scores; it ignores what the shared seed cancels, so it errs on the
//   strict side. α_k: 2 % over the looks before the last, 4 % at the last (6 % when there is only one look);
//   stopping early takes some of that away, and simulation in the test shows under 5 % kept of changes that do
//   nothing, even right after the baseline. z at the last look is thus 5.2 at ν = 1 (n = 2), 3.3 at ν = 2, → 1.75.
//   stop after k seeds when the chance that gain_n still clears the bar is under 15 %.
// A single seed never keeps anything under this rule. plain rule: strictly lower on one seed.

import type { KeepRuleSpec } from './task'
import type { Noise } from './noise'
import { normalQuantile, studentQuantile } from './noise'

/** A score in bits per byte and the seed it was measured on. */
export interface SeedScore {
  seed: number
  bpb: number
}

export interface Verdict {
  /** `more`: run the candidate (and the incumbent, where its score is unknown) on `nextSeed`, then ask again */
  decision: 'keep' | 'discard' | 'more'
  /** plain sentence */
  reason: string
  /** mean of candidate − incumbent over the shared seeds; negative is better */
  deltaBpb: number
  /** gain that had to be exceeded at this look */
  thresholdBpb: number
  /** seeds compared so far */
  seedsUsed: number
  /** further seeds this candidate may still cost at most; 0 once decided */
  seedsNeeded: number
  nextSeed: number | null
}

const FALSE_KEEPS = 0.06
const INTERIM_FALSE_KEEPS = 0.02
/** chance of a keep below which further seeds are not worth their time */
const RESCUE_TAIL = 0.15

/**
 * Decides on a candidate from scores on the same seeds as the incumbent's.
 * @param seeds the judge's seeds in the order in which they are used; the first is every candidate's first run
 * @param candidate at least the score on `seeds[0]`
 * @param incumbent must hold every seed that the candidate holds
 * @param noise null is allowed under the plain rule only
 * @throws RangeError when the scores do not pair up or the noise is missing: a mistake of the caller
 */
export function decide(
  rule: KeepRuleSpec,
  seeds: readonly number[],
  candidate: readonly SeedScore[],
  incumbent: readonly SeedScore[],
  noise: Noise | null,
): Verdict {
  const gains = pairedGains(seeds, candidate, incumbent)
  if (rule.kind === 'plain') return decidePlain(gains[0])
  if (!noise) throw new RangeError('the measured rule needs a noise estimate')
  const n = Math.max(2, rule.repeats)
  const k = Math.min(gains.length, n)
  const gain = gains.slice(0, k).reduce((sum, g) => sum + g, 0) / k
  const threshold = keepThreshold(rule, noise, k)
  const verdict = (decision: Verdict['decision'], reason: string): Verdict => ({
    decision,
    reason,
    deltaBpb: -gain,
    thresholdBpb: threshold,
    seedsUsed: k,
    seedsNeeded: decision === 'more' ? n - k : 0,
    nextSeed: decision === 'more' ? seeds[k] : null,
  })
  const over = `over ${k} seed${k === 1 ? '' : 's'}`
  if (k >= 2 && gain > threshold) {
    return verdict('keep', `Better by ${bits(gain)} ${over}, more than the ${bits(threshold)} that noise can explain.`)
  }
  if (k === n) {
    return verdict('discard', `${moved(gain)} ${over}, but a keep needs a gain of more than ${bits(threshold)}.`)
  }
  if (!worthAnotherSeed(rule, noise, gain, k, n)) {
    return verdict('discard', `${moved(gain)} ${over}: further seeds could hardly lift that over the noise.`)
  }
  return verdict('more', `${moved(gain)} ${over}: promising, so it is measured again on another seed.`)
}

/** Gain in bits per byte that a mean over k paired seeds must exceed to be kept. */
export function keepThreshold(rule: KeepRuleSpec, noise: Noise, k: number): number {
  const n = Math.max(2, rule.repeats)
  if (k < 2) return Infinity
  const interimLooks = n - 2
  const last = interimLooks > 0 ? FALSE_KEEPS - INTERIM_FALSE_KEEPS : FALSE_KEEPS
  const tail = k < n ? INTERIM_FALSE_KEEPS / interimLooks : last
  return Math.max(rule.floorBpb, (studentQuantile(tail, noise.freedom) * Math.SQRT2 * noise.pooledBpb) / Math.sqrt(k))
}

/**
 * Whether the final mean may still clear the final bar: given gain_k, the mean of the n − k seeds to come is
 * spread by σ_pair·√(1/k + 1/(n−k)) about gain_k (flat prior on the true gain).
 */
function worthAnotherSeed(rule: KeepRuleSpec, noise: Noise, gain: number, k: number, n: number): boolean {
  if (gain <= 0) return false
  const needed = (n * keepThreshold(rule, noise, n) - k * gain) / (n - k)
  const spread = Math.SQRT2 * noise.sigmaBpb * Math.sqrt(1 / k + 1 / (n - k))
  return needed - gain < normalQuantile(RESCUE_TAIL) * spread
}

function decidePlain(gain: number): Verdict {
  const kept = gain > 0
  return {
    decision: kept ? 'keep' : 'discard',
    reason: kept
      ? `Lower by ${bits(gain)} on one seed; the plain rule asks nothing more.`
      : `${moved(gain)} on one seed; the plain rule wants a strictly lower score.`,
    deltaBpb: -gain,
    thresholdBpb: 0,
    seedsUsed: 1,
    seedsNeeded: 0,
    nextSeed: null,
  }
}

function pairedGains(
  seeds: readonly number[],
  candidate: readonly SeedScore[],
  incumbent: readonly SeedScore[],
): number[] {
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

function moved(gain: number): string {
  if (gain === 0) return 'No change'
  return gain > 0 ? `Better by ${bits(gain)}` : `Worse by ${bits(-gain)}`
}

function bits(value: number): string {
  return `${value.toFixed(4)} bits per byte`
}
