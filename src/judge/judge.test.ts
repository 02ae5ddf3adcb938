// The judge's own arithmetic, without a device.

import { expect, it } from 'vitest'
import { Rng } from '../core/rng'
import { memoryByteCache } from '../data/byteCache'
import { loadCorpus, prepareData } from '../data/corpus'
import type { Session } from '../engine/session'
import { thinCurve } from './curve'
import { scoreBounds, type Bounds } from './bounds'
import { scoreSplit, type EvaluationRows } from './evaluate'
import { checkArrangement, checkCausality, checkScores, guardsKept } from './gates'
import { sampleAt, settingsOf } from './schedule'
import type { RunMeasurements } from './types'

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

const [V, T, B] = [16, 24, 4]

/** nats of one token: of row b of a batch, at t */
type Rule = (rows: readonly number[][], b: number, t: number, target: number) => number

/** A stand-in for a model: nats by rule, so that the ruler and its gates are what is tested. */
function modelOf(rule: Rule, batch = B, context = T) {
  return {
    plan: { score: { B: batch, T: context } },
    vocab: V,
    score: async (...[count, fill, take]: Parameters<Session['score']>) => {
      const [tokens, targets] = [new Int32Array(batch * context), new Int32Array(batch * context)]
      for (let i = 0; i < count; i++) {
        fill(i, tokens, targets)
        const rows = Array.from({ length: batch }, (_, b) => [...tokens.subarray(b * context, (b + 1) * context)])
        take(i, Float32Array.from(targets, (target, k) => rule(rows, Math.floor(k / context), k % context, target)))
      }
    },
  } as unknown as Session
}

/** depends on the row's tokens up to t, and on nothing else */
const causal: Rule = (rows, b, t) => 1 + (rows[b].slice(0, t + 1).reduce((hash, token) => (hash * 31 + token) % 997, 7) % 97) / 100

const rng = () => new Rng(3, 'gates')
const random = new Rng(1, 'rows')
const SET: EvaluationRows = { rows: Int32Array.from({ length: 18 * (T + 1) }, () => random.int(V)), count: 18, context: T }
const DATA = { tokenBytes: Uint16Array.from({ length: V }, (_, id) => (id < 12 ? 1 + (id % 3) : 0)) }

it('divides nats by bytes, leaving out specials and the padding of the last batch', async () => {
  const set: EvaluationRows = { rows: Int32Array.from([15, 0, 1, 2, 15, 1, 1, 15, 15, 2, 2, 0]), count: 3, context: 3 }
  const model = modelOf((_, __, ___, target) => (target === 15 ? 99 : 1), 2, 3)
  // targets: 0 1 2 | 1 1 15 | 2 2 0 : bytes 6 + 4 + 7, nats 1 each but for the special
  const { bpb, parts, rowNats } = await scoreSplit(model, set, DATA)
  expect(bpb).toBeCloseTo(8 / (Math.LN2 * 17), 12)
  expect([...rowNats]).toEqual([3, 2, 3])
  expect(parts).toBeNull() // too few rows to say how much a score hangs on them
})

it('tells the score of each part of the text', async () => {
  const { bpb, parts } = await scoreSplit(modelOf((rows, b) => 1 + rows[b][0]), SET, DATA)
  expect(parts).toHaveLength(16)
  expect(Math.min(...parts!)).toBeLessThan(bpb)
  expect(Math.max(...parts!)).toBeGreaterThan(bpb)
})

const passed = async (rule: Rule, batch = B) => {
  const model = modelOf(rule, batch)
  const { rowNats } = await scoreSplit(model, SET, DATA)
  const gates = [...(await checkCausality(model, SET, rng())), await checkArrangement(model, SET, rowNats, DATA.tokenBytes, rng())]
  return Object.fromEntries(gates.map((gate) => [gate.gate, gate.passed]))
}

it.each([1, 2, 4, 7])('lets a causal model pass, %i rows a batch', async (batch) => {
  expect(await passed(causal, batch)).toEqual({ causality: true, rows: true, arrangement: true })
})

it('catches a model that sees the next token, also where it does so at one place only', async () => {
  const peeking: Rule = (rows, b, t, target) => causal(rows, b, t, target) + (rows[b][t + 1] ?? 0)
  expect((await passed(peeking)).causality).toBe(false)
  const late: Rule = (rows, b, t, target) => causal(rows, b, t, target) + (t === T - 2 ? rows[b][T - 1] : 0)
  expect((await passed(late)).causality).toBe(false)
  const [gate] = await checkCausality(modelOf(late), SET, rng())
  expect(gate.detail).toBe(`changing token ${T - 1} moved what is predicted after token ${T - 2}`)
  const faint: Rule = (rows, b, t, target) => causal(rows, b, t, target) + 1e-6 * (rows[b][t + 1] ?? 0)
  expect((await passed(faint)).causality).toBe(false)
})

it('catches a model that sees other rows of its batch, and one that knows its place in it', async () => {
  const leaking: Rule = (rows, b, t, target) => causal(rows, b, t, target) + 1e-3 * rows[(b + 1) % B][t]
  expect(await passed(leaking)).toMatchObject({ rows: false, arrangement: false })
  const first: Rule = (rows, b, t, target) => causal(rows, b, t, target) * (b === 0 ? 0.9 : 1)
  expect(await passed(first)).toEqual({ causality: true, rows: true, arrangement: false })
  const rounding: Rule = (rows, b, t, target) => causal(rows, b, t, target) * (1 + b * 1e-7)
  expect((await passed(rounding)).arrangement).toBe(true)
  expect(await passed(() => Number.NaN)).toMatchObject({ arrangement: false })
})

const BOUNDS: Bounds = { low: 0.3, lowReason: 'the text itself', high: 8.2, highReason: 'guessing evenly' }

it('refuses scores that are not numbers or that the text cannot have, and says why', () => {
  expect(checkScores(1.2, 1.3, BOUNDS).every((gate) => gate.passed)).toBe(true)
  expect(checkScores(Number.NaN, null, BOUNDS).map((gate) => gate.passed)).toEqual([false, false])
  const bounds = (val: number, hidden: number | null) => checkScores(val, hidden, BOUNDS).find(({ gate }) => gate === 'bounds')!
  expect(bounds(0.2, 1.2)).toMatchObject({ passed: false, detail: '0.2000 is below 0.300: the text itself' })
  expect(bounds(8.3, null)).toMatchObject({ passed: false, detail: '8.3000 is above 8.200: guessing evenly' })
  // what researchers may read never holds a hidden score
  expect(bounds(1.2, 0.2)).toMatchObject({ passed: false, detail: 'the score of the hidden split is below 0.300: the text itself' })
})

it('takes the bounds from the text: evenness above, its entropy or a table of its tokens below', async () => {
  const corpus = await loadCorpus({ kind: 'grammar', seed: 3, bytes: 300_000 }, { cache: memoryByteCache() })
  const { data } = await prepareData(corpus, { kind: 'bytes' })
  const evaluation = { context: 64, tokens: 6400 }
  const known = scoreBounds(data, evaluation, corpus.floorBpb)
  expect(known.low).toBeCloseTo(0.85 * corpus.floorBpb!, 12)
  expect(known.high).toBeCloseTo(1.02 * Math.log2(260), 12)
  const unknown = scoreBounds(data, evaluation, null)
  // no real model is stopped by the bound for a text of unknown entropy, and a forged score is
  expect(unknown.low).toBeLessThan(corpus.floorBpb!)
  expect(unknown.low).toBeGreaterThan(0.1)
  expect(unknown.lowReason).toMatch(/a tenth of the \d\.\d+ that a table/)
})

it('records what the guards allowed and what the run took', () => {
  const measured = { tokensPerSecond: 900, bytesAllocated: 2 ** 20 } as RunMeasurements
  const guards = { maxWallSeconds: 60, maxBytes: 2 ** 30 }
  expect(guardsKept(guards, measured, 1500)).toEqual({ gate: 'guards', passed: true, detail: '1 of 1,024 MiB; 2 of 60 s; 900 tokens/s' })
  expect(guardsKept({ ...guards, minTokensPerSecond: 1000 }, measured, 1500).passed).toBe(false)
})
