// Ten million parameters at a context of 2048 on a device that has no more than WebGPU gives everybody: bindings of 128 MiB
// and buffers of 256 MiB, which the device itself enforces. One whole step: half a minute to a minute on two cores.

import { expect, it } from 'vitest'
import { Rng } from '../core/rng'
import type { ParamGroup, ProgramSpec } from '../graph/program'
import { nanochatGraph } from '../graph/sampleGraphs'
import { inferShapes } from '../graph/shapes'
import { onDevice } from './backends/webgpu/executor'
import { Session } from './session'
import { describeGpu, expectClose, openDefaultDevice } from './testing/dawn'
import { drawBatch } from './testing/outcome'

const MIB = 2 ** 20
const V = 8192
const CONTEXT = 2048

function program(): ProgramSpec {
  const graph = nanochatGraph({ V, C: 192, H: 3, KV: 3, D: 64, hidden: 768, windows: [1024, 1024, 1024, 0, 1024, 1024], gateChannels: 32, softcap: 15 })
  for (const { init } of graph.params) if (init.kind === 'normal') init.std = 0.02
  const names = graph.params.map((p) => p.name)
  const isMatrix = (name: string) => /layer\d\.(q|k|v|out|up|down)$/.test(name)
  const group = (rule: 'adamw' | 'muon', params: string[]): ParamGroup => ({
    params, rule, lr: 1e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0.9,
  }) // prettier-ignore
  const groups = [group('muon', names.filter(isMatrix)), group('adamw', names.filter((name) => !isMatrix(name)))]
  const batch = { rows: 1, context: CONTEXT, accumulate: 2 }
  return { version: 1, batch, training: { clip: 1, ema: 0 }, graph, groups, schedule: { lr: [1], weightDecay: [1] }, ramp: { momentum: [] } }
}

describeGpu('within the limits of every adapter', () => {
  it('trains 10 M parameters at a context of 2048 for a step, the head in pieces and over two micro-batches', { timeout: 900_000 }, async () => {
    const { device, caps } = await openDefaultDevice()
    expect([caps.maxBindingBytes, caps.maxBufferBytes]).toEqual([128 * MIB, 256 * MIB])
    const faults: string[] = []
    device.addEventListener('uncapturederror', ({ error }) => faults.push(error.message))
    const spec = program()
    const request = { program: spec, shapes: inferShapes(spec.graph, V), vocab: V, evaluation: { context: CONTEXT, tokens: CONTEXT } }
    const session = await Session.open(onDevice(device), caps, request, 1)
    const { arena, train } = session.plan
    expect(Math.floor(arena.paramCount / 1e6)).toBe(10)
    // logits of a micro-batch take 64 MiB: two pieces in each of two micro-batches
    const losses = train.commands.filter(({ kernel }) => kernel.name === 'cross_entropy_forward')
    expect(Math.max(...losses.map(({ ranges }) => ranges[0].bytes))).toBe(32 * MIB)
    const before = await session.weights()
    const rng = new Rng(1)
    await session.step([drawBatch(rng, CONTEXT, V), drawBatch(rng, CONTEXT, V)], { step: 1, lr: 1, weightDecay: 1, momentum: null })
    // weights this small know nothing: every token costs the logarithm of the vocabulary
    expectClose(await session.drain(), [Math.log(V)], { atol: 0, rtol: 0.02, seed: 1, name: 'loss' })
    const [gradients, after] = [await session.gradients(), await session.weights()]
    for (const { spec, offset, size } of arena.entries) {
      const part = gradients.subarray(offset, offset + size)
      expect(part.every(Number.isFinite), `${spec.name}: gradient`).toBe(true)
      expect(part.some((g) => g !== 0), `${spec.name}: gradient`).toBe(true)
      expect(after.subarray(offset, offset + size).every(Number.isFinite), spec.name).toBe(true)
      expect(after.subarray(offset, offset + size).some((w, i) => w !== before[offset + i]), `${spec.name} moved`).toBe(true)
    }
    expect(faults).toEqual([])
    session.destroy()
    device.destroy()
  })
})
