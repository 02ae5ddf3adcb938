import { describe, expect, test } from 'vitest'
import { Rng } from '../../core/rng'
import type { Experiment } from '../../history/types'
import { attemptsOf } from './attempts'
import { effectsOf } from './effects'
import { keepEdits, lessonsOf } from './lessons'
import { recall } from './recall'
import { reflectionOf } from './reflection'
import { attempt, BASELINE, labOf, SIGMA } from './testing'

const SOURCE = `const LR = knob(0.02, { log: [0.002, 0.2] })
const WIDTH = knob(64, { int: [32, 128] })
const DEPTH = knob(4, { int: [1, 8] })
const ACTIVATION = knob('relu', { oneOf: ['relu', 'gelu'] })`

describe('reflection', () => {
  const line = (row: Experiment, ...others: Experiment[]) => reflectionOf(row, [BASELINE, ...others, row], labOf())

  test('a gain beyond noise is put down to the knob that moved', () => {
    const row = attempt(2, { LR: 0.04 }, -0.01, { expectedDelta: -0.009, expectedProbability: 0.3 })
    // standard error of two paired seeds is σ: 0.002
    expect(line(row, attempt(1, { LR: 0.03 }, -0.002))).toBe(
      'Predicted −0.0090 with 30 % for a keep; measured −0.0100 on 2 seeds (5.0σ better), kept. LR up paid (lower in 2 of 2 tries).',
    )
  })

  test('a change within noise says little, and a miss of the prediction is named', () => {
    const row = attempt(1, { WIDTH: 96 }, 0.001, { expectedDelta: -0.02, expectedProbability: null })
    expect(line(row)).toBe(
      'Predicted −0.0200; measured +0.0010 on 2 seeds (within noise, 0.5σ, 10σ off the prediction). It says little about WIDTH up (first try).',
    )
  })

  test('a failure, many knobs at once, a change of the code, no σ', () => {
    const bare = { expectedDelta: null, expectedProbability: null }
    expect(line(attempt(1, { DEPTH: 8 }, null, bare))).toBe('No prediction; no score: rejected (program.memory). DEPTH up from here does not run.')
    expect(line(attempt(1, { LR: 0.1, WIDTH: 32, DEPTH: 2, ACTIVATION: 'gelu' }, 0.03, bare))).toContain('4 knobs moved at once')
    expect(line(attempt(1, {}, -0.01, bare))).toContain('No knob was moved')
    expect(reflectionOf(attempt(1, { LR: 0.1 }, 0.03, bare), [BASELINE], { sigmaBpb: null })).toBe(
      'No prediction; measured +0.0300 on 2 seeds. LR up cost (first try).',
    )
  })
})

describe('effects', () => {
  test('the effects behind a noisy record are found, with honest uncertainty', () => {
    const truth: Record<string, number> = { 'LR up': -0.02, 'WIDTH up': 0, 'WIDTH down': 0.015, 'DEPTH up': 0.03, 'ACTIVATION → gelu': -0.01 }
    const to: Record<string, Experiment['knobs']> = {
      'LR up': { LR: 0.04 }, 'WIDTH up': { WIDTH: 96 }, 'WIDTH down': { WIDTH: 48 }, 'DEPTH up': { DEPTH: 6 }, 'ACTIVATION → gelu': { ACTIVATION: 'gelu' },
    } // prettier-ignore
    let inside = 0
    for (let seed = 0; seed < 20; seed++) {
      const rng = new Rng(seed, 'effects')
      const rows = Array.from({ length: 30 }, (_, i) => {
        const first = rng.pick(Object.keys(truth))
        const second = rng.pick(Object.keys(truth).filter((name) => name.split(' ')[0] !== first.split(' ')[0]))
        const both = rng.uniform() < 0.5
        const delta = truth[first] + (both ? truth[second] : 0) + SIGMA * rng.normal()
        return attempt(i + 1, { ...to[first], ...(both ? to[second] : {}) }, delta)
      })
      for (const { move, meanBpb, sdBpb } of effectsOf(attemptsOf([BASELINE, ...rows], labOf()))) {
        expect(Math.abs(meanBpb - truth[move])).toBeLessThan(0.005)
        inside += Number(Math.abs(meanBpb - truth[move]) < 2 * sdBpb)
      }
    }
    expect(inside).toBeGreaterThanOrEqual(93) // of 100
  })

  test('one try is not believed as it stands, and a change against another parent than the best counts from that parent', () => {
    const kept = attempt(1, { LR: 0.04 }, -0.05)
    const fork = attempt(2, { WIDTH: 96 }, -0.02, { deltaBpb: 0.03 })
    const [lr, width] = effectsOf(attemptsOf([BASELINE, kept, fork], labOf()))
    expect(lr.meanBpb).toBeGreaterThan(-0.05)
    expect(lr.sdBpb).toBeGreaterThan(SIGMA)
    expect(width.meanBpb).toBeLessThan(0)
    expect(effectsOf([])).toEqual([])
  })
})

describe('recall', () => {
  const about = (rows: Experiment[], nextNumber: number, cue = '') =>
    recall([BASELINE, ...rows], labOf({ nextNumber }), SOURCE, cue).notes.map((note) => note.about)

  test('at most twelve short notes, the same for the same record', () => {
    const rows = Array.from({ length: 60 }, (_, i) => attempt(i + 1, { LR: 0.02 + 0.001 * (i + 1) }, 0.01, { description: 'x '.repeat(500) }))
    const { notes } = recall([BASELINE, ...rows], labOf({ nextNumber: 61 }), SOURCE)
    expect(notes).toHaveLength(12)
    expect(Math.max(...notes.map(({ text }) => text.length))).toBeLessThanOrEqual(280)
    expect(recall([BASELINE, ...rows], labOf({ nextNumber: 61 }), SOURCE).notes).toEqual(notes)
  })

  test('recent before old, kept before discarded, used before unused', () => {
    expect(about([attempt(1, { LR: 0.1 }, 0.01), attempt(2, { WIDTH: 96 }, 0.01)], 20).indexOf(2)).toBe(0)
    expect(about([attempt(1, { LR: 0.1 }, -0.01), attempt(2, { WIDTH: 128 }, 0.01)], 40)[0]).toBe(1)
    const used = [attempt(1, { WIDTH: 96 }, 0.01), attempt(2, { LR: 0.1 }, 0.01), attempt(9, { WIDTH: 128 }, 0.01)]
    expect(about(used, 12)).toEqual([1, 9, 2])
  })

  test('near the present program before far from it, and what the person asked for', () => {
    const rows = [attempt(1, { LR: 0.0205 }, 0.01), attempt(2, { LR: 0.2, WIDTH: 128, ACTIVATION: 'gelu' }, 0.01)]
    expect(about(rows, 30)[0]).toBe(1)
    const asked = [attempt(1, { WIDTH: 96 }, 0.01), attempt(2, { DEPTH: 6 }, 0.01)]
    expect(about(asked, 30, 'try another width')[0]).toBe(1)
  })

  test('interrupted rows, repetitions and the baseline leave no note; hidden scores none either', () => {
    const error = (code: 'lab.state' | 'program.duplicate') => ({ name: 'LabError' as const, code, message: '', hint: '', data: {} })
    const rows = [
      attempt(1, { LR: 0.1 }, null, { status: 'crash', error: error('lab.state') }),
      attempt(2, { LR: 0.1 }, null, { error: error('program.duplicate') }),
      attempt(3, { LR: 0.1 }, -0.02, { status: 'discard', hiddenBpb: 2.7654, reason: 'The gap to the hidden split is 0.7654.' }),
    ]
    const { notes } = recall([BASELINE, ...rows], labOf({ nextNumber: 4 }), SOURCE)
    expect(notes.map((note) => note.about)).toEqual([3])
    expect(JSON.stringify(notes)).not.toContain('7654')
  })
})

describe('lessons', () => {
  const rows = [
    BASELINE,
    ...[1, 2, 3].map((n) => attempt(n, { LR: 0.02 + n / 100 }, -0.02)),
    ...[4, 5, 6].map((n) => attempt(n, { WIDTH: 64 + n }, 0.0004 * (5 - n), { category: 'width' })),
    ...[7, 8].map((n) => attempt(n, { DEPTH: n }, null, { category: 'depth' })),
    attempt(9, { DEPTH: 5 }, 0.001, { category: 'depth' }),
    attempt(10, { LR: 0.04, WIDTH: 96 }, 0.005),
    attempt(11, { LR: 0.05, ACTIVATION: 'gelu' }, -0.021),
  ]

  test('effects, flat knobs, categories, walls, interactions and predictions are named', () => {
    const lines = lessonsOf(rows, labOf()).split('\n')
    expect(lines.find((line) => line.startsWith('LR up:'))).toMatch(/pays, −0\.01\d\d ± 0\.00\d\d bits per byte \(5 tried, 4 kept\)/)
    expect(lines).toContain('Category depth: 0 of 3 kept, 2 failed')
    expect(lines).toContain('DEPTH up: fails at 7 (2 times, program.memory); 5 ran')
    expect(lines.find((line) => line.startsWith('LR up with WIDTH up'))).toContain('get in each other’s way: +0.0050 together in #10')
    expect(lines.at(-1)).toBe('Predictions: 40 % of keeps were promised, 36 % came (11 attempts)')
    expect(lessonsOf([BASELINE], labOf())).toBe('')
  })

  test('the person’s lines stay, rewritten and removed subjects are not written again', () => {
    const first = keepEdits('LR up: pays\nWIDTH up: costs\nDEPTH up: fails at 8', {})
    expect(first).toEqual({ lessons: 'LR up: pays\nWIDTH up: costs\nDEPTH up: fails at 8', lessonsWritten: first.lessons })
    // the person rewrites one, removes one, adds one
    const edited = { ...first, lessons: 'LR up: pays, I think because of the batch\nDEPTH up: fails at 8\nNever touch the head.' }
    const second = keepEdits('LR up: pays more\nWIDTH up: costs more\nDEPTH up: fails at 7', edited)
    expect(second.lessons).toBe('LR up: pays, I think because of the batch\nNever touch the head.\nDEPTH up: fails at 7')
    const third = keepEdits('LR up: pays less\nWIDTH up: costs less\nDEPTH up: fails at 6\nBETA up: pays', second)
    expect(third.lessons).toBe('LR up: pays, I think because of the batch\nNever touch the head.\nDEPTH up: fails at 6\nBETA up: pays')
  })
})
