import { describe, expect, test } from 'vitest'
import { LabError } from '../../core/errors'
import { sha256 } from '../../core/hash'
import { Rng } from '../../core/rng'
import type { Experiment } from '../../history/types'
import type { Knob } from '../../sandbox/contract'
import { defaultProgram } from '../../sandbox/defaultProgram'
import { findKnobs, setKnobs } from '../../sandbox/knobs'
import { landscapeOf, PROGRAM } from '../testing'
import { readCredit } from './credit'
import { createController, CONTROLLER_NAMES } from './registry'
import { fromUnit, sampleValue, stepTo, toUnit } from './space'
import { context, coupledLandscape, research, row, valuesOf } from './testing'

describe('space', () => {
  const knob = (value: Knob['value'], space: Knob['space']): Knob => {
    return { name: 'K', value, space, line: 1, start: 0, end: 1 }
  }

  test('unit coordinates follow each scale', () => {
    expect(toUnit(knob(0.02, { kind: 'log', min: 0.002, max: 0.2 }), 0.02)).toBeCloseTo(0.5, 12)
    expect(toUnit(knob(8, { kind: 'pow2', min: 1, max: 64 }), 8)).toBeCloseTo(0.5, 12)
    expect(fromUnit(knob(8, { kind: 'pow2', min: 1, max: 64 }), 0.6)).toBe(16)
    expect(fromUnit(knob(3, { kind: 'int', min: 1, max: 5 }), 0.5)).toBe(3)
    expect(fromUnit(knob(3, { kind: 'int', min: 1, max: 5 }), 7)).toBe(5)
  })

  test('a step always moves where there is room, however coarse the scale', () => {
    expect(stepTo(knob(4, { kind: 'pow2', min: 1, max: 1024 }), 1, 0.01)).toBe(8)
    expect(stepTo(knob(3, { kind: 'int', min: 1, max: 12 }), -1, 0.01)).toBe(2)
    expect(stepTo(knob(1, { kind: 'int', min: 1, max: 12 }), -1, 0.3)).toBe(1)
  })

  test('a sample differs from the present value and stays inside', () => {
    const rng = new Rng(3)
    for (let i = 0; i < 200; i++) {
      const int = sampleValue(knob(1, { kind: 'int', min: 1, max: 2 }), rng)
      expect(int).toBe(2)
      const log = Number(sampleValue(knob(0.01, { kind: 'log', min: 0.001, max: 0.1 }), rng))
      expect(log).toBeGreaterThanOrEqual(0.001)
      expect(log).toBeLessThanOrEqual(0.1)
      expect(sampleValue(knob('a', { kind: 'oneOf', options: ['a', 'b', 'c'] }), rng)).not.toBe('a')
    }
  })
})

describe.each(CONTROLLER_NAMES)('%s', (name) => {
  test('same history and seed, same proposal; its words name what changed', async () => {
    const first = await createController(name).propose(context(PROGRAM, []))
    const second = await createController(name).propose(context(PROGRAM, []))
    expect(second).toEqual(first)
    const before = valuesOf(PROGRAM)
    const changed = Object.entries(valuesOf(first.source)).filter(([knob, value]) => before[knob] !== value)
    expect(changed.length).toBeGreaterThan(0)
    for (const [knob, value] of changed) {
      expect(first.hypothesis).toContain(knob)
      if (changed.length <= 4) expect(first.description).toContain(`${knob} ${String(before[knob])} → ${String(value)}`)
    }
    if (changed.length > 4) expect(first.description).toMatch(new RegExp(`→ .*, .* → .* and ${changed.length - 4} more$`))
    expect(first.hypothesis).toMatch(/^[A-Z].*: .*\.$/)
    expect(first.description).not.toMatch(/[\t\n]/)
    expect(first.expectedProbability).toBeGreaterThan(0)
    expect((await createController(name).propose(context(PROGRAM, [], 2))).source).not.toBe(first.source)
  })

  test('says so when every setting has been tried', async () => {
    const source = `const FLAG = knob(true, { oneOf: [true, false] })\n`
    const history = [row(0, { FLAG: true }, { programHash: await sha256(source), status: 'baseline' })]
    const proposal = await createController(name).propose(context(source, history))
    const tried = row(1, { FLAG: false }, { programHash: await sha256(proposal.source) })
    await expect(createController(name).propose(context(source, [...history, tried]))).rejects.toMatchObject({
      code: 'controller.exhausted',
    })
    const cutOff = { ...tried, status: 'crash', error: new LabError('lab.state', 'cut off').toJSON() } as const
    expect((await createController(name).propose(context(source, [...history, cutOff]))).source).toBe(proposal.source)
    await expect(createController(name).propose(context('// nothing\n', []))).rejects.toMatchObject({
      code: 'controller.exhausted',
    })
  })
})

test('an unknown name is refused with the known ones', () => {
  expect(() => createController('psychic')).toThrow(/psychic/)
})

describe('evolution', () => {
  const base = row(0, valuesOf(PROGRAM), { status: 'baseline', deltaBpb: null })
  const tryAll = async (history: Experiment[]) => {
    const proposals = []
    for (let seed = 0; seed < 120; seed++) {
      proposals.push(await createController('evolution').propose(context(PROGRAM, history, seed)))
    }
    return proposals.map((proposal) => ({ ...proposal, knobs: valuesOf(proposal.source) }))
  }

  test('stays below what crashed', async () => {
    const history = [base]
    for (const [i, width] of [400, 220].entries()) {
      const error = new LabError('gpu.oom', 'too big').toJSON()
      history.push(row(i + 1, { ...base.knobs, WIDTH: width }, { status: 'crash', deltaBpb: null, error }))
    }
    for (const { knobs } of await tryAll(history)) expect(Number(knobs.WIDTH)).toBeLessThan(220)
  })

  test('follows a direction that paid', async () => {
    const history = [base]
    for (const [i, lr] of [0.05, 0.06, 0.07].entries()) {
      history.push(row(i + 1, { ...base.knobs, MATRIX_LR: lr }, { deltaBpb: -0.02 }))
      history.push(row(i + 11, { ...base.knobs, DEPTH: 4 + i }, { deltaBpb: 0.05 }))
    }
    const moved = (await tryAll(history)).map(({ knobs }) => Number(knobs.MATRIX_LR))
    const up = moved.filter((lr) => lr > 0.04).length
    const down = moved.filter((lr) => lr < 0.04).length
    expect(up).toBeGreaterThan(3 * down)
    expect(up).toBeGreaterThan(40)
  })

  test('puts near misses together', async () => {
    const history = [
      base,
      row(1, { ...base.knobs, MATRIX_LR: 0.06 }, { deltaBpb: -0.004 }),
      row(2, { ...base.knobs, ACTIVATION: 'silu' }, { deltaBpb: -0.005 }),
    ]
    const both = (await tryAll(history)).filter(({ knobs }) => knobs.MATRIX_LR === 0.06 && knobs.ACTIVATION === 'silu')
    expect(both.length).toBeGreaterThan(3)
    expect(both[0].hypothesis).toMatch(/near misses (1 and 2|2 and 1)/)
    expect(['lr', 'activation']).toContain(both[0].category)
  })

  test('step: grows with gains, shrinks with losses', () => {
    const knobs = findKnobs(PROGRAM)
    const step = (deltaBpb: number) => {
      const tried = row(1, { ...base.knobs, MATRIX_LR: 0.06 }, { deltaBpb })
      return readCredit(knobs, [base, tried], 0.004).knobs.get('MATRIX_LR')!.step
    }
    expect(step(-0.05)).toBeGreaterThan(step(0.05))
  })

  test('a source changed by hand in between is taken as it is', async () => {
    const source = setKnobs(PROGRAM, { DEPTH: 5 }).replace('const ROWS', 'const MY_ROWS')
    const proposal = await createController('evolution').propose(context(source, [base]))
    expect(proposal.source).not.toBe(source)
  })
})

describe('forty experiments over the knobs of the default program', () => {
  const source = defaultProgram('software')
  const forty = (name: string, seed: number, make = landscapeOf) => research(createController(name), source, seed, 40, make)

  test('the default beats random search on most landscapes, plain and coupled, fails less, and its forecasts hold', async () => {
    let wins = 0
    const failures = { own: 0, random: 0 }
    const tried: Experiment[] = []
    for (let seed = 1; seed <= 10; seed++) {
      for (const make of [landscapeOf, coupledLandscape]) {
        const own = await forty(CONTROLLER_NAMES[0], seed, make)
        const drawn = await forty('random', seed, make)
        if (own.gain > drawn.gain) wins++
        failures.own += own.failures
        failures.random += drawn.failures
        tried.push(...own.history.filter(({ status }) => status === 'keep' || status === 'discard'))
      }
    }
    expect(wins, JSON.stringify(failures)).toBeGreaterThanOrEqual(15)
    expect(failures.own).toBeLessThan(failures.random)

    // said probabilities against what came: right on the whole, and no worse than saying the share of keeps each time
    const keeps = tried.map(({ status }): number => (status === 'keep' ? 1 : 0))
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    const share = mean(keeps)
    const brier = mean(tried.map(({ expectedProbability }, i) => (expectedProbability! - keeps[i]) ** 2))
    const said = mean(tried.map(({ expectedProbability }) => expectedProbability!))
    const deltas = [mean(tried.map(({ expectedDelta }) => expectedDelta!)), mean(tried.map(({ deltaBpb }) => deltaBpb!))]
    const told = JSON.stringify({ said, share, brier, plain: share * (1 - share), deltas })
    expect(Math.abs(said - share), told).toBeLessThan(0.06)
    expect(brier, told).toBeLessThan(1.03 * share * (1 - share))
  })

  test.each(CONTROLLER_NAMES)('%s: a lab that was left goes on as if it had not been', async (name) => {
    const { history } = await research(createController(name), source, 3, 12)
    const again = structuredClone(history)
    const next = (rows: Experiment[]) => createController(name).propose(context(source, rows, 13))
    expect(await next(again)).toEqual(await next(history))
  })
})
