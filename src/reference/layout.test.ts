import { expect, test } from 'vitest'
import { Rng } from '../core/rng'
import { gradientError, normalArray } from './gradientCheck'
import {
  concatBackward,
  concatForward,
  meanBackward,
  meanForward,
  sliceBackward,
  sliceForward,
  sumBackward,
  sumForward,
  transposeBackward,
  transposeForward,
} from './layout'

const x = Float64Array.of(1, 2, 3, 4, 5, 6)

test('sum and mean by hand', () => {
  const shape = { rows: 2, C: 3 }
  expect([...sumForward(x, shape)]).toEqual([6, 15])
  expect([...meanForward(x, shape)]).toEqual([2, 5])
  expect([...sumBackward(Float64Array.of(3, 6), shape)]).toEqual([3, 3, 3, 6, 6, 6])
  expect([...meanBackward(Float64Array.of(3, 6), shape)]).toEqual([1, 1, 1, 2, 2, 2])
})

test('transpose by hand: axis i of the result is axis perm[i]', () => {
  expect([...transposeForward(x, [2, 3], [1, 0])]).toEqual([1, 4, 2, 5, 3, 6])
  expect([...transposeBackward(Float64Array.of(1, 4, 2, 5, 3, 6), [2, 3], [1, 0])]).toEqual([...x])
  // [1,2,3] -> [3,1,2]: y[k,0,j] = x[0,j,k]
  expect([...transposeForward(x, [1, 2, 3], [2, 0, 1])]).toEqual([1, 4, 2, 5, 3, 6])
})

test('slice and concat by hand', () => {
  expect([...sliceForward(x, [2, 3], { axis: 1, start: 1, end: 3 })]).toEqual([2, 3, 5, 6])
  expect([...sliceForward(x, [2, 3], { axis: 0, start: 1, end: 2 })]).toEqual([4, 5, 6])
  expect([...sliceBackward(Float64Array.of(7, 8), [2, 3], { axis: 1, start: 2, end: 3 })]).toEqual([0, 0, 7, 0, 0, 8])
  const shapes = [[2, 3], [2, 1]]
  expect([...concatForward([x, Float64Array.of(8, 9)], shapes, 1)]).toEqual([1, 2, 3, 8, 4, 5, 6, 9])
  const parts = concatBackward(Float64Array.of(1, 2, 3, 8, 4, 5, 6, 9), shapes, 1)
  expect(parts.map((part) => [...part])).toEqual([[...x], [8, 9]])
})

test('layout ops by finite differences', () => {
  const rng = new Rng(11, 'layout')
  const a = normalArray(rng, 24)
  const b = normalArray(rng, 16)
  const shape = [2, 3, 4]
  const reduce = { rows: 6, C: 4 }
  const rows = normalArray(rng, 6)
  const same = normalArray(rng, 24)
  const range = { axis: 1, start: 1, end: 3 }
  const part = normalArray(rng, 16)
  const joined = normalArray(rng, 40)
  const shapes = [shape, [2, 2, 4]]
  const [dA, dB] = concatBackward(joined, shapes, 1)
  const errors = [
    gradientError(() => sumForward(a, reduce), rows, a, sumBackward(rows, reduce)),
    gradientError(() => meanForward(a, reduce), rows, a, meanBackward(rows, reduce)),
    gradientError(() => transposeForward(a, shape, [2, 0, 1]), same, a, transposeBackward(same, shape, [2, 0, 1])),
    gradientError(() => sliceForward(a, shape, range), part, a, sliceBackward(part, shape, range)),
    gradientError(() => concatForward([a, b], shapes, 1), joined, a, dA),
    gradientError(() => concatForward([a, b], shapes, 1), joined, b, dB),
  ]
  for (const error of errors) expect(error).toBeLessThan(1e-6)
})
