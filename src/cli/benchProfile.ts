// npm run bench -- --profile: where the time of a step goes, kernel by kernel, in Node.

import type { Engine } from '../engine/backends/backend'
import { isDevice } from '../engine/backends/webgpu/device'
import { profileSession } from '../engine/profile'
import type { Session } from '../engine/session'
import { measurePeaks } from '../engine/tune/peaks'

/** Prints what each kernel takes of a step, and how near it comes to a device's peaks; the session's weights move. */
export async function printProfile(model: string, engine: Engine, session: Session): Promise<void> {
  const { caps, info } = engine
  const peaks = caps.peaks ?? (isDevice(engine) ? await measurePeaks(engine.device, caps, () => performance.now()) : null)
  const { rows, ...all } = await profileSession(session, peaks)
  const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`
  console.log(
    `${model}, ${info.description}: ${all.kernelsMs.toFixed(1)} ms in kernels (${all.clock}) of a step of ${all.stepMs.toFixed(1)} ms, ` +
      `${all.dispatches} dispatches, ${all.hostUsPerDispatch.toFixed(2)} µs of host time each` +
      (peaks ? `; peaks ${peaks.gflops.toFixed(1)} GFLOP/s and ${peaks.gbps.toFixed(1)} GB/s` : ''),
  )
  console.table(
    rows.map((row) => ({
      kernel: row.kernel,
      shape: row.shape,
      count: row.count,
      ms: Number(row.msPerStep.toPrecision(3)),
      share: percent(row.share),
      'if free': `${row.speedupIfFree.toFixed(2)}×`,
      'GFLOP/s': Number(row.gflops.toPrecision(3)),
      'GB/s': Number(row.gbps.toPrecision(3)),
      ...(row.ofPeak === null ? {} : { 'of peak': `${percent(row.ofPeak)} ${row.bound}` }),
    })),
  )
}
