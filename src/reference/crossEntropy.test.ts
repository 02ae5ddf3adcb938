import { expect, test } from 'vitest'
import { Rng } from '../core/rng'
import { crossEntropyBackward, crossEntropyForward } from './crossEntropy'
import { gradientError, normalArray } from './gradientCheck'

test('cross-entropy by hand: probabilities 1/4 and 3/4', () => {
  const logits = Float64Array.of(0, Math.log(3), 0, Math.log(3), 5, 6)
  const targets = Int32Array.of(0, 1, -1)
  const shape = { N: 3, V: 2 }
  const nats = crossEntropyForward(logits, targets, shape)
  expect(nats[0]).toBeCloseTo(1.386294361, 9) // ln 4
  expect(nats[1]).toBeCloseTo(0.287682072, 9) // ln 4/3
  expect(nats[2]).toBe(0)
  const dLogits = crossEntropyBackward(logits, targets, shape, 0.5)
  const byHand = [-0.375, 0.375, 0.125, -0.125, 0, 0]
  byHand.forEach((value, i) => expect(dLogits[i]).toBeCloseTo(value, 12))
})

test('cross-entropy survives large logits', () => {
  const nats = crossEntropyForward(Float64Array.of(1e4, -1e4), Int32Array.of(1), { N: 1, V: 2 })
  expect(nats[0]).toBe(2e4)
})

test('cross-entropy backward by finite differences', () => {
  const rng = new Rng(7, 'crossEntropy')
  const targets = Int32Array.of(4, -1, 0)
  const shape = { N: 3, V: 5 }
  const logits = normalArray(rng, 15)
  const dLogits = crossEntropyBackward(logits, targets, shape, 0.3)
  const scales = new Float64Array(3).fill(0.3)
  const forward = () => crossEntropyForward(logits, targets, shape)
  expect(gradientError(forward, scales, logits, dLogits)).toBeLessThan(1e-6)
})
