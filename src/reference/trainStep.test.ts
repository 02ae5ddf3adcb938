import { expect, test } from 'vitest'
import { Rng } from '../core/rng'
import type { ModelGraph } from '../graph/ir'
import type { ParamGroup, ProgramSpec, RuleName } from '../graph/program'
import { normalArray } from './gradientCheck'
import { lossAndGradients, type Tensors } from './model'
import { GraphWriter, nanochatGraph } from '../graph/sampleGraphs'
import { scheduleAt, startTraining, trainStep } from './trainStep'

function group(rule: RuleName, params: string[], part: Partial<ParamGroup> = {}): ParamGroup {
  return { params, rule, lr: 0.1, beta1: 0.9, beta2: 0.95, eps: 1e-10, weightDecay: 0, momentum: 0, ...part }
}

function programOf(graph: ModelGraph, groups: ParamGroup[], part: Partial<ProgramSpec> = {}): ProgramSpec {
  return {
    version: 1,
    batch: { rows: 1, context: 2, accumulate: 1 },
    training: { clip: 0, ema: 0 },
    graph,
    groups,
    schedule: { lr: [1], weightDecay: [1] },
    ramp: { momentum: [] },
    ...part,
  }
}

/** logits = table[token]: the smallest model there is. */
function bigram(): ModelGraph {
  const g = new GraphWriter()
  return g.finish(g.op('embedding', [g.param('table', 2, 2), g.op('tokens', [])]))
}

const first = { tokens: Int32Array.of(0, 0), targets: Int32Array.of(0, 0) }
const second = { tokens: Int32Array.of(0, 1), targets: Int32Array.of(1, 1) }

test('one sgd step by hand: gradients are averaged over the micro-batches', () => {
  const program = programOf(bigram(), [group('sgd', ['table'])])
  const given = { table: new Float64Array(4) }
  const state = startTraining(program, given)
  const { loss, gradientNorm, gradients } = trainStep(program, state, [first, second], { progress: 0 })
  // first: dTable = (-1/2, 1/2; 0, 0); second: half of (1/2, -1/2) in each row
  const byHand = [-0.125, 0.125, 0.125, -0.125]
  byHand.forEach((value, i) => expect(gradients.table[i]).toBeCloseTo(value, 12))
  byHand.forEach((value, i) => expect(state.params.table[i]).toBeCloseTo(-0.1 * value, 12))
  expect(gradientNorm).toBeCloseTo(0.25, 12)
  expect(loss).toBeCloseTo(Math.LN2, 12)
  expect(state.step).toBe(1)
  expect([...given.table]).toEqual([0, 0, 0, 0])
})

test('clipping by hand: a norm of 0.25 against a limit of 0.1, and a limit that does not bind', () => {
  for (const [clip, scale] of [[0.1, 0.1 / (0.25 + 1e-6)], [0.3, 1]]) {
    const program = programOf(bigram(), [group('sgd', ['table'])], { training: { clip, ema: 0 } })
    const state = startTraining(program, { table: new Float64Array(4) })
    const { gradientNorm } = trainStep(program, state, [first, second], { progress: 0 })
    expect(gradientNorm).toBeCloseTo(0.25, 12)
    expect(state.params.table[0]).toBeCloseTo(0.1 * 0.125 * scale, 12)
  }
})

test('lr and weight decay multipliers: given, or read from the schedule at the progress', () => {
  const groups = [group('sgd', ['table'], { weightDecay: 0.5 })]
  const program = programOf(bigram(), groups, { schedule: { lr: [1, 0], weightDecay: [0, 4] } })
  const step = (options: Parameters<typeof trainStep>[3]) => {
    const state = startTraining(program, { table: Float64Array.of(1, 1, 1, 1) })
    trainStep(program, state, [first], options)
    return state.params.table[0]
  }
  expect(step({ progress: 0.25 })).toBeCloseTo(1 - 0.1 * 0.75 * (-0.5 + 0.5 * 1), 12)
  expect(step({ progress: 0.25, lrMult: 2, wdMult: 3 })).toBeCloseTo(1 - 0.1 * 2 * (-0.5 + 0.5 * 3), 12)
})

test('scheduleAt by hand', () => {
  expect(scheduleAt([], 0.3)).toBe(1)
  expect(scheduleAt([0.7], 0.3)).toBe(0.7)
  expect(scheduleAt([0, 1, 0], 0.25)).toBe(0.5)
  expect(scheduleAt([0, 1, 0], 0.5)).toBe(1)
  expect(scheduleAt([0, 1, 3], 1)).toBe(3)
  expect(scheduleAt([0, 1, 3], 7)).toBe(3)
})

test('muon momentum: given, else the ramp held at its end, else the group', () => {
  const firstMoment = (ramp: number[], momentum?: number) => {
    const program = programOf(bigram(), [group('muon', ['table'], { momentum: 0.5 })], { ramp: { momentum: ramp } })
    const state = startTraining(program, { table: new Float64Array(4) })
    const { gradients } = trainStep(program, state, [first], { progress: 0, ...(momentum ? { momentum } : {}) })
    return state.first.table[0] / gradients.table[0]
  }
  expect(firstMoment([0.8, 0.9], 0.7)).toBeCloseTo(0.3, 12)
  expect(firstMoment([0.8, 0.9])).toBeCloseTo(0.2, 12)
  expect(firstMoment([])).toBeCloseTo(0.5, 12)
})

test('muon refuses what is not a matrix', () => {
  const g = new GraphWriter()
  const table = g.op('embedding', [g.param('table', 2, 2), g.op('tokens', [])])
  const graph = g.finish(g.op('mul', [table, g.param('scale', 2)]))
  const program = programOf(graph, [group('muon', ['scale']), group('adamw', ['table'])])
  const params = { table: new Float64Array(4), scale: new Float64Array(2) }
  expect(() => startTraining(program, params)).toThrow('"scale"')
})

test.each(['adamw', 'muon', 'lion', 'sgd'] as const)('a tiny nanochat overfits one batch with %s', (rule) => {
  const graph = nanochatGraph({
    V: 5,
    C: 8,
    H: 2,
    KV: 1,
    D: 4,
    hidden: 16,
    windows: [2, 0],
    gateChannels: 4,
    softcap: 15,
  })
  const rng = new Rng(31, rule)
  const params: Tensors = {}
  for (const { name, shape } of graph.params) {
    params[name] = normalArray(rng, shape.reduce((n, d) => n * d, 1)).map((value) => 0.3 * value)
  }
  const vectors = graph.params.filter((param) => param.shape.length < 2).map((param) => param.name)
  const matrices = graph.params.filter((param) => param.shape.length === 2).map((param) => param.name)
  const lr = { adamw: 0.02, muon: 0.05, lion: 0.01, sgd: 0.1 }[rule]
  const momentum = rule === 'sgd' ? 0.9 : 0.95
  const program = programOf(
    graph,
    [group(rule, matrices, { lr, momentum }), group('adamw', vectors, { lr: 0.01 })],
    { batch: { rows: 2, context: 6, accumulate: 1 } },
  )
  const batch = {
    tokens: Int32Array.from({ length: 12 }, () => rng.int(5)),
    targets: Int32Array.from({ length: 12 }, () => rng.int(5)),
  }
  const state = startTraining(program, params)
  const start = lossAndGradients(graph, params, batch.tokens, batch.targets, { B: 2, T: 6 }).loss
  const losses: number[] = []
  for (let step = 0; step < 40; step++) losses.push(trainStep(program, state, [batch], { progress: 0 }).loss)
  expect(losses[0]).toBe(start)
  expect(losses[39]).toBeLessThan(0.3 * start)
})
