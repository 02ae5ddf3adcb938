import { expect, test } from 'vitest'
import { Rng } from '../core/rng'
import { embeddingBackward, embeddingForward } from './embedding'
import { gradientError, normalArray } from './gradientCheck'

const tokens = Int32Array.of(2, 0, 2)
const shape = { N: 3, V: 4, C: 2 }

test('embedding by hand: a repeated token collects both gradients', () => {
  const table = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  expect([...embeddingForward(table, tokens, shape)]).toEqual([5, 6, 1, 2, 5, 6])
  const dTable = embeddingBackward(Float64Array.of(1, 2, 10, 20, 100, 200), tokens, shape)
  expect([...dTable]).toEqual([10, 20, 0, 0, 101, 202, 0, 0])
})

test('embedding backward by finite differences', () => {
  const rng = new Rng(6, 'embedding')
  const table = normalArray(rng, 8)
  const dOut = normalArray(rng, 6)
  const dTable = embeddingBackward(dOut, tokens, shape)
  expect(gradientError(() => embeddingForward(table, tokens, shape), dOut, table, dTable)).toBeLessThan(1e-6)
})
