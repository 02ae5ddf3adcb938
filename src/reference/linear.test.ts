import { expect, test } from 'vitest'
import { Rng } from '../core/rng'
import { gradientError, normalArray } from './gradientCheck'
import { linearBackward, linearForward } from './linear'

const x = Float64Array.of(1, 2, 3, 4)
const w = Float64Array.of(1, 0, 2, -1, 0.5, 0.5)
const shape = { M: 2, K: 2, N: 3 }

test('linear forward by hand, with and without bias', () => {
  expect([...linearForward(x, w, Float64Array.of(1, 2, 3), shape)]).toEqual([2, 2, 4.5, 4, 4, 6.5])
  expect([...linearForward(x, w, null, shape)]).toEqual([1, 0, 1.5, 3, 2, 3.5])
})

test('linear backward by hand', () => {
  const { dX, dW, dBias } = linearBackward(Float64Array.of(1, 0, 2, 0, 1, -1), x, w, shape)
  expect([...dX]).toEqual([2, 1, 1.5, -1.5])
  expect([...dW]).toEqual([1, 2, 3, 4, -1, 0])
  expect([...dBias]).toEqual([1, 1, 1])
})

test('linear backward by finite differences', () => {
  const rng = new Rng(1, 'linear')
  const size = { M: 3, K: 5, N: 4 }
  const [a, b, bias] = [normalArray(rng, 15), normalArray(rng, 20), normalArray(rng, 4)]
  const dOut = normalArray(rng, 12)
  const { dX, dW, dBias } = linearBackward(dOut, a, b, size)
  const forward = () => linearForward(a, b, bias, size)
  expect(gradientError(forward, dOut, a, dX)).toBeLessThan(1e-6)
  expect(gradientError(forward, dOut, b, dW)).toBeLessThan(1e-6)
  expect(gradientError(forward, dOut, bias, dBias)).toBeLessThan(1e-6)
})
