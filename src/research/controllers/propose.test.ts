import { describe, expect, test } from 'vitest'
import { LabError } from '../../core/errors'
import { sha256 } from '../../core/hash'
import { activeKnobs, findKnobs, setKnobs } from '../../sandbox/knobs'
import { PROGRAM } from '../testing'
import type { ResearchContext } from '../types'
import { viewCmaEs } from './cmaEs'
import { categoryOf } from './knowledge'
import { createController, CONTROLLER_NAMES } from './registry'
import { context, row, valuesOf } from './testing'
import { knobSpace, SAMPLERS, toldRows } from './told'

const CONDITIONAL = `const MATRIX_RULE = knob('adamw', { oneOf: ['muon', 'adamw'] })
const MOMENTUM_STEPS = knob(300, { int: [1, 1000], when: { MATRIX_RULE: ['muon'] } })
const LR = knob(0.04, { log: [0.002, 0.4] })
`

const changesOf = (source: string, before: string) => {
  const known = valuesOf(before)
  return Object.entries(valuesOf(source)).filter(([name, value]) => known[name] !== value).map(([name]) => name)
}
const many = async (name: string, given: (seed: number) => ResearchContext, count = 25) =>
  Promise.all(Array.from({ length: count }, (_, seed) => createController(name).propose(given(seed))))

test('every researcher that needs no model is one that may be told its own failures', () => {
  expect([...CONTROLLER_NAMES].filter((name) => (SAMPLERS as readonly string[]).includes(name)).sort()).toEqual([...SAMPLERS].sort())
})

describe('what samplers are told', () => {
  const base = valuesOf(PROGRAM)
  const oom = new LabError('gpu.oom', 'too big').toJSON()
  const first = row(0, base, { status: 'baseline', scores: [2, 2.2, 2.1], valBpb: 2.1 })
  const tell = (change: Parameters<typeof row>[2]) => toldRows([first, row(1, base, change)]).slice(1).map(({ bpb }) => bpb)

  test('scores against the baseline on the same seeds, whoever proposed them', () => {
    expect(toldRows([first])).toEqual([{ row: first, bpb: 0 }])
    expect(tell({ scores: [1.9], valBpb: 1.9 })[0]).toBeCloseTo(-0.1, 12)
    expect(tell({ scores: [1.9, 2.2], valBpb: 2.05, status: 'keep', proposer: 'claude-sonnet-5' })[0]).toBeCloseTo(-0.05, 12)
  })

  test.each(['crash', 'timeout', 'rejected', 'checks_failed'] as const)('%s: told to the samplers where it is their own', (status) => {
    for (const proposer of SAMPLERS) expect(tell({ status, proposer, scores: [], valBpb: null, error: oom })).toEqual([null])
    for (const proposer of ['claude-sonnet-5', 'ollama/qwen3', 'a chat, pasted', 'human', 'hybrid', 'guide']) {
      expect(tell({ status, proposer, scores: [], valBpb: null, error: oom })).toEqual([])
    }
  })

  test('nothing of rows that were cut off, repeated, lost, thought, or are running', () => {
    const error = (code: 'lab.state' | 'program.duplicate') => ({ scores: [], valBpb: null, error: new LabError(code, '').toJSON() })
    expect(tell({ status: 'crash', ...error('lab.state') })).toEqual([])
    expect(tell({ status: 'rejected', ...error('program.duplicate') })).toEqual([])
    expect(tell({ status: 'device_lost', scores: [], valBpb: null, error: oom })).toEqual([])
    for (const status of ['thought', 'running'] as const) expect(tell({ status, scores: [], valBpb: null })).toEqual([])
  })

  test('a failure of a model changes nothing that CMA-ES or TPE would do', async () => {
    const scored = Array.from({ length: 12 }, (_, i) =>
      row(i + 1, { ...base, MATRIX_LR: 0.02 + 0.004 * i }, { scores: [2 + 0.01 * i], valBpb: 2 + 0.01 * i }),
    )
    const failure = row(13, { ...base, WIDTH: 768, DEPTH: 12 }, { status: 'crash', proposer: 'gpt-9', scores: [], valBpb: null, deltaBpb: null, error: oom })
    const own = { ...failure, proposer: 'cma-es' }
    for (const name of ['cma-es', 'tpe']) {
      const [without, withModels] = await Promise.all(
        [scored, [...scored, failure]].map((rows) => many(name, (seed) => context(PROGRAM, [first, ...rows], seed), 6)),
      )
      expect(withModels.map(({ source }) => source)).toEqual(without.map(({ source }) => source))
    }
    expect(toldRows([first, ...scored, own]).length).toBe(14)
  })
})

describe('the space of the knobs', () => {
  test('points and values there and back; what is not there plays no part', () => {
    const space = knobSpace(findKnobs(PROGRAM))
    const values = { ...valuesOf(PROGRAM), DEPTH: 7, ROWS: 32, ACTIVATION: 'silu', WIDTH: 100 }
    expect(space.diffOf(space.pointOf(values))).toEqual({ DEPTH: 7, ROWS: 32, ACTIVATION: 'silu', WIDTH: 100 })
    const partial = space.pointOf({ DEPTH: 3, ACTIVATION: 'an option of old' })
    expect(partial.filter((place) => !Number.isNaN(place))).toHaveLength(1)
  })

  test('a condition that is not met leaves its knob out', () => {
    const space = knobSpace(findKnobs(CONDITIONAL))
    expect(space.pointOf(valuesOf(CONDITIONAL)).map(Number.isNaN)).toEqual([false, true, false])
    expect(space.pointOf({ ...valuesOf(CONDITIONAL), MATRIX_RULE: 'muon' }).map(Number.isNaN)).toEqual([false, false, false])
  })
})

describe.each(CONTROLLER_NAMES.filter((name) => (SAMPLERS as readonly string[]).includes(name)))('%s', (name) => {
  test('never moves a knob that plays no part', async () => {
    for (const { source } of await many(name, (seed) => context(CONDITIONAL, [], seed))) {
      const active = activeKnobs(findKnobs(source)).map((knob) => knob.name)
      const changed = changesOf(source, CONDITIONAL)
      expect(changed.length).toBeGreaterThan(0)
      for (const knob of changed) expect(active).toContain(knob)
    }
  })

  test('the same values of what plays a part are the same program', async () => {
    const source = `const RULE = knob('adamw', { oneOf: ['muon', 'adamw'] })
const STEPS = knob(300, { int: [1, 1000], when: { RULE: ['muon'] } })
const FLAG = knob(true, { oneOf: [true, false] })
`
    const twin = setKnobs(source, { STEPS: 200, FLAG: false })
    const tried = row(1, valuesOf(twin), { programHash: await sha256(twin) })
    for (const proposal of await many(name, (seed) => context(source, [tried], seed), 10)) {
      expect(changesOf(proposal.source, source)).toContain('RULE')
    }
  })

  test('draws again what the box refuses, and says so when there is nothing else', async () => {
    const small = async (text: string) => {
      const { DEPTH, WIDTH } = valuesOf(text)
      if (Number(DEPTH) * Number(WIDTH) > 300) throw new LabError('program.memory', 'It would need 9 GiB; the task allows 1 GiB.')
      return { paramCount: 1, predictedBytes: 1, allowedBytes: 2, tier: 'software' as const }
    }
    for (const { source } of await many(name, (seed) => ({ ...context(PROGRAM, [], seed), check: small }))) {
      expect(Number(valuesOf(source).DEPTH) * Number(valuesOf(source).WIDTH)).toBeLessThanOrEqual(300)
    }
    // a base so near the limit that nothing but a single step from it fits
    const tight = async (text: string) => {
      if (changesOf(text, PROGRAM).length > 1) throw new LabError('program.memory', 'It would need 9 GiB; the task allows 1 GiB.')
      return { paramCount: 1, predictedBytes: 1, allowedBytes: 2, tier: 'software' as const }
    }
    const alone = await createController(name).propose({ ...context(PROGRAM, []), check: tight })
    expect(changesOf(alone.source, PROGRAM).length).toBe(1)
    const never = async () => {
      throw new LabError('program.memory', 'It would need 9 GiB; the task allows 1 GiB.')
    }
    const refused = createController(name).propose({ ...context(PROGRAM, []), check: never })
    await expect(refused).rejects.toMatchObject({ code: 'controller.exhausted', message: expect.stringContaining('9 GiB') })
    const stopped = async () => {
      throw new Error('stopped')
    }
    await expect(createController(name).propose({ ...context(PROGRAM, []), check: stopped })).rejects.toThrow('stopped')
  })

  test('a kind that had its three in a row waits, knobs and all', async () => {
    const base = row(0, valuesOf(PROGRAM), { status: 'baseline' })
    const three = [1, 2, 3].map((number) => row(number, { ...base.knobs, DEPTH: 3 + number }, { category: 'depth' }))
    const guidance = { mode: 'explore' as const, reason: '', orders: [{ kind: 'quota' as const, text: 'Three of "depth".' }] }
    for (const { source, category } of await many(name, (seed) => ({ ...context(PROGRAM, [base, ...three], seed), guidance }))) {
      expect(category).not.toBe('depth')
      expect(changesOf(source, PROGRAM).map(categoryOf)).not.toContain('depth')
    }
  })
})

test('CMA-ES shows what it holds in the terms of train.js', () => {
  const base = row(0, valuesOf(PROGRAM), { status: 'baseline' })
  const view = viewCmaEs(context(PROGRAM, [base]))
  expect(view.sigma).toBe(0.06)
  expect(view.mean).toEqual({ DEPTH: 3, WIDTH: 64, ROWS: 4, MATRIX_LR: 0.04, WEIGHT_DECAY: 0.2 })
  expect(view.covariance.labels).toEqual(Object.keys(view.mean))
  expect(view.covariance.rows.map((entries, i) => entries[i])).toEqual([1, 1, 1, 1, 1])
  expect(Object.keys(view.choices)).toEqual(['ACTIVATION', 'QK_NORM'])
  const shares = Object.values(view.choices.ACTIVATION)
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
})
