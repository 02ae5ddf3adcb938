import { expect, test } from 'vitest'
import { Rng } from '../core/rng'
import { gradientError, normalArray } from './gradientCheck'
import { convBackward, convForward, shiftBackward, shiftForward } from './sequence'

test('shift by hand: rows of the batch stay apart', () => {
  const x = Float64Array.of(1, 2, 3, 4, 5, 6)
  expect([...shiftForward(x, { B: 2, T: 3, C: 1, by: 1 })]).toEqual([0, 1, 2, 0, 4, 5])
  expect([...shiftBackward(x, { B: 2, T: 3, C: 1, by: 1 })]).toEqual([2, 3, 0, 5, 6, 0])
  expect([...shiftForward(x, { B: 1, T: 3, C: 2, by: 0 })]).toEqual([...x])
  expect([...shiftForward(x, { B: 1, T: 3, C: 2, by: 9 })]).toEqual([0, 0, 0, 0, 0, 0])
})

test('conv by hand: tap k looks k back', () => {
  const x = Float64Array.of(1, 10, 2, 20, 3, 30)
  const w = Float64Array.of(1, 100, 5, 0)
  expect([...convForward(x, w, { B: 1, T: 3, C: 2, K: 2 })]).toEqual([1, 50, 102, 100, 203, 150])
  const { dX, dW } = convBackward(Float64Array.of(0, 0, 1, 0, 0, 1), x, w, { B: 1, T: 3, C: 2, K: 2 })
  expect([...dX]).toEqual([100, 0, 1, 0, 0, 5])
  expect([...dW]).toEqual([2, 1, 30, 20])
})

test('shift and conv backward by finite differences', () => {
  const rng = new Rng(8, 'sequence')
  const x = normalArray(rng, 2 * 5 * 3)
  const w = normalArray(rng, 3 * 4)
  const dOut = normalArray(rng, 2 * 5 * 3)
  const shift = { B: 2, T: 5, C: 3, by: 2 }
  expect(gradientError(() => shiftForward(x, shift), dOut, x, shiftBackward(dOut, shift))).toBeLessThan(1e-6)
  const conv = { B: 2, T: 5, C: 3, K: 4 }
  const { dX, dW } = convBackward(dOut, x, w, conv)
  expect(gradientError(() => convForward(x, w, conv), dOut, x, dX)).toBeLessThan(1e-6)
  expect(gradientError(() => convForward(x, w, conv), dOut, w, dW)).toBeLessThan(1e-6)
})
