// The wrapper leaves a kernel no way to reach what is not its own. Were it to fail, the gates would show it: here texts
// are put behind the parser's back that name the wrapper's insides, and what honest texts can reach is measured.

import { expect, it } from 'vitest'
import { describeGpu, expectClose, openDevice } from '../../engine/testing/dawn'
import type { CustomKernel, KernelText } from '../../graph/wgsl/kernel'
import { readKernelText } from '../../graph/wgsl/author'
import type { Frame } from '../../graph/wgsl/names'
import { KERNEL_GATES } from './gates'
import { Subject } from './subject'

const C = 6
const PATIENCE = { runMs: 10_000, compileMs: 30_000 }

/** A kernel of one activation [C] and C lanes; texts are statements of `forward` and `backward`. */
function kernelOf(per: 'token' | 'row', forward: string, backward = 'add_dx(lane, dy(lane));'): CustomKernel {
  const inputs = [{ name: 'x', size: C, batch: true }]
  const frame: Frame = { per, inputs, state: 0 }
  const read = (text: string, which: 'forward' | 'backward') => readKernelText(`fn ${which}(t: u32, lane: u32) {\n${text}\n}`, which, frame, 'kernel "probe"')
  return { name: 'probe', per, lanes: C, state: 0, trips: 16, inputs, size: C, forward: read(forward, 'forward'), backward: read(backward, 'backward') }
}

/** The same, its forward replaced by text that no author can write. */
function forged(per: 'token' | 'row', statements: string): CustomKernel {
  const honest = kernelOf(per, 'set_y(lane, x(lane));')
  const forward: KernelText = { ...honest.forward, code: `fn f_forward(v_t: u32, v_lane: u32) {\n${statements}\n}` }
  // read by its name, so that the input is bound
  return { ...honest, forward: { ...forward, code: `${forward.code}\nfn f_reads() { let v = get_x(0u); }` } }
}

async function subjectOf(kernel: CustomKernel): Promise<Subject> {
  return new Subject(kernel, await openDevice(), PATIENCE)
}

async function verdict(gate: string, kernel: CustomKernel): Promise<string | null> {
  return KERNEL_GATES.find((each) => each.gate === `kernel:${gate}`)!.check(await subjectOf(kernel))
}

describeGpu('what a kernel can reach', () => {
  it.each([
    ['beyond the end', 'token', 'set_y(lane, x(lane + 1000000u));', (b: number, t: number, T: number) => [(b * T + t) * C + C - 1, 1]],
    ['below the start', 'token', 'set_y(lane, x(u32(-1 - i32(lane))));', (b: number, t: number, T: number) => [(b * T + t) * C + C - 1, 1]],
    ['a later token', 'row', 'set_y(lane, x_at(t + 1u, lane));', (b: number, t: number, T: number) => [(b * T + t) * C, C]],
    ['a token of the next row', 'row', 'set_y(lane, x_at(4000000000u, lane));', (b: number, t: number, T: number) => [(b * T + t) * C, C]],
  ] as const)('reading %s is held to its own', async (_, per, text, from) => {
    const size = { B: 2, T: 5 }
    const subject = await subjectOf(kernelOf(per, text))
    const values = subject.draw(size, 4)
    const { y, fault } = await subject.forward(size, values)
    const expected = Array.from(y, (_, i) => {
      const token = Math.floor(i / C)
      const [start, width] = from(Math.floor(token / size.T), token % size.T, size.T)
      return values.x[start + ((i % C) % width)]
    })
    expectClose(y, expected, { atol: 0, rtol: 0, seed: 4, name: text })
    expect(fault).toBeNull()
  })

  it('memory that nobody wrote is zero, and a kernel with it repeats', async () => {
    const kernel = kernelOf('token', `var seen: array<f32, 32>; var sum: f32;
for (var i = 0u; i < 8u; i++) { sum += seen[(lane * 5u + i) % 32u]; }
set_y(lane, x(lane) + sum);`)
    for (const { gate, check } of KERNEL_GATES) expect(await check(await subjectOf(kernel)), gate).toBeNull()
  })

  it('what is not written is zero', async () => {
    const subject = await subjectOf(kernelOf('token', 'if (lane == 0u) { set_y(lane, x(lane)); }'))
    const size = { B: 1, T: 3 }
    const values = subject.draw(size, 5)
    const { y } = await subject.forward(size, values, NaN)
    expectClose(y, Array.from(values.x, (value, i) => (i % C === 0 ? value : 0)), { atol: 0, rtol: 0, seed: 5, name: 'unwritten' })
  })

  it.each([
    ['isolation', 'reads the token before', 'token', 'set_y(v_lane, in_x[(max(token, 1u) - 1u) * 6u + v_lane]);', /reached the output of token 4 of row 1/],
    ['isolation', 'reads the next token of its row', 'row', 'set_y(v_lane, in_x[(row * T + min(t + 1u, T - 1u)) * 6u + v_lane]);', /reached the output of token 2 of row 1/],
    ['isolation', 'reads another row', 'row', 'set_y(v_lane, in_x[(max(row, 1u) - 1u) * T * 6u + t * 6u + v_lane]);', /of row 2/],
    ['shapes', 'depends on the number of tokens', 'token', 'set_y(v_lane, get_x(v_lane) * f32(T));', /alone/],
    ['repeat', 'reads what memory held before', 'row', 'set_y(v_lane, get_x(v_lane) + select(0.0, out_y[(token + 1u) * 6u + v_lane], t + 1u < T));', /other bits the second time/],
  ] as const)('should the wrapper fail, the gate of %s shows a kernel that %s', async (gate, _, per, statements, words) => {
    expect(await verdict(gate, forged(per, statements))).toMatch(words)
  })
})
