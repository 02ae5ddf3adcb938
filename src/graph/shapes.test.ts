import { expect, it } from 'vitest'
import { LabError } from '../core/errors'
import { elementwiseGraph, GraphWriter, layoutGraph, nanochatGraph, sequenceGraph } from './sampleGraphs'
import type { ModelGraph } from './ir'
import { inferShapes } from './shapes'

const V = 8

/** A model of one faulty op between an embedding [B,T,4] and a head. */
function withOp(build: (g: GraphWriter, x: number) => number): ModelGraph {
  const g = new GraphWriter()
  const x = g.op('embedding', [g.param('table', V, 4), g.op('tokens', [])])
  const y = build(g, x)
  g.nodes[y].line = 12
  return g.finish(g.linear(y, 'head', V, 4))
}

function errorOf(graph: ModelGraph): LabError {
  try {
    inferShapes(graph, V)
  } catch (error) {
    return error as LabError
  }
  throw new Error('no error')
}

it('accepts every op of the language and gives the logits the vocabulary', () => {
  for (const graph of [elementwiseGraph(), layoutGraph(), sequenceGraph()])
    expect(inferShapes(graph, 5)[graph.output]).toEqual({ batch: true, dims: [5] })
  const recipe = nanochatGraph({ V, C: 16, H: 4, KV: 2, D: 4, hidden: 32, windows: [2, 0], gateChannels: 4, softcap: 15 })
  expect(inferShapes(recipe, V)[recipe.output]).toEqual({ batch: true, dims: [V] })
})

it('names the line, the op and both shapes', () => {
  const error = errorOf(withOp((g, x) => g.linear(x, 'w', 4, 6)))
  expect(error.code).toBe('program.graph')
  expect(error.message).toBe('train.js line 12: linear: input has 4 channels ([B, T, 4]) but the weight [4, 6] takes 6')
  expect(error.hint).not.toBe('')
})

it('refuses what does not fit', () => {
  const faults: [(g: GraphWriter, x: number) => number, string][] = [
    [(g, x) => g.op('add', [x, g.param('p', 3)]), 'cannot broadcast [B, T, 4] with [3]'],
    [(g, x) => g.op('add', [x]), 'takes 2 inputs, got 1'],
    [(g, x) => g.reshape(x, 3, 2), '4 is not 6 elements'],
    [(g, x) => g.op('transpose', [x], { perm: [1] }), 'perm must reorder'],
    [(g, x) => g.op('slice', [x], { axis: 0, start: 2, end: 9 }), 'end must be an integer from 3 to 4'],
    [(g, x) => g.op('rope', [x], { base: 10000 }), 'input must be [B, T, heads, D]'],
    [(g, x) => g.op('rope', [g.reshape(x, 4, 1)], { base: 10000 }), 'head size must be even'],
    [(g, x) => g.op('shift', [x], { by: -1 }), 'by must be an integer from 0'],
    [(g, x) => g.op('softcap', [x], { cap: 0 }), 'cap must be a number'],
    [(g, x) => g.op('conv', [x, g.param('taps', 3, 2)]), 'weight must be a parameter [4, taps]'],
    [(g, x) => g.op('dropout', [x], { rate: 1 }), 'rate must be a number from 0 to 0.95'],
    [(g, x) => g.op('mul', [x, g.op('tokens', [])]), 'only embedding may read them'],
    [(g) => g.op('embedding', [g.param('other', 5, 4), 1]), 'one row for each of the 8 tokens'],
  ]
  for (const [build, message] of faults) expect(errorOf(withOp(build)).message).toContain(message)
})

it('refuses a graph that looks ahead of itself, and one that does not end in logits', () => {
  const forward = withOp((g, x) => g.op('neg', [x]))
  forward.nodes[3].inputs = [5]
  expect(errorOf(forward).message).toContain('which is not before it')
  const short = withOp((g, x) => g.op('neg', [x]))
  short.output = 2
  expect(errorOf(short).message).toContain('must return logits [B, T, 8]')
})

it('refuses grouped heads that do not divide', () => {
  const graph = withOp((g, x) => {
    const heads = (name: string, n: number) => g.reshape(g.linear(x, name, n * 2, 4), n, 2)
    return g.reshape(g.op('attention', [heads('q', 3), heads('k', 2), heads('v', 2)], { window: 0, scale: 0, softcap: 0 }), 6)
  })
  expect(errorOf(graph).message).toContain('3 query heads cannot share 2 key heads evenly')
})
