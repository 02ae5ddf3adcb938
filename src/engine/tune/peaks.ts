// What an adapter can do at most: arithmetic in registers, and copying memory.

import arithmetic from '../../../shaders/peak_arithmetic.wgsl?raw'
import type { Capabilities, Lowering } from '../kernel'
import { elementwise } from '../kernels/elementwise'
import { expandTemplate } from '../template'
import { Bench, bestTime } from './measure'

const CHAINS = 8

/** Measures both on buffers of its own; takes some tens of milliseconds. */
export async function measurePeaks(device: GPUDevice, caps: Capabilities, now: () => number): Promise<{ gflops: number; gbps: number }> {
  const threads = caps.software ? 1024 : 2 ** 18
  const rounds = caps.software ? 256 : 64
  const sum = Array.from({ length: CHAINS }, (_, j) => `t${j}`).join(' + ')
  const flops = threads * rounds * 4 * CHAINS * 4 * 2
  const loop: Lowering = {
    kernels: [
      {
        name: 'peak_arithmetic',
        code: expandTemplate(arithmetic, { WG: 64, CHAINS, ROUNDS: rounds, SUM: sum }),
        bindings: [{ name: 'x', access: 'read' }, { name: 'y', access: 'read_write' }], // prettier-ignore
        workgroups: [threads / 64, 1, 1],
      },
    ],
  }
  const gflops = flops / 1e6 / (await timeOf(device, caps, loop, { x: 32, y: threads * 16 }, now))
  const bytes = caps.software ? 2 ** 22 : Math.min(2 ** 27, caps.maxBindingBytes)
  const shape = [bytes / 4]
  const copy = elementwise({ shape, inputShapes: [shape], steps: [{ fn: 'identity', args: [0] }], accumulate: false }, caps)
  const gbps = (2 * bytes) / 1e6 / (await timeOf(device, caps, copy, { x0: bytes, y: bytes }, now))
  return { gflops, gbps }
}

async function timeOf(device: GPUDevice, caps: Capabilities, lowering: Lowering, bytes: Record<string, number>, now: () => number): Promise<number> {
  const bench = new Bench(device, caps, bytes)
  try {
    const run = await bench.prepare(lowering)
    bench.fill()
    await run(1)
    return await bestTime(run, now)
  } finally {
    bench.destroy()
  }
}
