import { expect, test } from 'vitest'
import { Rng } from '../core/rng'
import { attentionBackward, attentionForward } from './attention'
import { gradientError, normalArray } from './gradientCheck'

const plain = { B: 1, T: 2, H: 1, KV: 1, D: 1, window: 0, scale: 1, softcap: 0 }

test('attention by hand: weights 1/4 and 3/4', () => {
  const { out, lse } = attentionForward(
    Float64Array.of(1, 1),
    Float64Array.of(0, Math.log(3)),
    Float64Array.of(1, 5),
    plain,
  )
  expect(out[0]).toBe(1)
  expect(out[1]).toBeCloseTo(4, 12)
  expect(lse[0]).toBeCloseTo(0, 12)
  expect(lse[1]).toBeCloseTo(Math.log(4), 12)
})

test('attention by hand: scale and softcap come before the softmax', () => {
  // 2·tanh(0.5·q·k / 2) = ln 2 for the second key, so the weights are 1/3 and 2/3
  const key = 4 * Math.atanh(Math.LN2 / 2)
  const { out } = attentionForward(Float64Array.of(1, 1), Float64Array.of(0, key), Float64Array.of(3, 6), {
    ...plain,
    scale: 0.5,
    softcap: 2,
  })
  expect(out[1]).toBeCloseTo(5, 12)
})

test('a window of 1 shows a query its own key and one before', () => {
  const zeros = new Float64Array(4)
  const shape = { ...plain, T: 4, window: 1 }
  const { out, lse } = attentionForward(zeros, zeros, Float64Array.of(1, 2, 4, 8), shape)
  expect([...out]).toEqual([1, 1.5, 3, 6])
  expect(lse[3]).toBeCloseTo(Math.LN2, 12)
})

test('neighbouring heads share a key/value head', () => {
  const shape = { ...plain, T: 1, H: 4, KV: 2 }
  const { out } = attentionForward(new Float64Array(4), new Float64Array(2), Float64Array.of(7, 9), shape)
  expect([...out]).toEqual([7, 7, 9, 9])
})

test.each([
  { H: 2, KV: 2, window: 0, softcap: 0 },
  { H: 4, KV: 2, window: 2, softcap: 0 },
  { H: 3, KV: 1, window: 1, softcap: 1.5 },
])('attention backward by finite differences %o', (part) => {
  const rng = new Rng(4, 'attention')
  const shape = { B: 2, T: 5, D: 3, scale: 0.7, ...part }
  const queries = 2 * 5 * part.H * 3
  const keys = 2 * 5 * part.KV * 3
  const [q, k, v] = [normalArray(rng, queries), normalArray(rng, keys), normalArray(rng, keys)]
  const dOut = normalArray(rng, queries)
  const { dQ, dK, dV } = attentionBackward(dOut, q, k, v, shape)
  const forward = () => attentionForward(q, k, v, shape).out
  expect(gradientError(forward, dOut, q, dQ)).toBeLessThan(1e-6)
  expect(gradientError(forward, dOut, k, dK)).toBeLessThan(1e-6)
  expect(gradientError(forward, dOut, v, dV)).toBeLessThan(1e-6)
})
