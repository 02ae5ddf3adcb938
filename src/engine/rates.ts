// How much work one dispatch may hold: an adapter that is busy with one for a second is taken for hung.

import type { Capabilities } from './kernel'

/** A dispatch is cut when it would take longer than this; half of what a desktop's compositor bears. */
const DISPATCH_SECONDS = 0.15

/**
 * Rates assumed where none were measured, low on purpose: cutting too finely costs a few microseconds a piece, too
 * coarsely costs the device. Software: two cores of a laptop; otherwise the smallest integrated GPU.
 */
const SLOWEST = { software: { gflops: 4, gbps: 2 }, gpu: { gflops: 50, gbps: 10 } }

/** Floating-point operations, and bytes read or written, that one dispatch may hold. */
export interface DispatchLimits {
  flops: number
  bytes: number
}

/**
 * What an adapter's dispatches may hold. Of measured peaks a quarter is expected, and only the power of two below it
 * counts: measuring again must not change a plan.
 */
export function dispatchLimits(caps: Pick<Capabilities, 'backend' | 'software' | 'peaks'>): DispatchLimits {
  // nothing watches over threads of the lab's own
  if (caps.backend === 'wasm') return { flops: Infinity, bytes: Infinity }
  const expected = (peak: number) => 2 ** Math.floor(Math.log2(peak / 4))
  const { gflops, gbps } = caps.peaks
    ? { gflops: expected(caps.peaks.gflops), gbps: expected(caps.peaks.gbps) }
    : caps.software ? SLOWEST.software : SLOWEST.gpu // prettier-ignore
  return { flops: DISPATCH_SECONDS * gflops * 1e9, bytes: DISPATCH_SECONDS * gbps * 1e9 }
}
