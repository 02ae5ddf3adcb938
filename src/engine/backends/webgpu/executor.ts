// Turns a plan into buffers, pipelines and bind groups once, and afterwards only encodes.

import { LabError } from '../../../core/errors'
import type { BufferRange } from '../../bufferPool'
import type { Command, ModelPlan } from '../../planner'
import { pipelineOf } from './pipelines'

/** A dispatch ready to encode: nothing about it changes from step to step. */
interface Dispatch {
  pipeline: GPUComputePipeline
  group: GPUBindGroup
  workgroups: readonly [number, number, number]
}

/** A list of dispatches that runs in one compute pass. */
export type Program = readonly Dispatch[]

/** Owns every buffer of one planned model on one device; `destroy` frees them. */
export class Executor {
  readonly device: GPUDevice
  private readonly buffers: GPUBuffer[]
  private readonly groups = new Map<string, GPUBindGroup>()

  private constructor(device: GPUDevice, buffers: GPUBuffer[]) {
    this.device = device
    this.buffers = buffers
  }

  /**
   * Allocates a plan's buffers, zeroed.
   * @throws LabError "gpu.oom" when the device has not that much memory; nothing stays allocated
   */
  static async create(device: GPUDevice, plan: ModelPlan): Promise<Executor> {
    device.pushErrorScope('out-of-memory')
    device.pushErrorScope('validation')
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    const buffers = plan.buffers.map(({ label, bytes }) => device.createBuffer({ label, size: bytes, usage }))
    const errors = [await device.popErrorScope(), await device.popErrorScope()]
    const error = errors.find((e) => e !== null)
    if (error) {
      for (const buffer of buffers) buffer.destroy()
      throw new LabError('gpu.oom', `The adapter could not give ${Math.ceil(plan.totalBytes / 2 ** 20)} MiB: ${error.message}`, {
        hint: 'Make the model or the batch smaller, or close other tabs that use the GPU.',
        data: { bytes: plan.totalBytes },
      })
    }
    return new Executor(device, buffers)
  }

  /** Compiles and binds a list of commands. @throws LabError "gpu.shader" */
  async prepare(commands: readonly Command[]): Promise<Program> {
    const pipelines = await Promise.all(commands.map(({ kernel }) => pipelineOf(this.device, kernel)))
    return commands.map(({ kernel, ranges }, i) => ({
      pipeline: pipelines[i],
      group: this.group(pipelines[i], kernel.name, ranges),
      workgroups: kernel.workgroups,
    }))
  }

  /** Bind groups are shared by commands that bind the same ranges to the same pipeline (micro-batches). */
  private group(pipeline: GPUComputePipeline, label: string, ranges: readonly BufferRange[]): GPUBindGroup {
    const key = `${pipelineId(pipeline)}/${ranges.map((r) => `${r.buffer}+${r.offset}:${r.bytes}`).join()}`
    let group = this.groups.get(key)
    if (!group) {
      const entries = ranges.map((range, binding) => ({
        binding,
        resource: { buffer: this.buffers[range.buffer], offset: range.offset, size: Math.max(4, range.bytes) },
      }))
      group = this.device.createBindGroup({ label, layout: pipeline.getBindGroupLayout(0), entries })
      this.groups.set(key, group)
    }
    return group
  }

  /** Encodes a program as one compute pass. */
  encode(encoder: GPUCommandEncoder, program: Program): void {
    const pass = encoder.beginComputePass()
    for (const { pipeline, group, workgroups } of program) {
      pass.setPipeline(pipeline)
      pass.setBindGroup(0, group)
      pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2])
    }
    pass.end()
  }

  write(range: BufferRange, data: Float32Array | Int32Array | Uint32Array, atBytes = 0): void {
    const view = data as Float32Array<ArrayBuffer>
    this.device.queue.writeBuffer(this.buffers[range.buffer], range.offset + atBytes, view.buffer, view.byteOffset, view.byteLength)
  }

  copy(encoder: GPUCommandEncoder, from: BufferRange, to: GPUBuffer, toOffset: number, bytes: number): void {
    encoder.copyBufferToBuffer(this.buffers[from.buffer], from.offset, to, toOffset, bytes)
  }

  copyWithin(from: BufferRange, to: BufferRange): void {
    const encoder = this.device.createCommandEncoder()
    encoder.copyBufferToBuffer(this.buffers[from.buffer], from.offset, this.buffers[to.buffer], to.offset, from.bytes)
    this.device.queue.submit([encoder.finish()])
  }

  /** Reads a range back; the array is the caller's. Waits for everything submitted before. */
  async read(range: BufferRange): Promise<Float32Array> {
    const size = Math.ceil(range.bytes / 4) * 4
    const staging = this.device.createBuffer({ label: 'read', size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })
    const encoder = this.device.createCommandEncoder()
    this.copy(encoder, range, staging, 0, size)
    this.device.queue.submit([encoder.finish()])
    try {
      await staging.mapAsync(GPUMapMode.READ)
      return new Float32Array(staging.getMappedRange().slice(0))
    } finally {
      staging.destroy()
    }
  }

  destroy(): void {
    for (const buffer of this.buffers) buffer.destroy()
    this.groups.clear()
  }
}

const ids = new WeakMap<GPUComputePipeline, number>()
let nextId = 0

function pipelineId(pipeline: GPUComputePipeline): number {
  let id = ids.get(pipeline)
  if (id === undefined) ids.set(pipeline, (id = nextId++))
  return id
}
