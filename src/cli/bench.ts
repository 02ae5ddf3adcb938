// npm run bench: step time of the comparison model and of the default model, on Dawn in Node.
// Times are medians of steps that ran back to back, as in training; nothing here is asserted.

import { parseArgs } from 'node:util'
import { Rng } from '../core/rng'
import { openDevice, type OpenedDevice } from '../engine/backends/webgpu/device'
import { Executor } from '../engine/backends/webgpu/executor'
import { pipelineOf } from '../engine/backends/webgpu/pipelines'
import { matmul, type Orient } from '../engine/kernels/matmul'
import { Session } from '../engine/session'
import type { ProgramSpec } from '../graph/program'
import { inferShapes } from '../graph/shapes'
import { createBox } from '../sandbox/box'
import { defaultProgram } from '../sandbox/defaultProgram'
import { comparisonProgram, COMPARISON, stepFlops } from './benchModels'
import { openDawn, yieldToDriver } from './dawn'

const MATMUL_SHAPES: [Orient, number, number, number][] = [
  ['NT', 1024, 384, 96],
  ['NN', 1024, 96, 384],
  ['TN', 384, 96, 1024],
  ['NT', 1024, 256, 256],
]

interface ModelTimes {
  model: string
  params: number
  dispatches: number
  mebibytes: number
  gflopPerStep: number
  /** from nothing to the end of the first step, pipelines compiled */
  firstStepMs: number
  stepMs: number
  gflops: number
  tokensPerSecond: number
}

const { values: options } = parseArgs({ options: { json: { type: 'boolean' }, seconds: { type: 'string', default: '10' }, profile: { type: 'boolean' } } })

const opened = await openDevice(openDawn())
if (opened.caps.software) yieldToDriver()
const tier = opened.caps.software ? 'software' : opened.info.integrated ? 'integrated' : 'discrete'
const box = await createBox()
const vocab = 260
const byDefault = await box.describe({ source: defaultProgram(tier), vocab, tier })
box.close()

const products = []
for (const shape of MATMUL_SHAPES) products.push(await timeMatmul(opened, ...shape))
const models = [
  await timeModel('comparison', comparisonProgram(), COMPARISON.V),
  await timeModel(`default, ${tier} tier`, byDefault, vocab),
]
const adapter = `${opened.info.vendor} ${opened.info.architecture} (${opened.info.description})`
if (options.json) console.log(JSON.stringify({ adapter, matmul: products, models }))
else {
  console.log(adapter)
  console.table(products)
  console.table(models.map(({ model, ...rest }) => ({ model, ...rest })))
}
process.exit(0)

async function timeModel(model: string, program: ProgramSpec, V: number): Promise<ModelTimes> {
  const { rows, context, accumulate } = program.batch
  const rng = new Rng(1)
  const draw = () => Int32Array.from({ length: rows * context }, () => rng.int(V))
  const batch = Array.from({ length: accumulate }, () => ({ tokens: draw(), targets: draw() }))
  const begun = performance.now()
  const request = { program, shapes: inferShapes(program.graph, V), vocab: V, evaluation: { context, tokens: rows * context } }
  const session = await Session.open(opened.device, opened.caps, request, 1)
  let step = 0
  const next = () => session.step(batch, { step: ++step, lr: 1, weightDecay: 1, momentum: null })
  await next()
  await session.drain()
  const firstStepMs = performance.now() - begun
  const times: number[] = []
  const until = performance.now() + Number(options.seconds) * 1000
  let last = performance.now()
  while (performance.now() < until || times.length < 5) {
    await next()
    times.push(performance.now() - last)
    last = performance.now()
  }
  await session.drain()
  if (options.profile) await profile(model, session)
  const stepMs = median(times.slice(3))
  const flops = stepFlops(program)
  const result = {
    model,
    params: session.plan.arena.paramCount,
    dispatches: session.dispatchesPerStep,
    mebibytes: round(session.plan.totalBytes / 2 ** 20, 1),
    gflopPerStep: round(flops / 1e9, 2),
    firstStepMs: Math.round(firstStepMs),
    stepMs: round(stepMs, 1),
    gflops: round(flops / stepMs / 1e6, 2),
    tokensPerSecond: Math.round((1000 * rows * context * accumulate) / stepMs),
  }
  session.destroy()
  return result
}

/** Time of each kind of kernel within a step, each command run alone: what to make faster next. */
async function profile(model: string, session: Session): Promise<void> {
  const executor = await Executor.create(opened.device, session.plan)
  const byKernel = new Map<string, { ms: number; count: number; flops: number }>()
  for (const command of session.plan.train.commands) {
    const program = await executor.prepare([command])
    const ms = await timeOf(() => {
      const encoder = opened.device.createCommandEncoder()
      executor.encode(encoder, program)
      opened.device.queue.submit([encoder.finish()])
    })
    const row = byKernel.get(command.kernel.name) ?? { ms: 0, count: 0, flops: 0 }
    byKernel.set(command.kernel.name, { ms: row.ms + ms, count: row.count + 1, flops: row.flops + (command.kernel.flops ?? 0) })
  }
  executor.destroy()
  const rows = [...byKernel].map(([kernel, { ms, count, flops }]) => ({ kernel, count, ms: round(ms, 2), gflops: round(flops / ms / 1e6, 2) }))
  console.log(`${model}: ${round(rows.reduce((n, r) => n + r.ms, 0), 1)} ms in kernels run one by one`)
  console.table(rows.sort((a, b) => b.ms - a.ms))
}

/** Best of several runs, the queue's fixed cost taken off. */
async function timeOf(submit: () => void, runs = 5): Promise<number> {
  let best = Infinity
  for (let i = 0; i < runs; i++) {
    await opened.device.queue.onSubmittedWorkDone()
    const begun = performance.now()
    submit()
    await opened.device.queue.onSubmittedWorkDone()
    best = Math.min(best, performance.now() - begun)
  }
  return best
}

async function timeMatmul({ device, caps }: OpenedDevice, orient: Orient, M: number, N: number, K: number) {
  const [kernel] = matmul({ orient, M, N, K }, caps).kernels
  const pipeline = await pipelineOf(device, kernel)
  const usage = GPUBufferUsage.STORAGE
  const buffers = [M * K, N * K, M * N].map((size) => device.createBuffer({ size: size * 4, usage }))
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }))
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries })
  const ms = await timeOf(() => {
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, group)
    pass.dispatchWorkgroups(...kernel.workgroups)
    pass.end()
    device.queue.submit([encoder.finish()])
  }, 12)
  for (const buffer of buffers) buffer.destroy()
  return { orient, M, N, K, ms: round(ms, 2), gflops: round((2 * M * N * K) / ms / 1e6, 2) }
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
