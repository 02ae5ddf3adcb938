import { describe, expect, test } from 'vitest'
import type { Experiment } from '../../history/types'
import { figuresOf } from './figures'
import { chooseFork, forkBegun, forkDecided } from './forks'
import { modeOf } from './modes'
import { nearMisses } from './nearMisses'
import { GUIDE, planOf } from './plan'
import { lab, record, row } from './testing'

const planFor = (letters: string, change?: (number: number) => Partial<Experiment>, of = lab()) => planOf(of, record(letters, change))
const ordersOf = (...args: Parameters<typeof planFor>) => planFor(...args).orders.map(({ kind }) => kind)
/** far from the best: no near miss */
const far = () => ({ scores: [3, 3] })

describe('figures', () => {
  test('thoughts, repetitions, skipped and cut-off rows are no tries', () => {
    expect(figuresOf(record('dtrsxd'))).toMatchObject({ tries: 2, discards: 2, sinceBest: 2, failures: 0 })
  })

  test('a failure neither counts as a discard nor ends a streak of them; a keep does', () => {
    expect(figuresOf(record('kdcd'))).toMatchObject({ discards: 2, sinceBest: 3, failures: 0 })
    expect(figuresOf(record('ddkcc'))).toMatchObject({ discards: 0, sinceBest: 2, failures: 2 })
  })

  test('rates are over the last ten tries, and unknown before the fifth', () => {
    expect(figuresOf(record('kkkk'))).toMatchObject({ keepRate: null, failureRate: null })
    expect(figuresOf(record('kkkkkkkkkkdddddccccc'))).toMatchObject({ keepRate: 0, failureRate: 0.5 })
  })
})

describe('modes', () => {
  const modeFor = (letters: string, misses = 0) => modeOf(figuresOf(record(letters)), misses).mode

  test.each([
    ['few tries', 'dd', 0, 'explore'],
    ['more than half failed', 'kkkkcccccckc', 0, 'exploit'],
    ['half failed is not more than half', 'dddddccccc', 0, 'explore'],
    ['no keep in ten of more than twenty, with near misses', 'd'.repeat(21), 2, 'combine'],
    ['the same with one near miss', 'd'.repeat(21), 1, 'ablate'],
    ['no keep in ten, but only twenty tries', 'd'.repeat(20), 2, 'explore'],
    ['more than three in ten kept', 'ddddddkkkk', 0, 'exploit'],
    ['three in ten kept', 'dddddddkkk', 0, 'explore'],
  ] as const)('%s', (_, letters, misses, mode) => {
    expect(modeFor(letters, misses)).toBe(mode)
  })

  test('failures come before everything else', () => {
    expect(modeFor(`${'d'.repeat(15)}cccccckkkk`)).toBe('exploit')
    expect(modeOf(figuresOf(record(`${'d'.repeat(15)}cccccckkkk`)), 5).reason).toContain('60 %')
  })
})

describe('near misses', () => {
  test('are discards within 2σ of the best on the seeds that both have', () => {
    const rows = [
      ...record('ddd', (number) => ({ scores: [[2.019], [2.021], [2.0, 2.0]][number - 1] })),
      row(4, 'discard', { scores: [1.9], judgement: { flag: 'overfit' } as Experiment['judgement'] }),
      row(5, 'keep', { scores: [2.001, 2.001] }),
    ]
    expect(nearMisses(lab(), rows).map((miss) => miss.row.number)).toEqual([3, 1])
    expect(nearMisses(lab(), rows)[0].deltaBpb).toBeCloseTo(-0.005, 12)
  })

  test('there are none while σ is not measured', () => {
    expect(nearMisses(lab({ sigmaBpb: null }), record('dd'))).toEqual([])
  })
})

describe('streaks', () => {
  test('three discards: a review, once, and again after six', () => {
    expect(ordersOf('dd', far)).toEqual([])
    expect(planFor('ddd', far)).toMatchObject({ move: 'review', base: 0 })
    expect(ordersOf('dddt', far)).toEqual([])
    expect(ordersOf('dddtddd', far)).toContain('review')
    expect(ordersOf('dddc', far)).toEqual([])
  })

  test('five discards: a fork from the nearest miss, for three runs', () => {
    const plan = planFor('ddddd', (number) => ({ scores: [number === 2 ? 2.005 : 3] }))
    expect(plan).toMatchObject({ base: 2, fork: { from: 2, left: 3 }, move: null })
    expect(plan.orders[0]).toMatchObject({ kind: 'fork', text: expect.stringContaining('experiment 2') })
  })

  test('a fork is gone on with until it is used up', () => {
    const on = lab({ fork: { from: 2, left: 2, reason: 'because' } })
    const plan = planFor('dddddd', (number) => ({ scores: [number === 2 ? 2.005 : 3], category: String(number) }), on)
    expect(planOf(on, record('dddddcd', far))).toMatchObject({ base: 2, fork: { left: 2 }, reason: expect.stringContaining('On a fork from experiment 2, 2 of its runs to go') })
    expect(plan.move).toBe('review')
    expect(plan.base).toBe(2)
    expect(planOf(lab({ fork: { from: 2, left: 0, reason: '' } }), record('dddddcd', far)).base).toBe(0)
    expect(planOf(lab({ fork: { from: 9, left: 2, reason: '' } }), record('dddddcd', far)).base).toBe(0)
  })

  test('eight without a new best: from the baseline, with an assumption turned round', () => {
    const plan = planFor('kdddddddd', far, lab({ incumbent: 1 }))
    expect(plan).toMatchObject({ base: 0, fork: { from: 0, left: 3 }, move: 'invert' })
    expect(planFor('kcccccddd', far, lab({ incumbent: 1 })).move).toBe('review')
    expect(planFor('kcccccdddt', far, lab({ incumbent: 1 })).move).toBe('invert')
  })

  test('three failures: the last keep at half its size, and no fork', () => {
    const on = lab({ incumbent: 1, fork: { from: 0, left: 2, reason: '' } })
    expect(planFor('kccc', far, on)).toMatchObject({ base: 1, fork: null, move: 'shrink' })
    expect(ordersOf('kcc', far, on)).toEqual([])
    expect(ordersOf('kcccc', far, on)).toEqual([])
  })

  test('three of one kind: another is asked for', () => {
    const same = () => ({ category: 'lr' })
    expect(planFor('kkk', same, lab({ incumbent: 3 })).orders).toEqual([{ kind: 'quota', text: expect.stringContaining('"lr"') }])
    expect(ordersOf('kk', same, lab({ incumbent: 2 }))).toEqual([])
  })

  test('stuck: an idea after six, nine, twelve', () => {
    expect(ordersOf('kccdcdc', far, lab({ incumbent: 1 }))).toEqual(['idea'])
    expect(ordersOf('kcdcdcdc', far, lab({ incumbent: 1 }))).toEqual([])
  })

  test('the lab and the researcher take turns', () => {
    const last = (number: number) => ({ ...far(), proposer: number === 22 ? GUIDE : 'evolution', category: String(number) })
    expect(planFor('d'.repeat(22), far)).toMatchObject({ mode: 'ablate', move: 'ablate' })
    expect(planFor('d'.repeat(22), last)).toMatchObject({ mode: 'ablate', move: null })
    const near = (number: number) => ({ scores: [number < 3 ? 2.005 : 3] })
    expect(planFor('d'.repeat(22), near)).toMatchObject({ mode: 'combine', move: 'combine' })
  })

  test('a guide that is off asks for nothing', () => {
    const off = lab({ guide: 'off', fork: { from: 2, left: 2, reason: '' } })
    for (const letters of ['ddd', 'ddddd', 'dddddddd', 'ccc']) {
      expect(planFor(letters, far, off)).toEqual({ mode: 'explore', reason: '', orders: [], base: 0, fork: null, move: null })
    }
  })
})

describe('forks', () => {
  const forked = (number: number, from: number) => row(number, 'discard', { parentNumber: from, guidance: { mode: 'explore', reason: '', orders: [{ kind: 'fork', text: '' }] }, scores: [3] })

  test('near misses first, then earlier keeps, then the baseline, each once', () => {
    const of = lab({ incumbent: 2 })
    const rows = [...record('kkd', (number) => ({ scores: [number === 3 ? 2.005 : 2] }))]
    expect(chooseFork(of, rows)?.from).toBe(3)
    expect(chooseFork(of, [...rows, forked(4, 3)])).toMatchObject({ from: 1, left: 1 })
    expect(chooseFork(of, [...rows, forked(4, 3), forked(5, 1)])?.from).toBe(0)
    expect(chooseFork(of, [...rows, forked(4, 3), forked(5, 1), forked(6, 0)])).toBeNull()
  })

  test('each run uses one up; a keep ends it; what was turned round is gone on from where it was better', () => {
    const fork = { from: 3, left: 2, reason: '' }
    expect(forkBegun(fork)).toEqual({ ...fork, left: 1 })
    expect(forkBegun({ ...fork, left: 1 })).toBeNull()
    const rows = [row(0, 'baseline', { scores: [2, 2] })]
    expect(forkDecided(fork, row(7, 'keep'), rows)).toBeNull()
    expect(forkDecided(fork, row(7, 'discard'), rows)).toEqual(fork)
    const inverted = { guidance: { mode: 'explore' as const, reason: '', orders: [{ kind: 'invert' as const, text: '' }] } }
    expect(forkDecided(fork, row(7, 'discard', { ...inverted, scores: [1.99] }), rows)).toEqual({ ...fork, from: 7 })
    expect(forkDecided(fork, row(7, 'discard', { ...inverted, scores: [2.01] }), rows)).toBeNull()
    expect(forkDecided(fork, row(7, 'crash', inverted), rows)).toBeNull()
  })
})
