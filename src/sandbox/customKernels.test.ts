// g.wgsl through the box: what a program may say, what becomes of it, and what is refused with which words.

import { beforeAll, expect, test } from 'vitest'
import { preparedText } from '../graph/wgsl/kernel'
import { createBox } from './box'
import { describe, modelWith, refusal } from './boxFixture'
import type { Box } from './contract'

let box: Box
beforeAll(async () => {
  box = await createBox()
})

const FORWARD = 'fn forward(t: u32, lane: u32) { set_y(lane, x(lane) * w(lane)); }'
const BACKWARD = 'fn backward(t: u32, lane: u32) { add_dx(lane, dy(lane) * w(lane)); add_dw(lane, dy(lane) * x(lane)); }'

/** A program whose kernel is given `fields` in place of the usual ones. */
function withKernel(fields: Record<string, string> = {}, more = ''): string {
  const usual = {
    name: "'scale'", per: "'token'", inputs: "{ x, w: g.param('w', [8], g.constant(1)) }", output: '[8]', lanes: '8',
    forward: `\`${FORWARD}\``, backward: `\`${BACKWARD}\``,
  } // prettier-ignore
  const given = Object.entries({ ...usual, ...fields }).map(([name, value]) => `${name}: ${value}`)
  return modelWith(`${more}return head(g.wgsl({ ${given.join(', ')} }))`)
}

test('a kernel becomes a node with its texts, read and rewritten', async () => {
  const { graph } = await describe(box, withKernel())
  const node = graph.nodes.find(({ op }) => op === 'wgsl')!
  expect(node.attrs).toMatchObject({ name: 'scale', per: 'token', names: 'x w', dims: [8], lanes: 8, state: 0, trips: 1024, forward: FORWARD })
  expect(node.line).toBe(4)
  expect(preparedText(node.attrs, 'forward')).toMatchObject({
    code: 'fn f_forward(v_t: u32, v_lane: u32) {\nset_y(v_lane, (get_x(v_lane) * get_w(v_lane)));\n}',
    lines: [1, 1, 1],
    body: 0,
  })
})

test('one text for many layers is read once', async () => {
  const { graph } = await describe(box, withKernel({}, `let y = x; for (let i = 0; i < 3; i++) y = g.wgsl({ name: 'again', per: 'token',
    inputs: { x: y, w: g.param('w', [8], g.constant(1)) }, output: [8], lanes: 8, forward: \`${FORWARD}\`, backward: \`${BACKWARD}\` });\n`))
  expect(new Set(graph.nodes.filter(({ op }) => op === 'wgsl').map(({ attrs }) => attrs.forwardCode)).size).toBe(1)
})

test.each<[string, Record<string, string>, string]>([
  ['no texts', { forward: 'undefined' }, 'forward must be a text'],
  ['a long text', { forward: "' '.repeat(9000)" }, 'forward must be a text of at most 8000'],
  ['no inputs', { inputs: '{}' }, '1 to 4 inputs'],
  ['a list of inputs', { inputs: '[x]' }, 'inputs must be named nodes'],
  ['a node for inputs', { inputs: 'x' }, 'inputs must be named nodes'],
  ['many inputs', { inputs: '{ a: x, b: x, c: x, d: x, e: x }' }, '1 to 4 inputs'],
  ['an input that is no node', { inputs: '{ x: 1 }' }, 'x must be a node'],
  ['an input with the output’s name', { inputs: '{ y: x }' }, 'cannot be called "y"'],
  ['an input with a built-in name', { inputs: '{ exp: x }' }, 'cannot be called "exp"'],
  ['an input with an odd name', { inputs: '{ "x; fn": x }' }, 'cannot be called'],
  ['only parameters', { inputs: "{ w: g.param('w', [8], g.zeros()) }" }, 'at least one input must be an activation'],
  ['the tokens', { inputs: '{ x: tokens }' }, 'tokens are ids'],
  ['an unknown setting', { barrier: 'true' }, 'there is no "barrier"'],
  ['texts that were prepared elsewhere', { forwardCode: "'fn f_forward() {}'" }, 'there is no "forwardCode"'],
  ['another per', { per: "'batch'" }, "per must be 'token' or 'row'"],
  ['state per token', { state: '4' }, 'state lasts from token to token'],
  ['much state', { per: "'row'", state: '100000' }, 'state must be an integer from 0 to 256'],
  ['many lanes', { lanes: '9' }, '9 lanes are more than the 8 elements'],
  ['no lanes', { lanes: '0' }, 'lanes must be an integer from 1'],
  ['many trips', { trips: '1e9' }, 'trips must be an integer from 0 to 65536'],
  ['an output without size', { output: '[0]' }, 'output must be a list of positive integers'],
  ['a name that breaks out of a comment', { name: "'a*/ b'" }, 'name must be 1 to 32 letters'],
  ['a binding', { forward: "'@group(0) @binding(0) var<storage> a: array<f32>;'" }, 'kernel "scale", forward line 1: "@" is not allowed'],
  ['a text that is no WGSL', { backward: "'fn backward(t: u32, lane: u32) { add_dx(lane dy(lane)); }'" }, 'kernel "scale", backward line 1: is not WGSL'],
  ['a look at another token, per token', { forward: "'fn forward(t: u32, lane: u32) { set_y(lane, x_at(t + 1u, lane)); }'" }, 'there is no function "x_at"'],
  ['the gradient of a parameter too large', { inputs: "{ x, w: g.param('w', [70000], g.zeros()) }" }, 'is too large'],
])('refuses %s', async (_, fields, words) => {
  const error = await refusal(box, withKernel(fields))
  expect(error.code).toBe('program.graph')
  expect(error.message).toContain('train.js line')
  expect(error.message).toContain(words)
  expect(error.hint).not.toBe('')
})

test('many different kernels are refused', async () => {
  const many = `let y = x; for (let i = 0; i < 20; i++) y = g.wgsl({ name: 'k' + i, per: 'token', inputs: { x: y }, output: [8], lanes: 8,
    forward: 'fn forward(t: u32, lane: u32) { set_y(lane, x(lane) * ' + i + '.0); }', backward: 'fn backward(t: u32, lane: u32) { }' });\n`
  expect((await refusal(box, withKernel({}, many))).message).toContain('different custom kernels; 16 are allowed')
})

test('a description with prepared texts is refused: only the border writes them', async () => {
  const { parseProgram } = await import('./parseProgram')
  const program = await describe(box, withKernel())
  expect(() => parseProgram(JSON.stringify(program))).toThrow(/wgsl: .*forwardCode/)
})
