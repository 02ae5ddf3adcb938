// The judge's own arithmetic, without a device.

import { expect, it } from 'vitest'
import type { Session } from '../engine/session'
import { thinCurve } from './curve'
import { bitsPerByte, type EvaluationRows } from './evaluate'
import { checkCausality, checkScores } from './gates'
import { sampleAt, settingsOf } from './schedule'
import type { TokenData } from './../data/types'

it('samples a schedule linearly between its points and holds a ramp', () => {
  expect(sampleAt([0, 1, 0], 0.25)).toBe(0.5)
  expect(sampleAt([0, 1, 0], 2)).toBe(0)
  expect(sampleAt([], 0.3)).toBe(1)
  const schedule = { lr: [1, 0], weightDecay: [2] }
  expect(settingsOf(schedule, { momentum: [0.8, 0.9] }, 1, 0.5)).toEqual({ step: 1, lr: 0.5, weightDecay: 2, momentum: 0.8 })
  expect(settingsOf(schedule, { momentum: [0.8, 0.9] }, 7, 0.5).momentum).toBe(0.9)
  expect(settingsOf(schedule, { momentum: [] }, 7, 0.5).momentum).toBeNull()
})

it('keeps a short curve whole and averages a long one', () => {
  expect([...thinCurve([3, 2, 1])]).toEqual([1, 3, 2, 2, 3, 1])
  const long = thinCurve(Array.from({ length: 1000 }, (_, i) => i), 10)
  expect(long).toHaveLength(20)
  expect(long[0]).toBe(100)
  expect(long[1]).toBeCloseTo(49.5)
  expect(long[18]).toBe(1000)
})

const V = 4
const T = 3

/** A stand-in for a model: nats and logits by rule, so that the ruler itself is what is tested. */
function modelOf(rule: { nats?: (target: number) => number; logits?: (row: number[], other: number[], t: number) => number }) {
  return {
    plan: { score: { B: 2, T }, probe: { T, V } },
    score: async (...[count, fill, take]: Parameters<Session['score']>) => {
      const [tokens, targets] = [new Int32Array(2 * T), new Int32Array(2 * T)]
      for (let i = 0; i < count; i++) {
        fill(i, tokens, targets)
        take(i, Float32Array.from(targets, rule.nats ?? (() => 0)))
      }
    },
    logits: async (tokens: Int32Array) =>
      Float32Array.from({ length: 2 * T * V }, (_, i) => {
        const [row, t] = [Math.floor(i / (T * V)), Math.floor(i / V) % T]
        const rows = [[...tokens.subarray(0, T)], [...tokens.subarray(T)]]
        return rule.logits!(rows[row], rows[1 - row], t)
      }),
  } as unknown as Session
}

const SET: EvaluationRows = { rows: Int32Array.from([3, 0, 1, 2, 3, 1, 1, 3, 3, 2, 2, 0]), count: 3, context: T }

it('divides nats by bytes, leaving out specials and the padding of the last batch', async () => {
  const data = { tokenBytes: Uint16Array.from([1, 2, 3, 0]) } as TokenData
  // targets: 0 1 2 | 1 1 3 | 2 2 0 : bytes 6 + 4 + 7, nats 1 each but for the special
  const bpb = await bitsPerByte(modelOf({ nats: (target) => (target === 3 ? 99 : 1) }), SET, data)
  expect(bpb).toBeCloseTo(8 / (Math.LN2 * 17), 12)
})

it('lets a causal model pass', async () => {
  const causal = modelOf({ logits: (row, _, t) => row.slice(0, t + 1).reduce((a, b) => a * 5 + b, 0) })
  expect((await checkCausality(causal, SET)).map((g) => g.passed)).toEqual([true, true])
})

it('catches a model that sees the next token, and one that sees the other row', async () => {
  const peeking = modelOf({ logits: (row, _, t) => row[t] + (row[t + 1] ?? 0) })
  const [causality] = await checkCausality(peeking, SET)
  expect(causality).toMatchObject({ gate: 'causality', passed: false })
  expect(causality.detail).toContain('moved the logits of token')
  const leaking = modelOf({ logits: (_, other, t) => other[t] })
  expect((await checkCausality(leaking, SET))[1]).toMatchObject({ gate: 'rows', passed: false })
})

it('refuses scores that are not numbers or that no text has', () => {
  expect(checkScores([1.2, 1.3], 8).every((g) => g.passed)).toBe(true)
  expect(checkScores([Number.NaN], 8).map((g) => g.passed)).toEqual([false, false])
  expect(checkScores([1e-4], 8).find((g) => g.gate === 'bounds')!.passed).toBe(false)
  expect(checkScores([80], 8).find((g) => g.gate === 'bounds')!.passed).toBe(false)
})
