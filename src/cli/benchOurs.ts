// Our engine as a contestant: the same session that the judge trains, on a browser's WebGPU or on Dawn's.

import { openDevice, type OpenedDevice } from '../engine/backends/webgpu/device'
import { pipelineOf } from '../engine/backends/webgpu/pipelines'
import { matmul } from '../engine/kernels/matmul'
import { Session } from '../engine/session'
import { inferShapes } from '../graph/shapes'
import type { Batch, Contestant, ProductShape, Setup } from './benchContestant'

/** @param gpu navigator.gpu, or Dawn's in Node @param whenOpen called once there is a device */
export function ourContestant(gpu: GPU, whenOpen: (opened: OpenedDevice) => void = () => undefined): Contestant & { session(): Session } {
  let opened: OpenedDevice
  let session: Session
  let accumulate = 1
  let last = NaN

  return {
    session: () => session,
    async open({ program, vocab, seed }: Setup) {
      opened ??= await openDevice(gpu)
      whenOpen(opened)
      const { rows, context } = program.batch
      accumulate = program.batch.accumulate
      const request = { program, shapes: inferShapes(program.graph, vocab), vocab, evaluation: { context, tokens: rows * context } }
      session = await Session.open(opened, opened.caps, request, seed)
      return `${opened.info.vendor} ${opened.info.architecture} (${opened.info.description})`
    },
    async step(batch: Batch, number: number) {
      const micro = Array.from({ length: accumulate }, () => batch)
      for (const loss of await session.step(micro, { step: number, lr: 1, weightDecay: 1, momentum: null })) last = loss
    },
    async sync() {
      for (const loss of await session.drain()) last = loss
      return last
    },
    async score({ tokens, targets }: Batch) {
      let sum = 0
      const fill = (_: number, into: Int32Array, wanted: Int32Array) => {
        into.set(tokens)
        wanted.set(targets)
      }
      await session.score(1, fill, (_, nats) => (sum = nats.reduce((n, each) => n + each, 0)))
      return sum / targets.length
    },
    product: (shape) => ourProduct(opened, shape),
  }
}

async function ourProduct({ device, caps }: OpenedDevice, { orient, M, N, K }: ProductShape) {
  const { kernels, scratch = {} } = matmul({ orient, M, N, K }, caps)
  const sizes: Record<string, number> = { a: 4 * M * K, b: 4 * N * K, c: 4 * M * N, ...scratch }
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
  const buffers = new Map(Object.entries(sizes).map(([name, size]) => [name, device.createBuffer({ size, usage })]))
  const buffer = (name: string) => buffers.get(name) as GPUBuffer
  for (const name of ['a', 'b']) device.queue.writeBuffer(buffer(name), 0, new Float32Array(sizes[name] / 4).fill(0.5))
  const dispatches = await Promise.all(
    kernels.map(async (kernel) => {
      const pipeline = await pipelineOf(device, kernel)
      const entries = kernel.bindings.map(({ name }, binding) => ({ binding, resource: { buffer: buffer(name) } }))
      const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries })
      return { pipeline, group, workgroups: kernel.workgroups }
    }),
  )
  const staging = device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })
  return {
    queue() {
      const encoder = device.createCommandEncoder()
      const pass = encoder.beginComputePass()
      for (const { pipeline, group, workgroups } of dispatches) {
        pass.setPipeline(pipeline)
        pass.setBindGroup(0, group)
        pass.dispatchWorkgroups(...workgroups)
      }
      pass.end()
      device.queue.submit([encoder.finish()])
    },
    async done() {
      const encoder = device.createCommandEncoder()
      encoder.copyBufferToBuffer(buffer('c'), 0, staging, 0, 4)
      device.queue.submit([encoder.finish()])
      await staging.mapAsync(GPUMapMode.READ)
      staging.unmap()
    },
    free() {
      for (const each of buffers.values()) each.destroy()
      staging.destroy()
    },
  }
}
