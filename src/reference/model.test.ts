import { describe, expect, test } from 'vitest'
import { Rng } from '../core/rng'
import type { ModelGraph } from '../graph/ir'
import { BINARY_OPS, STRUCTURED_OPS, UNARY_OPS } from '../graph/ir'
import { attentionForward } from './attention'
import { finiteDifference, normalArray, worstRelativeError } from './gradientCheck'
import { forwardGraph, lossAndGradients, type Tensors } from './model'
import { elementwiseGraph, GraphWriter, layoutGraph, nanochatGraph, sequenceGraph } from '../graph/sampleGraphs'

const SIZE = { B: 2, T: 5 }
const GRAPHS: Record<string, ModelGraph> = {
  elementwise: elementwiseGraph(),
  layout: layoutGraph(),
  sequence: sequenceGraph(),
  nanochat: nanochatGraph({
    V: 5,
    C: 8,
    H: 4,
    KV: 2,
    D: 4,
    hidden: 12,
    windows: [2, 1, 0],
    gateChannels: 4,
    softcap: 3,
  }),
}

function randomParams(graph: ModelGraph, rng: Rng): Tensors {
  const params: Tensors = {}
  for (const { name, shape } of graph.params) {
    params[name] = normalArray(rng, shape.reduce((n, d) => n * d, 1)).map((value) => 0.5 * value)
  }
  return params
}

function randomTokens(rng: Rng, count: number, V: number): Int32Array {
  return Int32Array.from({ length: count }, () => rng.int(V))
}

test('the sample graphs use every op but custom kernels, which have no oracle', () => {
  const used = new Set(Object.values(GRAPHS).flatMap((graph) => graph.nodes.map((node) => node.op)))
  expect([...UNARY_OPS, ...BINARY_OPS, ...STRUCTURED_OPS].filter((op) => !used.has(op))).toEqual(['wgsl'])
})

describe.each(Object.entries(GRAPHS))('%s', (name, graph) => {
  const rng = new Rng(21, name)
  const params = randomParams(graph, rng)
  const tokens = randomTokens(rng, 10, 5)
  const targets = randomTokens(rng, 10, 5)
  targets[3] = -1
  const result = lossAndGradients(graph, params, tokens, targets, SIZE)

  test.each(graph.params.map((param) => param.name))('gradient of %s by finite differences', (param) => {
    const loss = () => lossAndGradients(graph, params, tokens, targets, SIZE).loss
    const numeric = finiteDifference(loss, params[param])
    expect(numeric.some((d) => d !== 0)).toBe(true)
    expect(worstRelativeError(result.gradients[param], numeric)).toBeLessThan(1e-6)
  })

  test('later tokens and other rows change nothing', () => {
    const logits = forwardGraph(graph, params, tokens, SIZE)
    expect([...logits]).toEqual([...result.logits])
    const changed = tokens.slice()
    changed[3] = (changed[3] + 1) % 5
    const after = forwardGraph(graph, params, changed, SIZE)
    const differs = (token: number) => [0, 1, 2, 3, 4].some((v) => after[token * 5 + v] !== logits[token * 5 + v])
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter(differs)[0]).toBe(3)
    expect([5, 6, 7, 8, 9].filter(differs)).toEqual([])
  })
})

test('loss by hand: an uncounted target adds nothing but counts in B·T', () => {
  const g = new GraphWriter()
  const graph = g.finish(g.op('embedding', [g.param('table', 2, 2), g.op('tokens', [])]))
  const params = { table: Float64Array.of(0, Math.log(3), 0, 0) }
  const tokens = Int32Array.of(0, 0, 1)
  const { loss, gradients } = lossAndGradients(graph, params, tokens, Int32Array.of(0, 1, -1), { B: 1, T: 3 })
  expect(loss).toBeCloseTo((Math.log(4) + Math.log(4 / 3)) / 3, 12)
  const byHand = [-0.5 / 3, 0.5 / 3, 0, 0]
  byHand.forEach((value, i) => expect(gradients.table[i]).toBeCloseTo(value, 12))
})

test('a parameter read twice collects both gradients, an unused one gets zeros, later nodes are ignored', () => {
  const g = new GraphWriter()
  const table = g.param('table', 2, 2)
  const again = g.op('param', [], { name: 'table' })
  const tokens = g.op('tokens', [])
  const sum = g.op('add', [g.op('embedding', [table, tokens]), g.op('embedding', [again, tokens])])
  g.op('exp', [g.param('unused', 3)])
  const graph = g.finish(sum)
  const params = { table: Float64Array.of(1, 2, 3, 4), unused: new Float64Array(3) }
  const run = () => lossAndGradients(graph, params, Int32Array.of(1), Int32Array.of(0), { B: 1, T: 1 })
  const { gradients } = run()
  expect([...gradients.unused]).toEqual([0, 0, 0])
  expect(worstRelativeError(gradients.table, finiteDifference(() => run().loss, params.table))).toBeLessThan(1e-6)
  expect([...params.table]).toEqual([1, 2, 3, 4])
})

test.each([
  [{ window: 1, scale: 0.9, softcap: 2 }, 0.9],
  [{ window: 0, scale: 0, softcap: 0 }, 0.5],
])('attributes reach the op: attention %o, where a scale of 0 means 1/√D', (attrs, scale) => {
  const g = new GraphWriter()
  const x = g.op('embedding', [g.param('table', 3, 2, 4), g.op('tokens', [])])
  const graph = g.finish(g.reshape(g.op('attention', [x, x, x], attrs), 8))
  const table = normalArray(new Rng(22, 'attention'), 24)
  const rows = Float64Array.of(...table.subarray(8, 16), ...table.subarray(0, 8), ...table.subarray(16, 24))
  const shape = { B: 1, T: 3, H: 2, KV: 2, D: 4, ...attrs, scale }
  const logits = forwardGraph(graph, { table }, Int32Array.of(1, 0, 2), { B: 1, T: 3 })
  expect([...logits]).toEqual([...attentionForward(rows, rows, rows, shape).out])
})

test('a missing parameter is named', () => {
  const graph = GRAPHS.sequence
  const params = randomParams(graph, new Rng(1))
  delete params.taps
  expect(() => forwardGraph(graph, params, new Int32Array(10), SIZE)).toThrow('"taps"')
})
