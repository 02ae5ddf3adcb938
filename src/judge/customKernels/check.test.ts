// Every gate catches what it is there for, and lets honest kernels through.

import { expect, it } from 'vitest'
import { LabError } from '../../core/errors'
import type { OpenedDevice } from '../../engine/backends/webgpu/device'
import { describeGpu, expectClose, openDevice } from '../../engine/testing/dawn'
import { buildTape } from '../../graph/autodiff'
import { GraphWriter } from '../../graph/sampleGraphs'
import { attrsOf, cumulativeMean, recurrence, scaledNorm, squaredRelu, type SampleKernel } from '../../graph/sampleKernels'
import type { ModelGraph } from '../../graph/ir'
import { inferShapes } from '../../graph/shapes'
import { prepareKernels } from '../../graph/wgsl/prepare'
import { checkKernels } from './check'
import { Subject } from './subject'

const [V, C] = [5, 6]

async function engine(): Promise<OpenedDevice> {
  const { device, caps } = await openDevice()
  const info = { vendor: '', architecture: '', description: '', integrated: false }
  return { device, caps, info, faults: [], lost: new Promise(() => {}), destroy: () => undefined, allocate: () => Promise.reject(new Error('not here')) }
}

/** A model around one kernel, whose second input, if it has one, is a parameter [C]. */
function around(kernel: SampleKernel): ModelGraph {
  const g = new GraphWriter()
  const x = g.op('embedding', [g.param('table', V, C), g.op('tokens', [])])
  const inputs = kernel.names.split(' ').map((name, i) => (i === 0 ? x : g.param(name, C)))
  return g.finish(g.linear(g.op('wgsl', inputs, attrsOf(kernel)), 'head', V, C))
}

async function check(graph: ModelGraph, patience?: { runMs: number; compileMs: number }) {
  const shapes = inferShapes(graph, V)
  return checkKernels(await engine(), await prepareKernels(graph, shapes), shapes, () => undefined, patience)
}

async function preparedKernel(graph: ModelGraph) {
  const shapes = inferShapes(graph, V)
  const prepared = await prepareKernels(graph, shapes)
  const [op] = buildTape(prepared, shapes, 1, 2, { kind: 'score' }).ops.filter(({ kind }) => kind === 'custom')
  if (op.kind !== 'custom') throw new Error('there is no kernel')
  return { graph: prepared, kernel: op.kernel }
}

async function refusal(kernel: SampleKernel): Promise<LabError> {
  const outcome: unknown = await check(around(kernel)).catch((error: unknown) => error)
  if (outcome instanceof LabError) return outcome
  throw new Error(`expected a refusal, got ${JSON.stringify(outcome)}`)
}

const forward = (statements: string) => `fn forward(t: u32, lane: u32) {\n${statements}\n}`
const backward = (statements: string) => `fn backward(t: u32, lane: u32) {\n${statements}\n}`
const copy: SampleKernel = {
  name: 'probe', per: 'token', names: 'x', dims: [C], lanes: C, state: 0, trips: 64,
  forward: forward('set_y(lane, x(lane));'), backward: backward('add_dx(lane, dy(lane));'),
} // prettier-ignore
const rowCopy: SampleKernel = { ...copy, per: 'row' }

const HONEST: [string, SampleKernel][] = [
  ['squared relu', squaredRelu(C)],
  ['cumulative mean', cumulativeMean(C)],
  ['a norm with loops and a parameter', scaledNorm(C)],
  ['a recurrence with a parameter and a state', recurrence(C)],
  ['a sharp but smooth function', { ...copy, forward: forward('set_y(lane, tanh(4.0 * x(lane)));'), backward: backward('add_dx(lane, 4.0 * (1.0 - y(lane) * y(lane)) * dy(lane));') }],
  ['an absolute value', { ...copy, forward: forward('set_y(lane, abs(x(lane)));'), backward: backward('add_dx(lane, sign(x(lane)) * dy(lane));') }],
  ['a softmax of one lane', {
    ...copy, lanes: 1,
    forward: forward(`var most = x(0); for (var i = 1u; i < ${C}u; i++) { most = max(most, x(i)); }
var sum = 0.0; for (var i = 0u; i < ${C}u; i++) { sum += exp(x(i) - most); }
for (var i = 0u; i < ${C}u; i++) { set_y(i, exp(x(i) - most) / sum); }`),
    backward: backward(`var along = 0.0; for (var i = 0u; i < ${C}u; i++) { along += dy(i) * y(i); }
for (var i = 0u; i < ${C}u; i++) { add_dx(i, y(i) * (dy(i) - along)); }`),
  }],
  ['a look back', { ...rowCopy, forward: forward('if (t > 0u) { set_y(lane, x_at(t - 1u, lane)); }'), backward: backward('if (t > 0u) { add_dx_at(t - 1u, lane, dy(lane)); }') }],
] // prettier-ignore

const FLAWED: [what: string, gate: string, words: string | RegExp, SampleKernel][] = [
  ['an unknown name', 'kernel:compile', /forward line 3: .*nothing/, { ...copy, forward: forward('let a = 1.0;\nset_y(lane, nothing);') }],
  ['a wrong type, in the backward', 'kernel:compile', /backward line 2: /, { ...copy, backward: backward('add_dx(lane, 1u);') }],
  ['the raw buffer', 'kernel:compile', /in_x/, { ...copy, forward: forward('set_y(lane, in_x[100000]);') }],
  ['the pointer of another function', 'kernel:compile', /row/, { ...copy, forward: forward('row = 0u; set_y(lane, x(lane));') }],
  ['an endless loop', 'kernel:smoke', '64 loop iterations', { ...copy, forward: forward('loop { set_y(lane, x(lane)); }') }],
  ['an endless while', 'kernel:smoke', '64 loop iterations', { ...copy, forward: forward('while (true) { }\nset_y(lane, x(lane));') }],
  ['an endless for', 'kernel:smoke', '64 loop iterations', { ...copy, forward: forward('for (;;) { }\nset_y(lane, x(lane));') }],
  ['a loop that never ends in its continuing', 'kernel:smoke', '64 loop iterations', { ...copy, forward: forward('loop { continuing { break if false; } }\nset_y(lane, x(lane));') }],
  ['a loop nest', 'kernel:smoke', '64 loop iterations', { ...copy, forward: forward('for (var a = 0; a < 9999; a++) { for (var b = 0; b < 9999; b++) { for (var c = 0; c < 9999; c++) { set_y(lane, 1.0); } } }') }],
  ['a write beyond the end', 'kernel:smoke', "is not its lane's", { ...copy, forward: forward(`set_y(lane, x(lane)); set_y(${C}u * 2u + lane, 5.0);`) }],
  ['a write far beyond the end', 'kernel:smoke', "is not its lane's", { ...copy, forward: forward('set_y(lane, x(lane)); set_y(4294967295u, 5.0);') }],
  ['a write to another lane', 'kernel:smoke', "is not its lane's", { ...copy, forward: forward(`set_y((lane + 1u) % ${C}u, x(lane));`) }],
  ['a gradient beyond the end', 'kernel:smoke', "is not its lane's", { ...copy, backward: backward('add_dx(lane + 6u, dy(lane));') }],
  ['a gradient of another row', 'kernel:smoke', "is not its lane's", { ...rowCopy, backward: backward('add_dx_at(t + 1000u, lane, dy(lane));') }],
  ['a division by zero', 'kernel:smoke', 'forward gave', { ...copy, forward: forward('set_y(lane, x(lane) / (x(0) - x(0)));') }],
  ['a root of anything', 'kernel:smoke', 'forward gave', { ...copy, forward: forward('set_y(lane, sqrt(-1.0 - abs(x(lane))));') }],
  ['a token that is special', 'kernel:shapes', '1 rows of 67 tokens', { ...copy, forward: forward('set_y(lane, x(lane) / f32(i32(t) - 40));') }],
  ['a root at zero', 'kernel:values', 'when its inputs are zeros', { ...copy, forward: forward('set_y(lane, sqrt(abs(x(lane))));'), backward: backward('add_dx(lane, dy(lane) * sign(x(lane)) * 0.5 / sqrt(abs(x(lane))));') }],
  ['a gradient twice as large', 'kernel:gradient', 'dx, element', { ...copy, backward: backward('add_dx(lane, 2.0 * dy(lane));') }],
  ['no gradient', 'kernel:gradient', 'dx, element', { ...copy, backward: backward('let a = dy(lane);') }],
  ['a gradient of the wrong sign at one element', 'kernel:gradient', `element ${C - 1}`, { ...copy, backward: backward(`add_dx(lane, select(dy(lane), -dy(lane), lane == ${C - 1}u));`) }],
  ['a gradient that forgets the slope', 'kernel:gradient', 'dx, element', { ...squaredRelu(C), backward: backward('add_dx(lane, dy(lane));') }],
  ['a gradient that forgets earlier tokens', 'kernel:gradient', 'dx, element', { ...cumulativeMean(C), backward: backward('add_dx(lane, dy(lane) / f32(t + 1));') }],
  ['a wrong gradient of a parameter', 'kernel:gradient', 'dw, element', { ...scaledNorm(C), backward: scaledNorm(C).backward.replace('dy(i) * x(i) * r)', 'dy(i) * x(i))') }],
  ['a missing gradient of a parameter', 'kernel:gradient', 'da, element', { ...recurrence(C), backward: recurrence(C).backward.replace(/if \(t > 0u\).*/, '') }],
  ['steps', 'kernel:gradient', 'dx', { ...copy, forward: forward('set_y(lane, floor(x(lane) * 200.0));'), backward: backward('add_dx(lane, 0.0 * dy(lane));') }],
] // prettier-ignore

describeGpu('gates of custom kernels', () => {
  it('the bench runs the kernel it is given', async () => {
    const graph = around(recurrence(C))
    const { graph: prepared, kernel } = await preparedKernel(graph)
    expect(prepared.nodes).toHaveLength(graph.nodes.length)
    const subject = new Subject(kernel, await engine(), { runMs: 5_000, compileMs: 30_000 })
    const size = { B: 2, T: 4 }
    const { x, a } = subject.draw(size, 3)
    const { y } = await subject.forward(size, { x, a })
    const expected = new Float64Array(x.length)
    for (const [i, value] of x.entries()) {
      const isFirst = Math.floor(i / C) % size.T === 0
      expected[i] = value + (isFirst ? 0 : expected[i - C] / (1 + Math.exp(-a[i % C])))
    }
    expectClose(y, expected, { atol: 1e-6, rtol: 1e-5, seed: 3, name: 'recurrence' })
  })

  it.each(HONEST)('%s passes', async (_, kernel) => {
    const gates = await check(around(kernel))
    expect(gates.map(({ gate, passed }) => `${gate} ${passed}`)).toEqual(
      ['read', 'compile', 'smoke', 'shapes', 'values', 'isolation', 'repeat', 'gradient'].map((gate) => `kernel:${gate} true`),
    )
  })

  it.each(FLAWED)('%s is caught by %s', async (_, gate, words, kernel) => {
    const error = await refusal(kernel)
    expect(error.message).toMatch(words)
    expect(error).toMatchObject({ code: 'judge.kernel', data: { gate, kernel: kernel.name } })
    expect(error.hint.length).toBeGreaterThan(20)
  })
})
