// One linear memory for all that an engine runs, so that threads are told of a memory once. Pieces are taken and given
// back by whole sessions; there are few of them.

import { LabError } from '../../../core/errors'

const PAGE = 65536
const ALIGN = 64
/** Kernels may read this far past the end of a tensor. */
const SLACK = 64
/** Nothing lies at 0, which kernels take for no pointer at all. */
const FIRST = 1024
/** Pages that a memory may have: 4 GiB, or less where the address space is small. */
const MOST_PAGES = [65536, 32768, 16384, 8192]

interface Piece {
  start: number
  end: number
}

export class Heap {
  readonly memory: WebAssembly.Memory
  private readonly mostPages: number
  private readonly pieces: Piece[] = []
  /** nothing above was ever taken, so it is still zero */
  private touched = FIRST

  constructor(shared: boolean) {
    const { memory, most } = makeMemory(shared)
    this.memory = memory
    this.mostPages = most
  }

  /**
   * Takes a zeroed piece and keeps it until `release`.
   * @returns its address, a multiple of 64
   * @throws LabError "gpu.oom"
   */
  take(bytes: number): number {
    const start = this.hole(bytes + SLACK)
    const end = start + bytes + SLACK
    this.grow(end, bytes)
    if (start < this.touched) new Uint8Array(this.memory.buffer, start, Math.min(end, this.touched) - start).fill(0)
    this.touched = Math.max(this.touched, end)
    this.pieces.push({ start, end })
    this.pieces.sort((a, b) => a.start - b.start)
    return start
  }

  release(start: number): void {
    const at = this.pieces.findIndex((piece) => piece.start === start)
    if (at >= 0) this.pieces.splice(at, 1)
  }

  bytes(address: number, count: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, count)
  }

  floats(address: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, count)
  }

  private hole(bytes: number): number {
    let start = FIRST
    for (const piece of this.pieces) {
      if (piece.start - start >= bytes) break
      start = Math.ceil(piece.end / ALIGN) * ALIGN
    }
    return start
  }

  private grow(end: number, wanted: number): void {
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / PAGE)
    if (missing <= 0) return
    try {
      if (end > this.mostPages * PAGE) throw new RangeError(`at most ${this.mostPages / 16} MiB`)
      this.memory.grow(missing)
    } catch (cause) {
      throw new LabError('gpu.oom', `There is no memory for ${Math.ceil(wanted / 2 ** 20)} MiB: ${(cause as Error).message}`, {
        hint: 'Make the model or the batch smaller, or close other programs.',
        data: { bytes: wanted },
        cause,
      })
    }
  }
}

function makeMemory(shared: boolean): { memory: WebAssembly.Memory; most: number } {
  // only a shared memory sets its address space aside at once
  if (!shared) return { memory: new WebAssembly.Memory({ initial: 1 }), most: MOST_PAGES[0] }
  for (const most of MOST_PAGES) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 1, maximum: most, shared: true }), most }
    } catch (error) {
      if (!(error instanceof RangeError) || most === MOST_PAGES.at(-1)) throw error
    }
  }
  throw new LabError('lab.internal', 'unreachable')
}
