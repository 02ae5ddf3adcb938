// Reads losses without stalling the queue: each step's loss is copied to one of a few mapped buffers, and the
// host looks at it only when it comes round again, so that many steps are in flight and no more.

import type { BufferRange } from '../../bufferPool'
import type { Executor } from './executor'

/**
 * Node's binding of Dawn waits by polling: a pending map keeps a whole core busy, which on a software adapter is a core
 * that does not compute. There the map is asked for only when the step is about done; steps behind it keep the
 * device at work meanwhile.
 */
const HOST_POLLS = typeof process !== 'undefined' && process.versions?.node !== undefined

/** Losses of steps in order; a step's loss arrives when it has run. */
export class LossRing {
  private readonly staging: GPUBuffer[]
  private readonly inFlight: boolean[]
  private readonly maps: (Promise<undefined> | null)[]
  private at = 0
  /** when the last loss arrived, and how far apart they arrive (smoothed): milliseconds */
  private lastMs = 0
  private intervalMs = 0

  /** @param depth steps in flight at most */
  constructor(device: GPUDevice, depth: number) {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
    this.staging = Array.from({ length: depth }, (_, i) => device.createBuffer({ label: `loss/${i}`, size: 4, usage }))
    this.inFlight = Array.from({ length: depth }, () => false)
    this.maps = Array.from({ length: depth }, () => null)
  }

  /** Waits for the oldest step in flight if all places are taken; its loss, or null when there is room. */
  async room(): Promise<number | null> {
    const at = this.at
    if (!this.inFlight[at]) return null
    if (HOST_POLLS) await this.sleepUntilDue()
    const buffer = this.staging[at]
    await (this.maps[at] ?? buffer.mapAsync(GPUMapMode.READ))
    const loss = new Float32Array(buffer.getMappedRange())[0]
    buffer.unmap()
    this.inFlight[at] = false
    this.maps[at] = null
    const now = performance.now()
    const interval = now - this.lastMs
    this.intervalMs = this.lastMs === 0 || interval > 10_000 ? 0 : 0.5 * this.intervalMs + 0.5 * interval
    this.lastMs = now
    return loss
  }

  /** Adds the copy of `loss` to a step's commands; call `submitted` right after submitting them. */
  encode(encoder: GPUCommandEncoder, executor: Executor, loss: BufferRange): void {
    executor.copy(encoder, loss, this.staging[this.at], 0, 4)
  }

  submitted(): void {
    if (!HOST_POLLS) {
      const map = this.staging[this.at].mapAsync(GPUMapMode.READ)
      // a lost device rejects every pending map; whoever awaits `room` or `drain` is told
      map.catch(() => undefined)
      this.maps[this.at] = map
    }
    this.inFlight[this.at] = true
    this.at = (this.at + 1) % this.staging.length
  }

  /** Losses of all steps still in flight, oldest first. */
  async drain(): Promise<number[]> {
    const losses: number[] = []
    for (let i = 0; i < this.staging.length; i++) {
      const loss = await this.room()
      if (loss !== null) losses.push(loss)
      this.at = (this.at + 1) % this.staging.length
    }
    return losses
  }

  destroy(): void {
    for (const buffer of this.staging) buffer.destroy()
  }

  private async sleepUntilDue(): Promise<void> {
    const left = this.lastMs + 0.9 * this.intervalMs - performance.now()
    if (left > 2) await new Promise((resolve) => setTimeout(resolve, left))
  }
}
