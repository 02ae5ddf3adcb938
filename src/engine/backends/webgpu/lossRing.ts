// Reads losses without stalling the queue: each step's loss is copied to one of a few mapped buffers, and the
// host looks at it only when it comes round again, so that many steps are in flight and no more.

import type { BufferRange } from '../../bufferPool'
import type { Executor } from './executor'

/** Losses of steps in order; a step's loss arrives when it has run. */
export class LossRing {
  private readonly staging: GPUBuffer[]
  private readonly pending: (Promise<number> | null)[]
  private at = 0

  /** @param depth steps in flight at most */
  constructor(device: GPUDevice, depth: number) {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
    this.staging = Array.from({ length: depth }, (_, i) => device.createBuffer({ label: `loss/${i}`, size: 4, usage }))
    this.pending = Array.from({ length: depth }, () => null)
  }

  /** Waits for the oldest step in flight if all places are taken; its loss, or null when there is room. */
  async room(): Promise<number | null> {
    const oldest = this.pending[this.at]
    if (oldest === null) return null
    const loss = await oldest
    this.pending[this.at] = null
    return loss
  }

  /** Adds the copy of `loss` to a step's commands; call `submitted` right after submitting them. */
  encode(encoder: GPUCommandEncoder, executor: Executor, loss: BufferRange): void {
    executor.copy(encoder, loss, this.staging[this.at], 0, 4)
  }

  submitted(): void {
    const buffer = this.staging[this.at]
    this.pending[this.at] = buffer.mapAsync(GPUMapMode.READ).then(() => {
      const loss = new Float32Array(buffer.getMappedRange())[0]
      buffer.unmap()
      return loss
    })
    // a lost device rejects every pending map; whoever awaits `room` or `drain` is told
    this.pending[this.at]!.catch(() => undefined)
    this.at = (this.at + 1) % this.staging.length
  }

  /** Losses of all steps still in flight, oldest first. */
  async drain(): Promise<number[]> {
    const losses: number[] = []
    for (let i = 0; i < this.pending.length; i++) {
      const loss = await this.room()
      if (loss !== null) losses.push(loss)
      this.at = (this.at + 1) % this.staging.length
    }
    return losses
  }

  destroy(): void {
    for (const buffer of this.staging) buffer.destroy()
  }
}
