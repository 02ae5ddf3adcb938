// Decides on paper which buffers there will be. Nothing is allocated here, so a program's memory is known
// before the device is asked for any.

export interface PlannedBuffer {
  label: string
  bytes: number
}

/** What WebGPU asks of a storage binding's offset, in bytes. */
const BINDING_ALIGN = 256

/** A piece of a planned buffer, in bytes; `offset` is a multiple of 256. */
export interface BufferRange {
  buffer: number
  offset: number
  bytes: number
}

/**
 * Buffers that last (`dedicate`) and buffers that are lent and taken back (`acquire`, `release`).
 * A released buffer serves the next tensor that fits; the largest free one is made larger before a new one
 * is added, because only the difference costs memory.
 */
export class BufferPool {
  readonly buffers: PlannedBuffer[] = []
  private readonly free = new Set<number>()

  dedicate(label: string, bytes: number): BufferRange {
    this.buffers.push({ label, bytes: align(bytes) })
    return { buffer: this.buffers.length - 1, offset: 0, bytes }
  }

  /** Makes a dedicated range longer: the new piece, aligned for binding. What lies in one range is written at once. */
  append(to: BufferRange, bytes: number): BufferRange {
    const offset = Math.ceil(to.bytes / BINDING_ALIGN) * BINDING_ALIGN
    to.bytes = offset + bytes
    this.buffers[to.buffer].bytes = align(to.bytes)
    return { buffer: to.buffer, offset, bytes }
  }

  acquire(label: string, bytes: number): BufferRange {
    const need = align(bytes)
    let best = -1
    for (const index of this.free) {
      if (best < 0) best = index
      else {
        const [size, bestSize] = [this.buffers[index].bytes, this.buffers[best].bytes]
        const better = bestSize < need ? size > bestSize : size >= need && size < bestSize
        if (better) best = index
      }
    }
    if (best < 0) return { ...this.dedicate(label, bytes), bytes }
    this.free.delete(best)
    this.buffers[best].bytes = Math.max(this.buffers[best].bytes, need)
    return { buffer: best, offset: 0, bytes }
  }

  release(range: BufferRange): void {
    this.free.add(range.buffer)
  }

  get totalBytes(): number {
    return this.buffers.reduce((n, b) => n + b.bytes, 0)
  }
}

/** WebGPU sizes are multiples of 4; 16 keeps vec4 views whole. */
function align(bytes: number): number {
  return Math.max(16, Math.ceil(bytes / 16) * 16)
}
