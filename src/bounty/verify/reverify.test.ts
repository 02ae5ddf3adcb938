import { expect, test } from 'vitest'
import { specFixture } from '../testing/fixtures'
import type { Score, Verdict } from '../types'
import { compareScores } from './reverify'

const spec = specFixture({ toleranceBpb: 0.005 })
const score = (scores: number[]): Score => ({ heldOutBpb: scores[0], publicBpb: null, scores, seeds: scores.length, heldOutSet: 0, adapter: '', appVersion: '' })
const verdict = (heldOutBpb: number | null): Verdict => ({ heldOutBpb, improvementBpb: 0.1, bestBeforeBpb: 2, ratio: 1, amountMsat: 0, released: [], accepted: true, reason: '' })

test('the same within the tolerance and the spread of the seeds; a lie is beyond both', () => {
  expect(compareScores(spec, verdict(1.9), [score([1.9])], score([1.904]), '').agrees).toBe(true)
  expect(compareScores(spec, verdict(1.9), [score([1.9])], score([1.906]), '').agrees).toBe(false)
  // two seeds 0.02 apart: the mean of each is known to 0.01, their difference to 0.014, twice that is allowed
  const wide = [score([1.9, 1.92])]
  expect(compareScores(spec, verdict(1.9), wide, score([1.93, 1.95]), '')).toMatchObject({ agrees: true, reason: expect.stringContaining('0.0333 are allowed') })
  expect(compareScores(spec, verdict(1.7), [score([1.7, 1.72])], score([1.93, 1.95]), '').agrees).toBe(false)
})

test('what could not be scored must not be scored here either', () => {
  expect(compareScores(spec, verdict(null), [], null, 'It changes nothing.')).toMatchObject({ agrees: true, reason: expect.stringContaining('It changes nothing.') })
  expect(compareScores(spec, verdict(null), [], score([1.9]), '').agrees).toBe(false)
  expect(compareScores(spec, verdict(1.9), [score([1.9])], null, 'The canary failed.').agrees).toBe(false)
})
