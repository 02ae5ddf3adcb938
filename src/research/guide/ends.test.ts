import { describe, expect, test } from 'vitest'
import type { Experiment, LabRecord } from '../../history/types'
import { NO_COST } from '../models/types'
import { scriptedLab } from '../testing'
import { endOf, minutesOf } from './ends'
import { lab, record } from './testing'

const none = { minutes: null, tokens: null, usd: null, targetBpb: null }
const withFloor = (floorBpb: number, change: Partial<LabRecord> = {}) =>
  lab({ ...change, task: { ...scriptedLab().task, keepRule: { kind: 'measured', repeats: 3, floorBpb } } })
/** every keep better by so much */
const gaining = (letters: string, gain: number) => {
  let best = 2
  return record(letters, (number) => {
    if (letters[number - 1] === 'k') best -= gain
    const score = letters[number - 1] === 'k' ? best : 2.5
    return letters[number - 1] === 'c' ? {} : { scores: [score, score], valBpb: score }
  })
}

describe('budgets', () => {
  test('experiments: thoughts, repetitions and cut-off ones do not count', () => {
    expect(endOf(lab({ maxExperiments: 3 }), record('dtrxd'))).toBeNull()
    expect(endOf(lab({ maxExperiments: 3 }), record('dtrxdd'))).toMatchObject({ by: 'experiments', evidence: expect.stringContaining('All 3 experiments') })
  })

  test('a queued program is still run, and nothing ends before the baseline', () => {
    const queue = [{ trainJs: '', hypothesis: '' }]
    expect(endOf(lab({ maxExperiments: 1, queue }), record('dd'))).toBeNull()
    expect(endOf({ ...lab({ maxExperiments: 1 }), incumbent: null }, record('dd'))).toBeNull()
  })

  test('minutes of running, summed over all runs', () => {
    const run = { seed: 1, score: null, failure: null, gates: [], evidence: null, wallMs: 45_000 }
    const rows = record('dd', () => ({ runs: [run, run] }))
    expect(minutesOf(rows)).toBe(3)
    expect(endOf(lab({ ends: { ...none, minutes: 3.1 } }), rows)).toBeNull()
    expect(endOf(lab({ ends: { ...none, minutes: 3 } }), rows)).toMatchObject({ by: 'minutes', kind: null, evidence: '3.0 of 3 minutes of running are used.' })
  })

  test('tokens and money of models', () => {
    const spent = { ...NO_COST, requests: 2, inputTokens: 900, outputTokens: 100, usd: 0.5 }
    expect(endOf(lab({ spent, ends: { ...none, tokens: 1001, usd: 0.51 } }), record('d'))).toBeNull()
    expect(endOf(lab({ spent, ends: { ...none, tokens: 1000 } }), record('d'))).toMatchObject({ by: 'tokens' })
    expect(endOf(lab({ spent, ends: { ...none, usd: 0.5 } }), record('d'))).toMatchObject({ by: 'usd', evidence: '$0.50 of $0.5 are spent.' })
  })

  test('the target', () => {
    const rows = gaining('k', 0.1)
    expect(endOf(lab({ incumbent: 1, ends: { ...none, targetBpb: 1.89 } }), rows)).toBeNull()
    expect(endOf(lab({ incumbent: 1, ends: { ...none, targetBpb: 1.9 } }), rows)).toMatchObject({ kind: 'CONVERGED', by: 'target', evidence: expect.stringContaining('experiment 1 has 1.9000') })
  })

  test('are named by what the record says: nothing while there were gains, a plateau where there were none for ten', () => {
    expect(endOf(lab({ maxExperiments: 10, incumbent: 1 }), gaining('kddddddddd', 0.1))).toMatchObject({ kind: null })
    expect(endOf(lab({ maxExperiments: 11, incumbent: 1 }), gaining('kdddddddddd', 0.1))).toMatchObject({ kind: 'PLATEAU', evidence: expect.stringContaining('last 10 experiments. Gains under 0.0203') })
  })
})

describe('evidence', () => {
  test('CEILING: within one σ of what the text holds', () => {
    const rows = gaining('k', 0.1)
    expect(endOf(lab({ incumbent: 1, floorBpb: 1.889 }), rows)).toBeNull()
    expect(endOf(lab({ incumbent: 1, floorBpb: 1.891 }), rows)).toMatchObject({ kind: 'CEILING', by: 'evidence', evidence: expect.stringContaining('1.8910') })
  })

  test('CONVERGED: three small keeps and nothing for twenty', () => {
    const small = (after: number) => endOf(lab({ incumbent: 3 }), gaining(`kkk${'d'.repeat(after)}`, 0.005))
    expect(small(19)).toBeNull()
    expect(small(20)).toMatchObject({ kind: 'CONVERGED', evidence: expect.stringMatching(/0\.0050, 0\.0050, .*in 20 experiments since/) })
    expect(endOf(lab({ incumbent: 3 }), gaining(`kkk${'d'.repeat(20)}`, 0.02))).toBeNull()
  })

  test('PLATEAU: nothing for forty, and only where the least gain that counts would have been seen', () => {
    const rows = gaining(`k${'d'.repeat(40)}`, 0.1)
    // 2.49 · 0.01 · √(2/3) = 0.0203
    expect(endOf(withFloor(0.02, { incumbent: 1 }), rows)).toBeNull()
    expect(endOf(withFloor(0.021, { incumbent: 1 }), rows)).toMatchObject({ kind: 'PLATEAU', by: 'evidence' })
    expect(endOf(withFloor(0.021, { incumbent: 1 }), rows.slice(0, -1))).toBeNull()
  })

  test('BLOCKED: ten failures', () => {
    expect(endOf(lab({ incumbent: 1 }), gaining(`k${'c'.repeat(9)}`, 0.1))).toBeNull()
    expect(endOf(lab({ incumbent: 1 }), gaining(`k${'c'.repeat(10)}`, 0.1))).toMatchObject({ kind: 'BLOCKED' })
  })

  test('does not end a lab whose guide is off, nor again one that went on after it', () => {
    const rows: Experiment[] = gaining('k', 0.1)
    const ceiling = { incumbent: 1, floorBpb: 1.891 }
    expect(endOf(lab({ ...ceiling, guide: 'off' }), rows)).toBeNull()
    expect(endOf(lab({ ...ceiling, goneOnAfter: 1 }), gaining(`k${'d'.repeat(19)}`, 0.1))).toBeNull()
    expect(endOf(lab({ ...ceiling, goneOnAfter: 1 }), gaining(`k${'d'.repeat(20)}`, 0.1))).toMatchObject({ kind: 'CEILING' })
  })
})
