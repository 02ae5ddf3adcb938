// Two ways to time each dispatch of a program: the device's own timestamps, one pass per dispatch, and where it has
// none, or only coarse ones, the wall clock over many repetitions.

import type { DispatchList } from './backends/webgpu/pipelines'

/** Queries of one set, as many as WebGPU allows. */
const MOST_QUERIES = 4096
/** Timestamps that only move in steps of this many nanoseconds say nothing about a kernel. */
const COARSE_NS = 10_000
/** Repetitions on the wall clock go on for at least this long, and this often its fixed cost. */
const LONG_MS = 6
const LONG_FIXED = 8
const MOST_REPEATS = 4096

/** How the times were taken. */
export type ClockKind = 'timestamps' | 'wall clock'

export interface DispatchTimes {
  clock: ClockKind
  /** one entry per dispatch */
  ms: Float64Array
}

/**
 * Time of each dispatch of a program, best of a few runs.
 * @param same key of each dispatch: those with equal keys do equal work, and the wall clock times only the first
 * @param timestamps false to leave the device's own clock alone
 */
export async function timeDispatches(device: GPUDevice, program: DispatchList, same: readonly string[], timestamps = true): Promise<DispatchTimes> {
  if (timestamps && device.features.has('timestamp-query')) {
    const ms = await byTimestamps(device, program, 5)
    if (ms) return { clock: 'timestamps', ms }
  }
  return { clock: 'wall clock', ms: await byWallClock(device, program, same) }
}

/** Best of several runs; null where the timestamps are too coarse to be of use. */
async function byTimestamps(device: GPUDevice, program: DispatchList, runs: number): Promise<Float64Array | null> {
  const count = 2 * Math.min(program.length, MOST_QUERIES / 2)
  const querySet = device.createQuerySet({ label: 'profile', type: 'timestamp', count })
  const resolved = device.createBuffer({ label: 'profile', size: count * 8, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC })
  const staging = device.createBuffer({ label: 'profile', size: count * 8, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })
  const best = new Float64Array(program.length).fill(Infinity)
  try {
    for (let run = 0; run < runs; run++) {
      for (let first = 0; first < program.length; first += count / 2) {
        const part = program.slice(first, first + count / 2)
        const encoder = device.createCommandEncoder({ label: 'profile' })
        for (const [i, { pipeline, group, workgroups }] of part.entries()) {
          const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 }
          const pass = encoder.beginComputePass({ timestampWrites })
          pass.setPipeline(pipeline)
          pass.setBindGroup(0, group)
          pass.dispatchWorkgroups(...workgroups)
          pass.end()
        }
        encoder.resolveQuerySet(querySet, 0, 2 * part.length, resolved, 0)
        encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16 * part.length)
        device.queue.submit([encoder.finish()])
        await staging.mapAsync(GPUMapMode.READ, 0, 16 * part.length)
        const stamps = new BigUint64Array(staging.getMappedRange(0, 16 * part.length).slice(0))
        staging.unmap()
        if (quantumOf(stamps) >= COARSE_NS) return null
        for (let i = 0; i < part.length; i++) {
          // a clock that was set back between the two gives nonsense; such a run does not count
          const ms = Number(BigInt.asIntN(64, stamps[2 * i + 1] - stamps[2 * i])) / 1e6
          if (ms >= 0) best[first + i] = Math.min(best[first + i], ms)
        }
      }
    }
  } finally {
    querySet.destroy()
    resolved.destroy()
    staging.destroy()
  }
  return best.every(Number.isFinite) && best.some((ms) => ms > 0) ? best : null
}

/**
 * The step in which timestamps move, nanoseconds: the greatest common divisor of their differences.
 * Browsers make them coarse on purpose; Infinity when they do not move at all.
 */
export function quantumOf(stamps: BigUint64Array): number {
  let divisor = 0n
  for (let i = 1; i < stamps.length; i++) {
    let rest = BigInt.asIntN(64, stamps[i] - stamps[0])
    if (rest < 0n) rest = -rest
    while (rest > 0n) [divisor, rest] = [rest, divisor % rest]
    if (divisor > 0n && divisor < BigInt(COARSE_NS)) break
  }
  return divisor === 0n ? Infinity : Number(divisor)
}

/** Repeats each distinct dispatch until its time is well above the cost of asking, and takes that cost off. */
async function byWallClock(device: GPUDevice, program: DispatchList, same: readonly string[]): Promise<Float64Array> {
  const fence = new Fence(device)
  const times = new Map<string, number>()
  try {
    const submit = async ({ pipeline, group, workgroups }: DispatchList[number], repeats: number) => {
      const encoder = device.createCommandEncoder({ label: 'profile' })
      const pass = encoder.beginComputePass()
      pass.setPipeline(pipeline)
      pass.setBindGroup(0, group)
      for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(...workgroups)
      pass.end()
      return fence.time(encoder)
    }
    let fixed = Infinity
    for (let i = 0; i < 8; i++) fixed = Math.min(fixed, await submit(program[0], 0))
    for (const [i, dispatch] of program.entries()) {
      if (times.has(same[i])) continue
      const long = Math.max(LONG_MS, LONG_FIXED * fixed)
      let repeats = 1
      let best = await submit(dispatch, repeats)
      while (best < long && repeats < MOST_REPEATS) {
        const each = Math.max(best - fixed, 1e-3) / repeats
        repeats = Math.min(MOST_REPEATS, Math.max(2 * repeats, Math.ceil(long / each)))
        best = await submit(dispatch, repeats)
      }
      for (let run = 0; run < 2; run++) best = Math.min(best, await submit(dispatch, repeats))
      times.set(same[i], Math.max(0, best - fixed) / repeats)
    }
  } finally {
    fence.destroy()
  }
  return Float64Array.from(same, (key) => times.get(key)!)
}

/** Waits for submitted work by mapping a buffer: browsers answer that sooner than onSubmittedWorkDone. */
class Fence {
  private readonly device: GPUDevice
  private readonly source: GPUBuffer
  private readonly staging: GPUBuffer

  constructor(device: GPUDevice) {
    this.device = device
    this.source = device.createBuffer({ label: 'fence', size: 4, usage: GPUBufferUsage.COPY_SRC })
    this.staging = device.createBuffer({ label: 'fence', size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })
  }

  /** Milliseconds from submitting to knowing that it is done. */
  async time(encoder: GPUCommandEncoder): Promise<number> {
    encoder.copyBufferToBuffer(this.source, 0, this.staging, 0, 4)
    const commands = encoder.finish()
    const begun = performance.now()
    this.device.queue.submit([commands])
    await this.staging.mapAsync(GPUMapMode.READ)
    const ms = performance.now() - begun
    this.staging.unmap()
    return ms
  }

  destroy(): void {
    this.source.destroy()
    this.staging.destroy()
  }
}

/** Milliseconds of host time that commands take to encode; they are thrown away. */
export function timeEncoding(encode: () => void): number {
  let best = Infinity
  for (let run = 0; run < 5; run++) {
    const begun = performance.now()
    let encoded = 0
    // long enough for the coarse clocks of browsers
    while (encoded < 10 || performance.now() - begun < 4) {
      encode()
      encoded++
    }
    best = Math.min(best, (performance.now() - begun) / encoded)
  }
  return best
}
