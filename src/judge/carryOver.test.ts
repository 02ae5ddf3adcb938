import { describe, expect, test } from 'vitest'
import { Rng } from '../core/rng'
import { carryVerdict, gainOf, isReal, settingNoise, shareOf } from './carryOver'
import type { SeedScore } from './keepRule'

const SIGMA = 0.004

/** Scores of a program whose true score is `bpb`. */
const scores = (bpb: number, seeds: number, stream: string, sigma = SIGMA): SeedScore[] => {
  const rng = new Rng(seeds, stream)
  return Array.from({ length: seeds }, (_, seed) => ({ seed, bpb: bpb + sigma * rng.normal() }))
}

function measured(gain: number, seeds: number, stream: string, sigma = SIGMA) {
  const [before, after] = [scores(2, seeds, `${stream}/before`, sigma), scores(2 - gain, seeds, `${stream}/after`, sigma)]
  const noise = settingNoise([before, after])
  return { gain: gainOf(before, after, noise)!, noise }
}

describe('a gain over paired seeds', () => {
  test('is the mean of the differences, by hand', () => {
    const before = [{ seed: 1, bpb: 2 }, { seed: 2, bpb: 2.2 }, { seed: 3, bpb: 2.5 }] // prettier-ignore
    const after = [{ seed: 2, bpb: 2.1 }, { seed: 1, bpb: 1.8 }] // prettier-ignore
    const gain = gainOf(before, after, null)
    expect(gain).toMatchObject({ pairs: 2, seBpb: null, lowBpb: null })
    expect(gain!.gainBpb).toBeCloseTo(0.15, 12)
    expect(gainOf(before, [{ seed: 9, bpb: 1 }], null)).toBeNull()
  })

  test('its interval holds the truth about as often as it says', () => {
    let held = 0
    for (let i = 0; i < 60; i++) {
      const { gain } = measured(0.01, 3, `cover/${i}`)
      if (gain.lowBpb! <= 0.01 && gain.highBpb! >= 0.01) held++
    }
    // strict by design (two scores on one seed count as strangers), so rather more than 95 %
    expect(held).toBeGreaterThanOrEqual(56)
  })

  test('one pair has no interval', () => {
    const { gain } = measured(0.1, 1, 'one')
    expect(gain).toMatchObject({ pairs: 1, lowBpb: null })
    expect(isReal(gain)).toBe(false)
  })
})

describe('the share that survives', () => {
  test('is the ratio, and its interval holds the truth', () => {
    const home = measured(0.2, 4, 'home')
    const there = measured(0.1, 4, 'there')
    const share = shareOf(home.gain, home.noise, there.gain, there.noise)!
    expect(share.share).toBeCloseTo(there.gain.gainBpb / home.gain.gainBpb, 12)
    expect(share.low).toBeLessThan(0.5)
    expect(share.high).toBeGreaterThan(0.5)
    expect(share.high).toBeLessThan(0.8)
    expect(carryVerdict(there.gain, share)).toBe('in part')
  })

  test('cannot be told where the gain at home is within noise, or one pair is all there is', () => {
    const there = measured(0.1, 3, 'there')
    const none = measured(0.0005, 3, 'none')
    expect(isReal(none.gain)).toBe(false)
    expect(shareOf(none.gain, none.noise, there.gain, there.noise)).toBeNull()
    const one = measured(0.1, 1, 'one')
    expect(shareOf(there.gain, there.noise, one.gain, one.noise)).toBeNull()
  })

  test('names what is lost, turned over, whole and unknown', () => {
    const home = measured(0.2, 4, 'home')
    const verdict = (gain: number, sigma = SIGMA) => {
      const there = measured(gain, 4, 'there', sigma)
      return carryVerdict(there.gain, shareOf(home.gain, home.noise, there.gain, there.noise))
    }
    expect(verdict(0.22)).toBe('carries over')
    expect(verdict(0.0001)).toBe('lost')
    expect(verdict(-0.1)).toBe('reversed')
    expect(verdict(0.1, 0.2)).toBe('cannot tell')
  })
})
