import { expect, test } from 'vitest'
import { canonicalHash, drawPlaces } from './canonical'
import type { GraphNode } from './ir'
import type { ProgramSpec } from './program'
import { nanochatGraph } from './sampleGraphs'

function program(): ProgramSpec {
  const graph = nanochatGraph({ V: 32, C: 16, H: 2, KV: 1, D: 8, hidden: 32, windows: [8, 0], gateChannels: 8, softcap: 15 })
  const rule = { rule: 'adamw' as const, lr: 0.01, beta1: 0.8, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0 }
  return {
    version: 1,
    batch: { rows: 2, context: 32, accumulate: 1 },
    training: { clip: 0, ema: 0 },
    graph,
    groups: [{ ...rule, params: graph.params.map((p) => p.name) }],
    schedule: { lr: [1, 0], weightDecay: [1] },
    ramp: { momentum: [] },
  }
}

/** The same program with every parameter called something else, declared in reverse. */
function renamed(): ProgramSpec {
  const spec = structuredClone(program())
  const name = (old: string) => `z${old.split('').toReversed().join('')}`
  for (const param of spec.graph.params) param.name = name(param.name)
  for (const node of spec.graph.nodes) if (node.op === 'param') node.attrs.name = name(String(node.attrs.name))
  spec.graph.params.reverse()
  spec.groups[0].params = spec.groups[0].params.map(name).toReversed()
  return spec
}

/** With one more op between the model and its logits. */
function withOp(node: (output: number) => GraphNode): ProgramSpec {
  const spec = structuredClone(program())
  spec.graph.output = spec.graph.nodes.push(node(spec.graph.output)) - 1
  return spec
}

test('names, lines, order and dead ops do not make another program', async () => {
  const hash = await canonicalHash(program())
  expect(await canonicalHash(renamed())).toBe(hash)
  const moved = structuredClone(program())
  moved.graph.nodes.forEach((node, i) => (node.line = 1000 - i))
  moved.graph.nodes.push({ op: 'neg', inputs: [moved.graph.output], attrs: {} })
  const [{ params, ...rule }] = moved.groups
  moved.groups = [{ ...rule, params: params.slice(3) }, { ...rule, params: params.slice(0, 3) }]
  expect(await canonicalHash(moved)).toBe(hash)
})

test('whatever changes the sums, the start, the rule or the batch does', async () => {
  const hashes = [await canonicalHash(program())]
  const change = async (edit: (spec: ProgramSpec) => void) => {
    const spec = structuredClone(program())
    edit(spec)
    hashes.push(await canonicalHash(spec))
  }
  await change((spec) => (spec.graph.params[0].init = { kind: 'normal', std: 0.123 }))
  await change((spec) => (spec.groups[0].lr = 0.011))
  await change((spec) => (spec.batch.rows = 4))
  await change((spec) => (spec.schedule.lr = [1, 0.1]))
  hashes.push(await canonicalHash(withOp((output) => ({ op: 'affine', inputs: [output], attrs: { scale: 1, offset: 0 } }))))
  expect(new Set(hashes).size).toBe(hashes.length)
})

test('two names of one parameter are not two parameters of one start', async () => {
  const tied = structuredClone(program())
  const [a, b] = tied.graph.params.filter(({ shape }) => shape.join() === tied.graph.params[0].shape.join())
  for (const node of tied.graph.nodes) if (node.attrs.name === b.name) node.attrs.name = a.name
  expect(await canonicalHash(tied)).not.toBe(await canonicalHash(program()))
})

test('equal ops over equal inputs are one, but each dropout draws for itself', async () => {
  const twice = (op: 'square' | 'dropout', shared: boolean) => {
    const spec = structuredClone(program())
    const { nodes } = spec.graph
    const add = (): number => nodes.push({ op, inputs: [spec.graph.output], attrs: op === 'dropout' ? { rate: 0.1 } : {} }) - 1
    const first = add()
    spec.graph.output = nodes.push({ op: 'add', inputs: [first, shared ? first : add()], attrs: {} }) - 1
    return canonicalHash(spec)
  }
  expect(await twice('square', true)).toBe(await twice('square', false))
  expect(await twice('dropout', true)).not.toBe(await twice('dropout', false))
})

test('parameters are drawn by place: renaming moves none, adding one moves only those of its shape behind it', () => {
  const before = [...drawPlaces(program().graph).values()]
  expect([...drawPlaces(renamed().graph).values()]).toEqual(before)
  expect(new Set(before).size).toBe(before.length)
  const more = structuredClone(program().graph)
  more.params.unshift({ name: 'extra', shape: [32], init: { kind: 'zeros' } }, { name: 'unused', shape: [16, 16], init: { kind: 'zeros' } })
  const extra = more.nodes.push({ op: 'param', inputs: [], attrs: { name: 'extra' } }) - 1
  more.output = more.nodes.push({ op: 'add', inputs: [more.output, extra], attrs: {} }) - 1
  const places = drawPlaces(more)
  for (const [name, place] of drawPlaces(program().graph)) expect(places.get(name)).toBe(place)
  expect(places.get('extra')).toBe('32/0')
})
