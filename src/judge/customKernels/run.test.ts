// Whole judged runs of programs with custom kernels: honest ones, flawed ones, and those that take the device with them.

import { beforeAll, expect, it } from 'vitest'
import { memoryByteCache } from '../../data/byteCache'
import { loadCorpus, prepareData } from '../../data/corpus'
import type { TokenData } from '../../data/types'
import { engineOf, type OpenedDevice } from '../../engine/backends/webgpu/device'
import { describeGpu, expectClose, openDevice } from '../../engine/testing/dawn'
import { openWasmEngine } from '../../engine/testing/wasmEngine'
import type { ModelGraph } from '../../graph/ir'
import { kernelGraph } from '../../graph/sampleKernels'
import { inferShapes } from '../../graph/shapes'
import { prepareKernels } from '../../graph/wgsl/prepare'
import { runJob } from '../run'
import type { RunEvent, RunJob, RunResult } from '../types'

const V = 260
let data: TokenData

beforeAll(async () => {
  const corpus = await loadCorpus({ kind: 'grammar', seed: 3, bytes: 200_000 }, { cache: memoryByteCache() })
  data = (await prepareData(corpus, { kind: 'bytes' })).data
})

async function engine(change: (device: GPUDevice) => GPUDevice = (device) => device): Promise<OpenedDevice> {
  const { device, caps } = await openDevice()
  return engineOf(change(device), caps, { vendor: '', architecture: '', description: '', integrated: false })
}

async function jobOf(graph: ModelGraph): Promise<RunJob> {
  const params = graph.params.map((p) => p.name)
  const group = { params, rule: 'adamw' as const, lr: 0.02, beta1: 0.8, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0 }
  return {
    runId: 'r', seed: 5, scoreHidden: false, returnWeights: true,
    program: {
      version: 1, batch: { rows: 2, context: 32, accumulate: 1 }, training: { clip: 0, ema: 0 },
      graph: await prepareKernels(graph, inferShapes(graph, V)), groups: [group],
      schedule: { lr: [1], weightDecay: [1] }, ramp: { momentum: [] },
    },
    budget: { kind: 'tokens', amount: 64 * 30 },
    evaluation: { context: 32, tokens: 640 },
    guards: { maxWallSeconds: 120, maxBytes: 2 ** 30 },
  } // prettier-ignore
}

/** The model with one of its kernels' texts changed. */
async function spoilt(name: string, which: 'forward' | 'backward', text: string): Promise<RunJob> {
  const graph = kernelGraph(true, V)
  for (const node of graph.nodes) if (node.attrs.name === name && node.op === 'wgsl') node.attrs[which] = text
  return jobOf(graph)
}

async function run(job: RunJob, opened: OpenedDevice, onEvent: (event: RunEvent) => void = () => undefined): Promise<RunResult> {
  return runJob(job, opened, data, onEvent)
}

describeGpu('runs with custom kernels', () => {
  it('train and score as the same model of built-in ops, and pass every gate', async () => {
    const phases: string[] = []
    const result = await run(await jobOf(kernelGraph(true, V)), await engine(), (event) => event.kind === 'phase' && phases.push(event.phase))
    if (!result.ok) throw new Error(result.error.message)
    expect(phases).toEqual(['checking', 'compiling', 'warming', 'training', 'evaluating', 'checking'])
    expect(result.gates.filter(({ passed }) => !passed)).toEqual([])
    const names = result.gates.map(({ gate }) => gate)
    expect(names.slice(0, 8)).toEqual(['read', 'compile', 'smoke', 'shapes', 'values', 'isolation', 'repeat', 'gradient'].map((gate) => `kernel:${gate}`))
    expect(names).toContain('causality')
    expect(result.gates[0].detail).toBe('squaredRelu, scaledNorm, cumulativeMean')
    const builtIn = await run(await jobOf(kernelGraph(false, V)), await engine())
    if (!builtIn.ok) throw new Error(builtIn.error.message)
    expect(builtIn.gates.map(({ gate }) => gate)).not.toContain('kernel:read')
    expectClose(Float32Array.of(result.valBpb), [builtIn.valBpb], { atol: 0, rtol: 1e-3, seed: 5, name: 'bits per byte' })
    // a kernel that passed is not tried again: the device is not touched before the model is
    const { device } = await openDevice()
    const createBuffer = device.createBuffer
    let buffers = 0
    let buffersBefore: number | null = null
    device.createBuffer = (descriptor) => (buffers++, createBuffer.call(device, descriptor))
    const again = await run({ ...(await jobOf(kernelGraph(true, V))), budget: { kind: 'tokens', amount: 64 * 4 } }, await engine(), (event) => {
      if (event.kind === 'phase' && event.phase === 'compiling') buffersBefore = buffers
    })
    device.createBuffer = createBuffer
    expect(again.ok).toBe(true)
    expect(buffersBefore).toBe(0)
    expect(buffers).toBeGreaterThan(0)
  })

  it.each([
    ['a wrong gradient', 'squaredRelu', 'backward', 'fn backward(t: u32, lane: u32) { add_dx(lane, dy(lane)); }', 'kernel:gradient'],
    ['an endless loop', 'squaredRelu', 'forward', 'fn forward(t: u32, lane: u32) { loop { set_y(lane, x(lane)); } }', 'kernel:smoke'],
    ['text that does not compile', 'cumulativeMean', 'forward', 'fn forward(t: u32, lane: u32) { set_y(lane, nothing); }', 'kernel:compile'],
  ] as const)('%s fails the checks by name, before any training', async (_, name, which, text, gate) => {
    const phases: string[] = []
    const result = await run(await spoilt(name, which, text), await engine(), (event) => event.kind === 'phase' && phases.push(event.phase))
    expect(result).toMatchObject({ ok: false, status: 'checks_failed', error: { code: 'judge.kernel', data: { gate, kernel: name } } })
    expect(phases).toEqual(['checking'])
  })

  it('a look ahead sees only the present: the score is that of an honest model', async () => {
    // what would be the next token is held to the last that is allowed
    const cheat = 'fn forward(t: u32, lane: u32) { set_y(lane, x_at(t + 1u, lane)); }'
    const copy = 'fn forward(t: u32, lane: u32) { set_y(lane, x(lane)); }'
    const back = 'fn backward(t: u32, lane: u32) { add_dx(lane, dy(lane)); }'
    const scores = await Promise.all([cheat, copy].map(async (forward) => {
      const graph = kernelGraph(true, V)
      for (const node of graph.nodes) if (node.attrs.name === 'cumulativeMean' && node.op === 'wgsl') Object.assign(node.attrs, { forward, backward: back })
      const result = await run(await jobOf(graph), await engine())
      return result.ok ? result.valBpb : result.error.message
    })) // prettier-ignore
    expect(scores[0]).toBe(scores[1])
    expect(scores[0]).toBeTypeOf('number')
  })

  it('a kernel that shows its loop only in training makes the loss no number, and the run a crash', async () => {
    const graph = kernelGraph(true, V)
    // the gates draw parameters; in training this one starts at exactly 1
    graph.params.find(({ name }) => name === 'scale')!.init = { kind: 'constant', value: 1 }
    const node = graph.nodes.find(({ attrs, op }) => op === 'wgsl' && attrs.name === 'scaledNorm')!
    node.attrs.forward = String(node.attrs.forward).replace('u32) {\n', 'u32) {\n  if (w(0) == 1.0) { loop { set_y(0, 1.0); } }\n')
    const result = await run(await jobOf(graph), await engine())
    expect(result).toMatchObject({ ok: false, status: 'crash', error: { code: 'numeric.nonfinite' } })
  })

  it('texts that were changed after they were read are refused', async () => {
    const job = await jobOf(kernelGraph(true, V))
    const node = job.program.graph.nodes.find(({ attrs }) => String(attrs.forwardCode).includes('spend()'))!
    node.attrs.forwardCode = String(node.attrs.forwardCode).replaceAll('if (spend()) { break; }', '')
    expect(await run(job, await engine())).toMatchObject({ ok: false, status: 'checks_failed', error: { data: { gate: 'kernel:read' } } })
  })

  it('a kernel that does not come back is a timeout with advice; the device is not waited for', async () => {
    const wedged = await engine((device) => {
      const create = device.createBuffer.bind(device)
      return new Proxy(device, {
        get(target, name) {
          if (name === 'createBuffer')
            return (descriptor: GPUBufferDescriptor) => {
              const buffer = create(descriptor)
              if (descriptor.usage & GPUBufferUsage.MAP_READ) Object.defineProperty(buffer, 'mapAsync', { value: () => new Promise(() => {}) })
              return buffer
            }
          const value: unknown = Reflect.get(target, name, target)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        },
      })
    })
    const result = await run(await jobOf(kernelGraph(true, V)), wedged)
    expect(result).toMatchObject({ ok: false, status: 'timeout', error: { code: 'gpu.hung', hint: expect.stringContaining('fresh engine') } })
  })
})

it('without a GPU the program is rejected, and says what it needs', async () => {
  const result = await runJob(await jobOf(kernelGraph(true, V)), await openWasmEngine(1, true), data, () => undefined)
  expect(result).toMatchObject({ ok: false, status: 'rejected', error: { code: 'program.graph', hint: expect.stringContaining('GPU') } })
})
