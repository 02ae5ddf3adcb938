import { expect, test } from 'vitest'
import { LabError } from '../core/errors'
import { SCHEDULE_POINTS } from '../graph/program'
import { parseProgram } from './parseProgram'

const adamw = { rule: 'adamw', lr: 0.1, beta1: 0.9, beta2: 0.9, eps: 0, weightDecay: 0, momentum: 0 }
const ones = Array.from({ length: SCHEDULE_POINTS }, () => 1)

/** A correct description as plain data, for each test to spoil in one place. */
function description() {
  return {
    version: 1,
    batch: { rows: 2, context: 16, accumulate: 1 },
    training: { clip: 0, ema: 0 },
    graph: {
      params: [{ name: 'w', shape: [4, 4], init: { kind: 'normal', std: 1 } }],
      nodes: [
        { op: 'tokens', inputs: [], attrs: {} },
        { op: 'param', inputs: [], attrs: { name: 'w' }, line: 3 },
        { op: 'embedding', inputs: [1, 0], attrs: {}, line: 4 },
        { op: 'rmsNorm', inputs: [2], attrs: { eps: 1e-6 }, line: 5 },
      ] as Record<string, unknown>[],
      output: 3,
    },
    groups: [{ params: ['w'], ...adamw }] as Record<string, unknown>[],
    schedule: { lr: ones, weightDecay: ones },
    ramp: { momentum: [] as number[] },
  }
}
type Description = ReturnType<typeof description>

function failure(text: string): LabError {
  try {
    parseProgram(text)
  } catch (error) {
    if (error instanceof LabError) return error
    throw error
  }
  throw new Error('it was accepted')
}

test('a correct description comes back as it is', () => {
  expect(parseProgram(JSON.stringify(description()))).toEqual(description())
})

const spoiled: [string, (d: Description) => unknown, string][] = [
  ['a forward reference', (d) => (d.graph.nodes[2].inputs = [3, 0]), 'train.js line 4: embedding: reads node 3'],
  ['a cycle on itself', (d) => (d.graph.nodes[3].inputs = [3]), 'train.js line 5: rmsNorm: reads node 3'],
  ['a negative input', (d) => (d.graph.nodes[3].inputs = [-1]), 'node 3'],
  ['an unknown op', (d) => (d.graph.nodes[3].op = 'fetch'), 'node 3: op'],
  ['a missing attribute', (d) => (d.graph.nodes[3].attrs = {}), 'train.js line 5: rmsNorm: eps'],
  ['an extra attribute', (d) => (d.graph.nodes[3].attrs = { eps: 0, loss: 1 }), 'rmsNorm'],
  ['an attribute of the wrong type', (d) => (d.graph.nodes[3].attrs = { eps: '0' }), 'eps'],
  ['an extra key of a node', (d) => (d.graph.nodes[3].wgsl = 'x'), 'node 3'],
  ['an extra key at the top', (d) => Object.assign(d, { seed: 1 }), 'seed'],
  ['a fractional line', (d) => (d.graph.nodes[3].line = 1.5), 'node 3: line'],
  ['an output that is not there', (d) => (d.graph.output = 4), 'does not exist'],
  ['a null for a number', (d) => Object.assign(d.batch, { rows: null }), 'batch.rows'],
  ['no rows', (d) => (d.batch.rows = 0), 'batch.rows'],
  ['too many rows', (d) => (d.batch.rows = 4097), 'batch.rows'],
  ['a short context', (d) => (d.batch.context = 7), 'batch.context'],
  ['a long context', (d) => (d.batch.context = 4097), 'batch.context'],
  ['half an accumulation', (d) => (d.batch.accumulate = 1.5), 'batch.accumulate'],
  ['a negative clip', (d) => (d.training.clip = -1), 'training.clip'],
  ['an ema of one', (d) => (d.training.ema = 1), 'training.ema'],
  ['a schedule cut short', (d) => (d.schedule.lr = [1, 1]), 'schedule.lr'],
  ['a negative multiplier', (d) => (d.schedule.lr = ones.map(() => -1)), 'schedule.lr.0'],
  ['a momentum of one', (d) => (d.ramp.momentum = [1]), 'ramp.momentum.0'],
  ['a dimension of zero', (d) => (d.graph.params[0].shape = [0, 4]), 'graph.params.0.shape.0'],
  ['a parameter that is a path', (d) => (d.graph.params[0].name = '../w'), 'graph.params.0.name'],
  ['two parameters of one name', (d) => d.graph.params.push(d.graph.params[0]), 'same name'],
  ['a parameter nobody declared', (d) => (d.graph.nodes[1].attrs = { name: 'v' }), 'no parameter v'],
  ['an unknown rule', (d) => (d.groups[0].rule = 'magic'), 'groups.0.rule'],
  ['a group of strangers', (d) => (d.groups[0].params = ['v']), 'no parameter v'],
  ['a parameter in two groups', (d) => d.groups.push(d.groups[0]), 'two groups'],
  ['a parameter without a group', (d) => (d.groups = []), 'no group matches the parameter w'],
  ['muon on a scalar', (d) => [(d.graph.params[0].shape = []), (d.groups[0].rule = 'muon')], 'matrices'],
  ['no ops at all', (d) => (d.graph.nodes = []), 'graph.nodes'],
  ['too many ops', (d) => (d.graph.nodes = Array.from({ length: 20_001 }, () => ({}))), 'graph.nodes'],
]

test.each(spoiled)('refuses %s', (_what, spoil, message) => {
  const data = description()
  spoil(data)
  const error = failure(JSON.stringify(data))
  expect(error.code).toBe('program.graph')
  expect(error.message).toContain(message)
  expect(error.hint).not.toBe('')
})

test('refuses __proto__ wherever it is written, and pollutes nothing', () => {
  const text = JSON.stringify(description())
  for (const key of ['"version"', '"rows"', '"eps"', '"rule"', '"std"']) {
    for (const name of ['"__proto__"', '"\\u005f_proto__"', '"constructor"']) {
      const error = failure(text.replace(`${key}:`, `${name}:{"polluted":1},${key}:`))
      expect(error.code).toBe('program.graph')
    }
  }
  expect('polluted' in {}).toBe(false)
})

test('refuses what is not JSON, too long or too deep as sandbox.output', () => {
  for (const text of ['', 'undefined', '{"version":1', '['.repeat(13) + ']'.repeat(13), ' '.repeat(1_000_001)])
    expect(failure(text).code).toBe('sandbox.output')
  expect(failure('['.repeat(900_000)).message).toContain('nested deeper')
  // brackets inside text are text
  expect(failure(JSON.stringify('[{"\\'.repeat(50))).code).toBe('program.graph')
})
