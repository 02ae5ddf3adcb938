// How much of a gain is left somewhere else: the same two programs on the same fresh seeds, at home and in another
// setting. Both gains are uncertain, so their ratio is, and where the gain at home is not clearly there, there is no
// ratio to speak of.

import { Rng } from '../core/rng'
import type { SeedScore } from './keepRule'
import { DRAWS, estimateNoise, luckOf, quantileOf, type Noise } from './noise'

/** A gain over paired seeds, bits per byte; positive is better. */
export interface Gain {
  pairs: number
  gainBpb: number
  /** √2·σ/√pairs; null while one pair tells of no spread */
  seBpb: number | null
  /** the true gain lies between them with 95 %; null with seBpb */
  lowBpb: number | null
  highBpb: number | null
}

/** What part of a gain is left, 1 being all of it, and where the true part lies with 95 %. */
export interface Share {
  share: number
  low: number
  high: number
}

export type CarryVerdict = 'carries over' | 'in part' | 'lost' | 'reversed' | 'cannot tell'

const LEVEL = 0.95
/** Below this share nobody would say that a gain had carried over. */
const HALF = 0.5

/** Spread between seeds in one setting, pooled over the programs that were measured there. */
export function settingNoise(programs: readonly (readonly SeedScore[])[]): Noise | null {
  return estimateNoise(programs.map((scores) => scores.map(({ bpb }) => bpb)))
}

/**
 * Mean of before − after over the seeds that both have; the interval is that of luckOf (noise.ts) about it.
 * @param noise of this setting; null where nothing has been repeated
 * @returns null where no seed is shared
 */
export function gainOf(before: readonly SeedScore[], after: readonly SeedScore[], noise: Noise | null): Gain | null {
  const gains = after.flatMap(({ seed, bpb }) => before.filter((score) => score.seed === seed).map((score) => score.bpb - bpb))
  if (gains.length === 0) return null
  const pairs = gains.length
  const gainBpb = gains.reduce((sum, gain) => sum + gain, 0) / pairs
  if (noise === null || pairs < 2) return { pairs, gainBpb, seBpb: null, lowBpb: null, highBpb: null }
  const luck = luckOf(noise, pairs)
  const lowBpb = gainBpb - quantileOf(luck, (1 + LEVEL) / 2)
  const highBpb = gainBpb - quantileOf(luck, (1 - LEVEL) / 2)
  return { pairs, gainBpb, seBpb: (Math.SQRT2 * noise.sigmaBpb) / Math.sqrt(pairs), lowBpb, highBpb }
}

/** Whether a gain is above zero with 97.5 %. */
export function isReal({ lowBpb }: Gain): boolean {
  return lowBpb !== null && lowBpb > 0
}

/**
 * there / home, by drawing the luck of both (noise.ts).
 * @returns null where the gain at home is within noise, or either gain has no interval
 */
export function shareOf(home: Gain, homeNoise: Noise | null, there: Gain, thereNoise: Noise | null): Share | null {
  if (!isReal(home) || homeNoise === null || thereNoise === null || there.lowBpb === null) return null
  const rng = new Rng(home.pairs, 'share')
  const [homeLuck, thereLuck] = [luckOf(homeNoise, home.pairs), luckOf(thereNoise, there.pairs)]
  const shares = Float64Array.from({ length: DRAWS }, () => {
    const below = home.gainBpb - homeLuck[rng.int(homeLuck.length)]
    const above = there.gainBpb - thereLuck[rng.int(thereLuck.length)]
    // fewer than 2.5 % of draws: home is real
    return below > 0 ? above / below : Math.sign(above) * Number.MAX_VALUE
  }).sort()
  return { share: there.gainBpb / home.gainBpb, low: quantileOf(shares, (1 - LEVEL) / 2), high: quantileOf(shares, (1 + LEVEL) / 2) }
}

/** What a gain in another setting amounts to, in two words. */
export function carryVerdict(there: Gain, share: Share | null): CarryVerdict {
  if (there.highBpb !== null && there.highBpb < 0) return 'reversed'
  if (isReal(there)) return share !== null && share.high < 1 ? 'in part' : 'carries over'
  return share !== null && share.high < HALF ? 'lost' : 'cannot tell'
}
