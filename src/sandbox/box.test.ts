import { beforeAll, expect, test } from 'vitest'
import { isBinary, isUnary, STRUCTURED_OPS, UNARY_OPS } from '../graph/ir'
import { RAMP_STEPS, SCHEDULE_POINTS } from '../graph/program'
import { createBox } from './box'
import { describe, modelWith, refusal } from './boxFixture'
import type { Box } from './contract'

// what a group gets that names no settings
const ADAMW = { rule: 'adamw', lr: 0.001, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0 }

let box: Box
beforeAll(async () => {
  box = await createBox()
})

test('a small program becomes plain data, with lines and sane defaults', async () => {
  const program = await describe(box, modelWith('return head(g.rmsNorm(x))'))
  expect(program.batch).toEqual({ rows: 8, context: 128, accumulate: 1 })
  expect(program.training).toEqual({ clip: 0, ema: 0 })
  expect(program.graph.params).toEqual([
    { name: 'embed', shape: [16, 8], init: { kind: 'normal', std: 1 } },
    { name: 'head', shape: [16, 8], init: { kind: 'zeros' } },
  ])
  expect(program.graph.nodes).toEqual([
    { op: 'tokens', inputs: [], attrs: {} },
    { op: 'param', inputs: [], attrs: { name: 'embed' }, line: 2 },
    { op: 'embedding', inputs: [1, 0], attrs: {}, line: 2 },
    { op: 'rmsNorm', inputs: [2], attrs: { eps: 1e-6 }, line: 4 },
    { op: 'param', inputs: [], attrs: { name: 'head' }, line: 3 },
    { op: 'linear', inputs: [3, 4], attrs: {}, line: 3 },
  ])
  expect(program.graph.output).toBe(5)
  expect(program.groups).toEqual([
    { params: ['embed', 'head'], ...ADAMW },
  ])
  expect(program.schedule.lr).toEqual(Array.from({ length: SCHEDULE_POINTS }, () => 1))
  expect(program.ramp.momentum).toEqual([])
})

const ops = (names: readonly string[]) => JSON.stringify(names.filter((op) => op !== 'softcap' && op !== 'affine'))

test('every op of the graph has a method', async () => {
  const heads = 'const q = g.reshape(x, [2, 4])\n'
  const body = `${heads}let y = x
    for (const op of ${ops(UNARY_OPS)}) y = g.add(y, g[op](x))
    for (const op of ['add', 'sub', 'mul', 'div', 'maximum', 'minimum']) y = g[op](y, x)
    y = g.layerNorm(g.softmax(g.softcap(g.affine(y, { scale: 2, offset: 1 }), 15)))
    const a = g.attention(g.rope(q), g.rope(q, { base: 500 }), q, { window: 4 })
    y = g.add(y, g.reshape(g.transpose(g.transpose(a, [1, 0]), [1, 0]), [8]))
    y = g.mul(g.sum(y), g.add(g.mean(y), y))
    y = g.concat([g.slice(y, { end: 4 }), g.slice(g.shift(y, 1), { start: 4, end: 8 })])
    y = g.dropout(g.conv(y, g.param('taps', [8, 3], g.uniform(0.1))), { rate: 0.1 })
    y = g.wgsl({ name: 'copy', per: 'token', inputs: { y1: y }, output: [8], lanes: 8,
      forward: 'fn forward(t: u32, lane: u32) { set_y(lane, y1(lane)); }',
      backward: 'fn backward(t: u32, lane: u32) { add_dy1(lane, dy(lane)); }' })
    return head(g.rmsNorm(g.maximum(y, 0)))`
  const used = new Set((await describe(box, modelWith(body))).graph.nodes.map((node) => node.op))
  for (const op of STRUCTURED_OPS) expect(used).toContain(op)
  for (const op of UNARY_OPS) expect(used).toContain(op)
  expect([...used].filter(isUnary).length).toBe(UNARY_OPS.length)
  expect([...used].filter(isBinary).length).toBe(6)
})

test('numbers as operands become affine, with the right arithmetic', async () => {
  const body = `let y = g.add(g.add(x, 3), g.add(3, x))
    y = g.add(g.add(y, g.sub(x, 3)), g.sub(3, x))
    y = g.add(g.add(y, g.mul(x, 3)), g.mul(3, x))
    return head(g.add(g.add(y, g.div(x, 4)), g.div(3, x)))`
  const program = await describe(box, modelWith(body))
  const affine = program.graph.nodes.filter((node) => node.op === 'affine')
  expect(affine.map(({ attrs }) => [attrs.scale, attrs.offset])).toEqual([
    [1, 3],
    [1, 3],
    [1, -3],
    [-1, 3],
    [3, 0],
    [3, 0],
    [0.25, 0],
    [3, 0],
  ])
  expect(program.graph.nodes[affine[7].inputs[0]].op).toBe('reciprocal')
})

test('a name used twice with one shape is one parameter', async () => {
  const program = await describe(box, modelWith('return head(g.linear(x, g.param("w", [8, 8], g.zeros())) && x)'))
  expect(program.graph.params.map((param) => param.name)).toEqual(['embed', 'w', 'head'])
  const tied = await describe(
    box,
    `export function model(g, tokens) {
      const table = () => g.param('embed', [vocab, 8], g.normal(1))
      return g.linear(g.embedding(table(), tokens), table()) }`,
  )
  expect(tied.graph.params.length).toBe(1)
  expect(tied.graph.nodes.filter((node) => node.op === 'param').length).toBe(1)
})

test('groups match by name, wildcard, expression, list and function; the first match wins', async () => {
  const body = `for (const name of ['a.0', 'a.1', 'b.0', 'c.up', 'c.down']) g.param(name, [4, 4], g.zeros())
    return head(x)`
  const optimizer = `export function optimizer(params) { return [
    { match: 'a.1', rule: 'sgd', lr: 1 },
    { match: 'a.*', rule: 'muon', lr: 2 },
    { match: /^b/g, rule: 'lion', lr: 3 },
    { match: ['nobody', 'c.*wn'], rule: 'sgd', lr: 4 },
    { match: ({ name, shape }) => name.startsWith('c') && shape.length === 2, rule: 'adamw', lr: 5, eps: 1e-10 },
    { match: params.map((p) => p.name).slice(0, 7), rule: 'adamw', lr: 6 }] }`
  const { groups } = await describe(box, modelWith(body, optimizer))
  expect(groups.map((group) => [group.lr, ...group.params])).toEqual([
    [1, 'a.1'],
    [2, 'a.0'],
    [3, 'b.0'],
    [4, 'c.down'],
    [5, 'c.up'],
    [6, 'embed', 'head'],
  ])
  expect(groups[1]).toMatchObject({ rule: 'muon', momentum: 0.95, beta2: 0.95 })
  expect(groups[4].eps).toBe(1e-10)
})

test('schedule and ramp are sampled; the held end of the ramp is cut off', async () => {
  const rest = `export const schedule = ({ progress }) => ({ lr: 1 - progress })
    export const ramp = ({ step }) => ({ momentum: 0.5 + 0.1 * Math.min(1, step / 4) })`
  const { schedule, ramp } = await describe(box, modelWith('return head(x)', rest))
  expect(schedule.lr[0]).toBe(1)
  expect(schedule.lr[64]).toBe(0.75)
  expect(schedule.lr.at(-1)).toBe(0)
  expect(schedule.weightDecay.at(-1)).toBe(1)
  expect(ramp.momentum).toEqual([0.5, 0.525, 0.55, 0.575, 0.6])
  const endless = 'export const ramp = ({ step }) => ({ momentum: step / 4000 })'
  expect((await describe(box, modelWith('return head(x)', endless))).ramp.momentum.length).toBe(RAMP_STEPS)
})

const withRest = (rest: string) => modelWith('return head(x)', rest)

const MUON_FOR_ALL = "export const optimizer = () => [{ match: '*', rule: 'muon' }]"

/** What is wrong, its source, and what the message must say; all are program.graph but the first. */
const mistakes: [string, string, string][] = [
  ['a syntax error', 'const a = 1\nconst b = ;', 'train.js line 2: '],
  ['an unknown op', modelWith('return g.lienar(x)'), 'line 4: g.lienar: there is no such op'],
  ['arithmetic on nodes', modelWith('\nreturn head(x * 2)'), 'line 5: a node cannot be used as a number'],
  ['a missing weight', modelWith('return g.linear(x)'), 'line 4: linear: the weight must be a node, got nothing'],
  ['an unknown option', modelWith('g.rmsNorm(x, { epsilon: 1 })'), 'line 4: rmsNorm: there is no "epsilon"'],
  ['an infinite number', modelWith('g.div(x, 0)'), 'line 4: affine: scale must be a finite number, got Infinity'],
  ['two plain numbers', modelWith('g.add(1, 2)'), 'line 4: add: both operands are numbers'],
  [
    'one name, two shapes',
    modelWith("g.param('w', [2], g.zeros())\ng.param('w', [3], g.zeros())"),
    'line 5: param w: made before as [2], now as [3]',
  ],
  ['a param without a start', modelWith("g.param('w', [2])"), 'line 4: param w: the third argument'],
  ['a bad name', modelWith("g.param('a b', [2], g.zeros())"), 'line 4: param: a name is'],
  ['no model', 'export const batch = {}', 'there is no model'],
  ['nothing returned', modelWith('head(x)'), 'model must return the logits node, got nothing'],
  ['a wrong shape', modelWith("return g.linear(x, g.param('w', [16, 9], g.zeros()))"), 'train.js line 4: linear'],
  ['logits of the wrong width', modelWith('return x'), '[B, T, 16]'],
  [
    'a table too short',
    "export const model = (g, t) => g.embedding(g.param('e', [4, 16], g.zeros()), t)",
    'line 1: embedding: table [4, 16]',
  ],
  ['an unknown batch setting', withRest('export const batch = { row: 3 }'), 'batch: there is no "row"'],
  ['a batch out of range', withRest('export const batch = { context: 9999 }'), 'batch.context'],
  [
    'a param without a group',
    withRest("export const optimizer = () => [{ match: 'head', rule: 'sgd' }]"),
    'no group matches the parameter embed',
  ],
  [
    'muon on a vector',
    modelWith("g.param('v', [3], g.zeros())\nreturn head(x)", MUON_FOR_ALL),
    'muon takes matrices only, but v has shape [3]',
  ],
  ['an unknown rule', withRest("export const optimizer = () => [{ rule: 'adam' }]"), 'group 0 has rule "adam"'],
  ['a schedule of NaN', withRest('export const schedule = () => ({ lr: NaN })'), 'schedule: lr must be a finite'],
  [
    'a late slip in the ramp',
    withRest('export const ramp = ({ step }) => ({ momentum: step > 9 ? "x" : 0.5 })'),
    'ramp: momentum',
  ],
  ['a knob outside its space', '\nconst B = knob(20, { int: [1, 16] })', 'line 2: knob: 20 is not in { int: [1, 16] }'],
  ['a knob without a space', 'knob(20)', 'line 1: knob: the second argument'],
  ['a condition that is no list', "knob(2, { int: [1, 4], when: { RULE: 'muon' } })", 'line 1: knob: when must name knobs'],
  ['a slip at run time', 'let a\na.b.c', "line 2: TypeError: cannot read property 'b' of undefined"],
  ['a thrown text', 'throw "stop"', '"stop"'],
]

test.each(mistakes)('%s is refused with its place', async (what, source, message) => {
  const error = await refusal(box, source)
  expect(error.message).toContain(message)
  expect(error.code).toBe(what === 'a syntax error' ? 'program.syntax' : 'program.graph')
  expect(error.hint).not.toBe('')
})

test('a source that is too long is refused unread', async () => {
  expect((await refusal(box, ' '.repeat(200_001))).code).toBe('program.syntax')
})

test('a closed box says so', async () => {
  const other = await createBox()
  other.close()
  expect((await refusal(other, '')).code).toBe('lab.state')
})
