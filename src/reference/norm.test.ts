import { expect, test } from 'vitest'
import { Rng } from '../core/rng'
import { gradientError, normalArray } from './gradientCheck'
import { layerNormBackward, layerNormForward, rmsNormBackward, rmsNormForward } from './norm'

test('rmsNorm by hand: mean square of (3, 4) is 12.5', () => {
  const shape = { rows: 1, C: 2, eps: 0 }
  const x = Float64Array.of(3, 4)
  const y = rmsNormForward(x, shape)
  expect(y[0]).toBeCloseTo(0.848528137, 9)
  expect(y[1]).toBeCloseTo(1.13137085, 8)
  const dX = rmsNormBackward(Float64Array.of(1, 0), x, shape)
  expect(dX[0]).toBeCloseTo(0.181019336, 9) // 0.64 / sqrt(12.5)
  expect(dX[1]).toBeCloseTo(-0.135764502, 9) // -0.48 / sqrt(12.5)
})

test('rmsNorm puts eps under the root', () => {
  const y = rmsNormForward(Float64Array.of(3, 4), { rows: 1, C: 2, eps: 12.5 })
  expect(y[0]).toBeCloseTo(0.6, 12)
  expect(y[1]).toBeCloseTo(0.8, 12)
})

test('layerNorm by hand: (0, 0, 3) has mean 1 and variance 2', () => {
  const shape = { rows: 1, C: 3, eps: 0 }
  const x = Float64Array.of(0, 0, 3)
  const root = Math.SQRT1_2
  const y = layerNormForward(x, shape)
  expect(y[0]).toBeCloseTo(-root, 12)
  expect(y[2]).toBeCloseTo(2 * root, 12)
  const dX = layerNormBackward(Float64Array.of(1, 0, 0), x, shape)
  expect(dX[0]).toBeCloseTo(root / 2, 12)
  expect(dX[1]).toBeCloseTo(-root / 2, 12)
  expect(dX[2]).toBeCloseTo(0, 12)
})

test.each([
  ['rmsNorm', rmsNormForward, rmsNormBackward],
  ['layerNorm', layerNormForward, layerNormBackward],
])('%s by finite differences', (name, forward, backward) => {
  const rng = new Rng(2, name)
  const shape = { rows: 4, C: 7, eps: 1e-3 }
  const x = normalArray(rng, 28)
  const dOut = normalArray(rng, 28)
  expect(gradientError(() => forward(x, shape), dOut, x, backward(dOut, x, shape))).toBeLessThan(1e-6)
})
