import { expect, test } from 'vitest'
import { Rng } from '../core/rng'
import type { Attrs, BinaryOp, UnaryOp } from '../graph/ir'
import { BINARY_OPS, UNARY_OPS } from '../graph/ir'
import { binaryBackward, binaryForward, unaryBackward, unaryForward } from './elementwise'
import { gradientError, normalArray } from './gradientCheck'

const ATTRS: Attrs = { cap: 2, scale: 3, offset: 5 }

// [x, f(x), f'(x)] by hand, two or three points per op
const UNARY_BY_HAND: Record<UnaryOp, [number, number, number][]> = {
  neg: [[2, -2, -1], [-3, 3, -1]],
  abs: [[2, 2, 1], [-3, 3, -1], [0, 0, 0]],
  square: [[3, 9, 6], [-2, 4, -4]],
  sqrt: [[4, 2, 0.25], [0.25, 0.5, 1]],
  rsqrt: [[4, 0.5, -0.0625], [0.25, 2, -4]],
  reciprocal: [[4, 0.25, -0.0625], [-0.5, -2, -4]],
  exp: [[0, 1, 1], [Math.LN2, 2, 2]],
  log: [[1, 0, 1], [Math.E, 1, 1 / Math.E]],
  sin: [[0, 0, 1], [Math.PI / 2, 1, 0]],
  cos: [[0, 1, 0], [Math.PI / 2, 0, -1]],
  sigmoid: [[0, 0.5, 0.25], [Math.log(3), 0.75, 0.1875], [-800, 0, 0]],
  tanh: [[0, 0, 1], [Math.log(2), 0.6, 0.64]],
  relu: [[2, 2, 1], [-2, 0, 0], [0, 0, 0]],
  reluSquared: [[3, 9, 6], [-2, 0, 0], [0, 0, 0]],
  gelu: [[0, 0, 0.5], [1, 0.841191990608, 1.08296408], [-1e4, 0, 0]],
  silu: [[0, 0, 0.5], [Math.log(3), 0.75 * Math.log(3), 0.75 + Math.log(3) * 0.1875], [-1e4, 0, 0]],
  softcap: [[0, 0, 1], [2 * Math.LN2, 1.2, 0.64], [1e4, 2, 0]],
  affine: [[2, 11, 3], [-1, 2, 3]],
}

test.each(UNARY_OPS)('%s by hand', (op) => {
  for (const [x, y, slope] of UNARY_BY_HAND[op]) {
    expect(unaryForward(op, Float64Array.of(x), ATTRS)[0]).toBeCloseTo(y, 8)
    expect(unaryBackward(op, Float64Array.of(10), Float64Array.of(x), ATTRS)[0]).toBeCloseTo(10 * slope, 7)
  }
})

test.each(UNARY_OPS)('%s by finite differences', (op) => {
  const rng = new Rng(9, op)
  // away from kinks and poles; negative values only where the function has them
  const positive = op === 'sqrt' || op === 'rsqrt' || op === 'log'
  const x = normalArray(rng, 20).map((value) => (positive || value > 0 ? 0.2 + Math.abs(value) : value - 0.2))
  const dOut = normalArray(rng, 20)
  const dX = unaryBackward(op, dOut, x, ATTRS)
  expect(gradientError(() => unaryForward(op, x, ATTRS), dOut, x, dX)).toBeLessThan(1e-6)
})

test('a missing attribute is named', () => {
  expect(() => unaryForward('softcap', Float64Array.of(1), {})).toThrow('"cap"')
})

// [f(6, 4), ∂a, ∂b] by hand, and the tie f(5, 5)
const BINARY_BY_HAND: Record<BinaryOp, [number, number, number, number, number, number]> = {
  add: [10, 1, 1, 10, 1, 1],
  sub: [2, 1, -1, 0, 1, -1],
  mul: [24, 4, 6, 25, 5, 5],
  div: [1.5, 0.25, -0.375, 1, 0.2, -0.2],
  maximum: [6, 1, 0, 5, 1, 0],
  minimum: [4, 0, 1, 5, 1, 0],
}

test.each(BINARY_OPS)('%s by hand, ties to the first input', (op) => {
  const [y, dA, dB, tieY, tieA, tieB] = BINARY_BY_HAND[op]
  const a = Float64Array.of(6, 5)
  const b = Float64Array.of(4, 5)
  expect([...binaryForward(op, a, [2], b, [2], [2])]).toEqual([y, tieY])
  const gradients = binaryBackward(op, Float64Array.of(1, 1), a, [2], b, [2], [2])
  expect([...gradients.dA]).toEqual([dA, tieA])
  expect([...gradients.dB]).toEqual([dB, tieB])
})

test('broadcasting by hand: a column against a row, and a scalar', () => {
  const column = Float64Array.of(10, 20)
  const row = Float64Array.of(1, 2, 3)
  expect([...binaryForward('add', column, [2, 1], row, [3], [2, 3])]).toEqual([11, 12, 13, 21, 22, 23])
  expect([...binaryForward('sub', Float64Array.of(1), [], row, [3], [3])]).toEqual([0, -1, -2])
  const { dA, dB } = binaryBackward('add', Float64Array.of(1, 2, 3, 4, 5, 6), column, [2, 1], row, [3], [2, 3])
  expect([...dA]).toEqual([6, 15])
  expect([...dB]).toEqual([5, 7, 9])
})

test.each(BINARY_OPS)('%s with broadcasting by finite differences', (op) => {
  const rng = new Rng(10, op)
  const shapes = [
    { a: [2, 3, 4], b: [2, 3, 4], out: [2, 3, 4] },
    { a: [2, 1, 4], b: [3, 1], out: [2, 3, 4] },
    { a: [], b: [2, 3], out: [2, 3] },
    { a: [1, 1, 5], b: [4, 1, 1], out: [4, 1, 5] },
  ]
  for (const shape of shapes) {
    const size = (dims: number[]) => dims.reduce((n, d) => n * d, 1)
    const a = normalArray(rng, size(shape.a))
    const b = normalArray(rng, size(shape.b)).map((value) => value + Math.sign(value) * 0.3)
    const dOut = normalArray(rng, size(shape.out))
    const { dA, dB } = binaryBackward(op, dOut, a, shape.a, b, shape.b, shape.out)
    const forward = () => binaryForward(op, a, shape.a, b, shape.b, shape.out)
    expect(gradientError(forward, dOut, a, dA)).toBeLessThan(1e-6)
    expect(gradientError(forward, dOut, b, dB)).toBeLessThan(1e-6)
  }
})
