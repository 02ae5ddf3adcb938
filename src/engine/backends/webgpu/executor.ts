// Turns a plan into buffers, pipelines and bind groups once, and afterwards only encodes.

import { LabError } from '../../../core/errors'
import type { BufferRange } from '../../bufferPool'
import type { Command, ModelPlan } from '../../planner'
import { timeDispatches, timeEncoding, type DispatchTimes } from '../../profileClock'
import type { Upload } from '../../upload'
import type { Engine, Executor } from '../backend'
import { pipelineOf, type DispatchList } from './pipelines'
import { readBack } from './readBack'
import { ReadRing } from './readRing'

/** Where sessions are opened that run on a device. */
export function onDevice(device: GPUDevice): Pick<Engine, 'allocate'> {
  return { allocate: (plan) => GpuExecutor.create(device, plan) }
}

/** Owns every buffer of one planned model on one device. */
class GpuExecutor implements Executor {
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
  static async create(device: GPUDevice, plan: ModelPlan): Promise<GpuExecutor> {
    device.pushErrorScope('out-of-memory')
    device.pushErrorScope('validation')
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
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
    return new GpuExecutor(device, buffers)
  }

  async prepare(commands: readonly Command[]): Promise<DispatchList> {
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
  private encode(encoder: GPUCommandEncoder, program: DispatchList): void {
    const pass = encoder.beginComputePass()
    for (const { pipeline, group, workgroups } of program) {
      pass.setPipeline(pipeline)
      pass.setBindGroup(0, group)
      pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2])
    }
    pass.end()
  }

  /** One write, one pass, one submit; the result, if one is wanted, is copied within it. */
  submit(program: DispatchList, [upload]: readonly Upload[], ring?: ReadRing, result?: BufferRange): void {
    this.write(upload.range, upload.image)
    const encoder = this.device.createCommandEncoder()
    this.encode(encoder, program)
    if (ring && result) {
      const { buffer, offset } = ring.place()
      encoder.copyBufferToBuffer(this.buffers[result.buffer], result.offset, buffer, offset, result.bytes)
    }
    this.device.queue.submit([encoder.finish()])
    ring?.submitted()
  }

  ring(label: string, bytes: number): ReadRing {
    return new ReadRing(this.device, label, bytes)
  }

  write(range: BufferRange, data: Float32Array | Int32Array | Uint32Array): void {
    const view = data as Float32Array<ArrayBuffer>
    this.device.queue.writeBuffer(this.buffers[range.buffer], range.offset, view.buffer, view.byteOffset, view.byteLength)
  }

  read({ buffer, offset, bytes }: BufferRange): Promise<Float32Array> {
    return readBack(this.device, 'read', [{ buffer: this.buffers[buffer], offset, bytes: Math.ceil(bytes / 4) * 4 }])
  }

  time(program: DispatchList, same: readonly string[], timestamps: boolean): Promise<DispatchTimes> {
    return timeDispatches(this.device, program, same, timestamps)
  }

  hostUs(program: DispatchList): number {
    const encode = () => {
      const encoder = this.device.createCommandEncoder()
      this.encode(encoder, program)
      encoder.finish()
    }
    return (1000 * timeEncoding(encode)) / program.length
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
