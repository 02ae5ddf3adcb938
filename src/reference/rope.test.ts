import { expect, test } from 'vitest'
import { Rng } from '../core/rng'
import { gradientError, normalArray } from './gradientCheck'
import { ropeBackward, ropeForward } from './rope'

test('rope by hand: position 0 stays, position 1 turns one radian', () => {
  const y = ropeForward(Float64Array.of(1, 2, 1, 0), { B: 1, T: 2, H: 1, D: 2, base: 10000 })
  expect([...y.subarray(0, 2)]).toEqual([1, 2])
  expect(y[2]).toBeCloseTo(0.540302306, 9) // cos 1
  expect(y[3]).toBeCloseTo(-0.841470985, 9) // -sin 1
})

test('rope by hand: the halves pair up and the second pair turns base^(-1/2) slower', () => {
  const x = new Float64Array(12)
  x[9] = 1 // t = 2, second of four channels: pairs with the fourth, angle 2 · 0.01
  const y = ropeForward(x, { B: 1, T: 3, H: 1, D: 4, base: 10000 })
  expect(y[9]).toBeCloseTo(0.999800007, 9)
  expect(y[11]).toBeCloseTo(-0.019998667, 9)
  expect(y[8]).toBe(0)
})

test('rope backward by finite differences', () => {
  const rng = new Rng(3, 'rope')
  const shape = { B: 2, T: 3, H: 2, D: 6, base: 100 }
  const x = normalArray(rng, 72)
  const dOut = normalArray(rng, 72)
  expect(gradientError(() => ropeForward(x, shape), dOut, x, ropeBackward(dOut, shape))).toBeLessThan(1e-6)
})
