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

/** The buffers of a plan: those that last, and the shelves on which packing.ts places what does not. */
export class BufferPool {
  readonly buffers: PlannedBuffer[] = []

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

  get totalBytes(): number {
    return this.buffers.reduce((n, b) => n + b.bytes, 0)
  }
}

/** WebGPU sizes are multiples of 4; 16 keeps vec4 views whole. */
function align(bytes: number): number {
  return Math.max(16, Math.ceil(bytes / 16) * 16)
}
