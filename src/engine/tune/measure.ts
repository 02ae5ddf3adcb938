// Runs kernels on buffers of made-up numbers: what do they compute, and how long do they take?

import { pipelineOf } from '../backends/webgpu/pipelines'
import { readBack, type Piece } from '../backends/webgpu/readBack'
import type { Capabilities, Constant, Lowering } from '../kernel'
import { dispatchLimits, type DispatchLimits } from '../rates'
import { splitLong } from '../splitLong'

/** Floats of the repeating pattern that buffers are filled with; no power of two, so that no two rows are alike. */
const PATTERN = 250_004

/** Results are compared in pieces of this many bytes: at the start, in the middle and at the end. */
const SAMPLE_BYTES = 2 ** 18

/** One batch of timed dispatches lasts about this long: enough to drown the cost of a submit. */
const BATCH_MS = 10

/** Buffers of one tunable, filled with the same numbers every time. Owns them until `destroy`. */
export class Bench {
  private readonly device: GPUDevice
  private readonly limits: DispatchLimits
  private readonly buffers = new Map<string, GPUBuffer>()
  /** contents that kernels bring along */
  private readonly constants = new Map<string, GPUBuffer>()
  private readonly pattern: GPUBuffer

  constructor(device: GPUDevice, caps: Capabilities, bytes: Readonly<Record<string, number>>) {
    this.device = device
    this.limits = dispatchLimits(caps)
    const values = new Float32Array(PATTERN)
    let state = 1
    for (let i = 0; i < PATTERN; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      values[i] = state / 2 ** 31 - 1 // in [-1, 1)
    }
    this.pattern = this.make('tune/pattern', values.byteLength)
    device.queue.writeBuffer(this.pattern, 0, values)
    for (const [name, size] of Object.entries(bytes)) this.buffers.set(name, this.make(`tune/${name}`, size))
  }

  private make(label: string, bytes: number): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16)
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    return this.device.createBuffer({ label, size, usage })
  }

  private hold(name: string, values: Constant): void {
    if (this.constants.has(name)) return
    const buffer = this.make(`tune/${name}`, values.byteLength)
    this.device.queue.writeBuffer(buffer, 0, values as Int32Array<ArrayBuffer>)
    this.constants.set(name, buffer)
  }

  /** Fills every buffer with the pattern. */
  fill(): void {
    const encoder = this.device.createCommandEncoder()
    for (const buffer of this.buffers.values()) {
      for (let at = 0; at < buffer.size; at += this.pattern.size)
        encoder.copyBufferToBuffer(this.pattern, 0, buffer, at, Math.min(this.pattern.size, buffer.size - at))
    }
    this.device.queue.submit([encoder.finish()])
  }

  /**
   * Compiles and binds, cut where a dispatch would take too long; the function encodes the kernels `times` over, submits
   * them and waits.
   * @throws LabError "gpu.shader"
   */
  async prepare(lowering: Lowering): Promise<(times: number) => Promise<void>> {
    const { scratch = {} } = lowering
    for (const [name, bytes] of Object.entries(scratch)) {
      const old = this.buffers.get(name)
      if (old && old.size >= bytes) continue
      old?.destroy()
      this.buffers.set(name, this.make(`tune/${name}`, bytes))
    }
    const { kernels, constants = {} } = splitLong(lowering, (name) => this.buffers.get(name)?.size ?? 0, this.limits)
    for (const [name, values] of Object.entries(constants)) this.hold(name, values)
    const pipelines = await Promise.all(kernels.map((kernel) => pipelineOf(this.device, kernel)))
    const groups = kernels.map(({ bindings }, i) => {
      const entries = bindings.map(({ name }, binding) => ({ binding, resource: { buffer: (this.constants.get(name) ?? this.buffers.get(name))! } }))
      return this.device.createBindGroup({ label: 'tune', layout: pipelines[i].getBindGroupLayout(0), entries })
    })
    return async (times) => {
      const encoder = this.device.createCommandEncoder()
      const pass = encoder.beginComputePass()
      for (let t = 0; t < times; t++)
        for (const [i, { workgroups }] of kernels.entries()) {
          pass.setPipeline(pipelines[i])
          pass.setBindGroup(0, groups[i])
          pass.dispatchWorkgroups(...workgroups)
        }
      pass.end()
      this.device.queue.submit([encoder.finish()])
      await this.device.queue.onSubmittedWorkDone()
    }
  }

  /** Samples of what lies in the named buffers; the arrays are the caller's. */
  read(names: readonly string[]): Promise<Float32Array> {
    const pieces: Piece[] = []
    for (const name of names) {
      const buffer = this.buffers.get(name)!
      const bytes = Math.min(SAMPLE_BYTES, buffer.size)
      const middle = Math.floor((buffer.size - bytes) / 8) * 4
      for (const offset of new Set([0, middle, buffer.size - bytes])) pieces.push({ buffer, offset, bytes })
    }
    return readBack(this.device, 'tune/read', pieces)
  }

  destroy(): void {
    for (const buffer of [...this.buffers.values(), ...this.constants.values()]) buffer.destroy()
    this.pattern.destroy()
  }
}

/** A slow kernel is not timed again once this much has been spent on it. */
const PATIENCE_MS = 120

/** Milliseconds of one run: best of up to three batches; a batch that takes `hopelessMs` a run ends it. */
export async function bestTime(run: (times: number) => Promise<void>, now: () => number, hopelessMs = Infinity): Promise<number> {
  let spent = 0
  const timed = async (times: number) => {
    const start = now()
    await run(times)
    const ms = Math.max(1e-3, now() - start)
    spent += ms
    return ms / times
  }
  let best = await timed(1)
  // the cost of a submit counts into the first guess: a short kernel is then run more often than need be, not less
  for (let round = 0; round < 3; round++) {
    if (best > hopelessMs || spent > PATIENCE_MS) break
    best = Math.min(best, await timed(Math.max(1, Math.min(1000, Math.ceil(BATCH_MS / best)))))
  }
  return best
}

/** Waits for some work, but no longer than this; whether it was done by then. */
export async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.min(ms, 2 ** 31 - 1))
  })
  const done = await Promise.race([work.then(() => true), late])
  clearTimeout(timer)
  return done
}

/** Whether two results are one but for the order of their sums, or for rounding by `tolerance` of their size. */
export function agree(a: Float32Array, b: Float32Array, tolerance: number): boolean {
  if (a.length !== b.length) return false
  let squares = 0
  for (const value of b) squares += value * value
  const atol = tolerance * Math.sqrt(squares / b.length)
  // where the default overflows, so may the other
  return a.every((value, i) => Math.abs(value - b[i]) <= atol + tolerance * Math.abs(b[i]) || !Number.isFinite(b[i]))
}
