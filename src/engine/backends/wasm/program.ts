// Commands as numbers: bound to addresses once, written down for threads to read, and run from there.

import type { BufferRange } from '../../bufferPool'
import type { Command } from '../../planner'
import { NONE, SCRATCH } from './call'
import { KERNEL_NAMES, type Kernels } from './kernels'

/** A command with less work than this, in microseconds, is done by one thread: the others would arrive too late. */
const ALONE_US = 4
/** What one thread is expected to do in a microsecond. */
const FLOPS_PER_US = 20_000
const BYTES_PER_US = 4_000

/** One call, ready to run on one thread. */
export interface Step {
  run: (begin: number, end: number, ...rest: number[]) => void
  units: number
  /** done by thread 0 alone */
  alone: boolean
  rest: number[]
}

/** Numbers of one command before its pointers, integers and floats. */
const HEADER = 6

/**
 * Writes commands down: for each the kernel, its units, whether it is done alone, which argument is the scratch (or −1),
 * how many integers and floats follow, and those.
 * @param address of a range
 */
export function encodeCommands(commands: readonly Command[], address: (range: BufferRange) => number): Int32Array {
  const words: number[] = [commands.length]
  const bits = new Int32Array(1)
  const float = new Float32Array(bits.buffer)
  for (const { kernel, ranges } of commands) {
    const { fn, units, pointers, ints, floats, flops } = kernel.call!
    const bytes = ranges.reduce((sum, range) => sum + range.bytes, 0)
    const alone = units === 1 || flops / FLOPS_PER_US + bytes / BYTES_PER_US < ALONE_US
    words.push(KERNEL_NAMES.indexOf(fn), units, alone ? 1 : 0, pointers.indexOf(SCRATCH), pointers.length + ints.length, floats.length)
    let bound = 0
    for (const pointer of pointers) words.push(pointer === NONE || pointer === SCRATCH ? 0 : address(ranges[bound++]))
    words.push(...ints)
    for (const value of floats) {
      float[0] = value
      words.push(bits[0])
    }
  }
  return Int32Array.from(words)
}

/** @param scratch address of this thread's own scratch memory */
export function decodeCommands(words: Int32Array, kernels: Kernels, scratch: number): Step[] {
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length)
  let at = 1
  return Array.from({ length: words[0] }, () => {
    const [fn, units, alone, scratchAt, intCount, floatCount] = words.subarray(at, at + HEADER)
    at += HEADER
    const rest = [...words.subarray(at, at + intCount), ...floats.subarray(at + intCount, at + intCount + floatCount)]
    if (scratchAt >= 0) rest[scratchAt] = scratch
    at += intCount + floatCount
    return { run: kernels[KERNEL_NAMES[fn]], units, alone: alone === 1, rest }
  })
}
