import { expect, test } from 'vitest'
import { Rng } from '../core/rng'
import { gradientError, normalArray } from './gradientCheck'
import { softmaxBackward, softmaxForward } from './softmax'

test('softmax by hand, and without overflow', () => {
  const y = softmaxForward(Float64Array.of(0, Math.log(3), 10000, 10000), { rows: 2, C: 2 })
  expect(y[0]).toBeCloseTo(0.25, 12)
  expect(y[1]).toBeCloseTo(0.75, 12)
  expect([y[2], y[3]]).toEqual([0.5, 0.5])
  const dX = softmaxBackward(Float64Array.of(1, 0), Float64Array.of(0.25, 0.75), { rows: 1, C: 2 })
  expect([...dX]).toEqual([0.1875, -0.1875])
})

test('softmax backward by finite differences', () => {
  const rng = new Rng(5, 'softmax')
  const shape = { rows: 3, C: 5 }
  const x = normalArray(rng, 15)
  const dOut = normalArray(rng, 15)
  const dX = softmaxBackward(dOut, softmaxForward(x, shape), shape)
  expect(gradientError(() => softmaxForward(x, shape), dOut, x, dX)).toBeLessThan(1e-6)
})
