import { expect, test } from 'vitest'
import { Rng } from '../core/rng'
import { normalArray } from './gradientCheck'
import { adamwStep, lionStep, muonStep, polarExpress, POLAR_EXPRESS_COEFFICIENTS, sgdStep } from './optimizers'

test('adamw by hand: the first step is ±1, the second 1/√3 after a zero gradient', () => {
  const w = Float64Array.of(10)
  const state = { m: new Float64Array(1), v: new Float64Array(1) }
  const options = { lr: 0.1, beta1: 0.5, beta2: 0.5, eps: 0, weightDecay: 0 }
  adamwStep(w, Float64Array.of(2), state, { ...options, step: 1 })
  expect(w[0]).toBeCloseTo(9.9, 12)
  adamwStep(w, Float64Array.of(0), state, { ...options, step: 2 })
  expect(w[0]).toBeCloseTo(9.9 - 0.1 / Math.sqrt(3), 12)
  expect([state.m[0], state.v[0]]).toEqual([0.5, 1])
})

test('adamw by hand: eps outside the root, decay of the old weight', () => {
  const w = Float64Array.of(10)
  const state = { m: new Float64Array(1), v: new Float64Array(1) }
  adamwStep(w, Float64Array.of(2), state, { lr: 0.1, beta1: 0.9, beta2: 0.9, eps: 2, weightDecay: 0.3, step: 1 })
  expect(w[0]).toBeCloseTo(10 - 0.1 * (2 / (2 + 2) + 3), 12)
})

test('lion by hand', () => {
  const w = Float64Array.of(2, 2)
  const state = { m: Float64Array.of(1, 0) }
  // 0.9·1 − 0.1·4 > 0: the momentum outvotes the gradient
  lionStep(w, Float64Array.of(-4, -4), state, { lr: 0.1, beta1: 0.9, beta2: 0.5, weightDecay: 0.5 })
  expect(w[0]).toBeCloseTo(2 - 0.1 * (1 + 1), 12)
  expect(w[1]).toBeCloseTo(2 - 0.1 * (-1 + 1), 12)
  expect([...state.m]).toEqual([-1.5, -2])
})

test('sgd by hand', () => {
  const w = Float64Array.of(2)
  const state = { m: Float64Array.of(1) }
  sgdStep(w, Float64Array.of(3), state, { lr: 0.1, momentum: 0.5, weightDecay: 0.5 })
  expect(state.m[0]).toBe(3.5)
  expect(w[0]).toBeCloseTo(2 - 0.1 * (3.5 + 1), 12)
})

/** What Polar Express does to one singular value, given the Frobenius norm. */
function polarScalar(sigma: number, norm: number): number {
  let x = sigma / (norm * 1.02 + 1e-6)
  for (const [a, b, c] of POLAR_EXPRESS_COEFFICIENTS) x = a * x + b * x ** 3 + c * x ** 5
  return x
}

test('polarExpress maps each singular value by the scalar polynomial, wide and tall', () => {
  const norm = Math.sqrt(3 * 3 + 0.5 * 0.5)
  const wide = polarExpress(Float64Array.of(3, 0, 0, 0, -0.5, 0), 2, 3)
  expect(wide[0]).toBeCloseTo(polarScalar(3, norm), 12)
  expect(wide[4]).toBeCloseTo(-polarScalar(0.5, norm), 12)
  expect(wide[1]).toBe(0)
  const tall = polarExpress(Float64Array.of(3, 0, 0, 0.5, 0, 0), 3, 2)
  expect(tall[0]).toBeCloseTo(polarScalar(3, norm), 12)
  expect(tall[3]).toBeCloseTo(polarScalar(0.5, norm), 12)
})

test('polarExpress makes rows nearly orthonormal and commutes with transposition', () => {
  const rng = new Rng(12, 'polar')
  const [rows, cols] = [4, 9]
  const u = normalArray(rng, rows * cols)
  const uT = u.map((_, i) => u[(i % rows) * cols + Math.floor(i / rows)])
  const x = polarExpress(u, rows, cols)
  const xT = polarExpress(uT, cols, rows)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) expect(xT[j * rows + i]).toBeCloseTo(x[i * cols + j], 10)
    for (let k = 0; k < rows; k++) {
      let dot = 0
      for (let j = 0; j < cols; j++) dot += x[i * cols + j] * x[k * cols + j]
      // the five polynomials send every σ in [0.003, 0.98] into [0.858, 1.142], so Gram errors stay below 0.31
      expect(Math.abs(dot - (i === k ? 1 : 0))).toBeLessThan(0.31)
    }
  }
})

test('muon by hand on a 2×1 matrix: equal steps per row, norm kept, lr × √2, decay where signs agree', () => {
  const w = Float64Array.of(1, -1)
  const state = { m: new Float64Array(2), s: new Float64Array(2) }
  muonStep(w, Float64Array.of(3, 4), state, {
    rows: 2,
    cols: 1,
    lr: 0.1,
    momentum: 0.9,
    beta2: 0.95,
    weightDecay: 0.5,
  })
  // u = (0.1 + 0.9·0.1)·g has norm 0.19·5; NorMuon makes both entries |p|/√2 at unchanged norm |p|
  const p = polarScalar(0.95, 0.95)
  expect(w[0]).toBeCloseTo(1 - 0.1 * p - 0.1 * Math.SQRT2 * 0.5, 12)
  expect(w[1]).toBeCloseTo(-1 - 0.1 * p, 12)
  expect(state.m[0]).toBeCloseTo(0.3, 12)
  expect(state.m[1]).toBeCloseTo(0.4, 12)
  expect(state.s[0]).toBeCloseTo(0.05 * (0.6 * p) ** 2, 12)
})

test('muon by hand on a 1×2 matrix: one second moment per column, lr unscaled', () => {
  const w = new Float64Array(2)
  const state = { m: new Float64Array(2), s: new Float64Array(2) }
  const options = { rows: 1, cols: 2, lr: 0.1, momentum: 0, beta2: 0.95, weightDecay: 0 }
  muonStep(w, Float64Array.of(-3, 4), state, options)
  const p = polarScalar(5, 5)
  expect(w[0]).toBeCloseTo((0.1 * p) / Math.SQRT2, 12)
  expect(w[1]).toBeCloseTo((-0.1 * p) / Math.SQRT2, 12)
  // the second step divides by both moments: s = 0.0475·x₁² + 0.05·x₂² per column, x = p·(0, 1) now
  muonStep(w, Float64Array.of(0, 4), state, options)
  const before = [(0.1 * p) / Math.SQRT2, (-0.1 * p) / Math.SQRT2]
  const second = polarScalar(4, 4)
  expect(w[0]).toBeCloseTo(before[0], 12)
  expect(w[1]).toBeCloseTo(before[1] - 0.1 * second, 12)
  expect(state.s[1]).toBeCloseTo(0.0475 * (0.8 * p) ** 2 + 0.05 * second ** 2, 12)
})

test('muon by hand on a square matrix averages over columns', () => {
  const state = { m: new Float64Array(4), s: new Float64Array(2) }
  const w = new Float64Array(4)
  muonStep(w, Float64Array.of(1, 0, 0, 1), state, {
    rows: 2,
    cols: 2,
    lr: 1,
    momentum: 0,
    beta2: 0.95,
    weightDecay: 0,
  })
  const p = polarScalar(1, Math.SQRT2)
  expect(w[0]).toBeCloseTo(-p, 12)
  expect(w[3]).toBeCloseTo(-p, 12)
  expect(state.s[0]).toBeCloseTo(0.05 * (p * p) / 2, 12)
})
