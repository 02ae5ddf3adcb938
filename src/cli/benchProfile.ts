// npm run bench -- --profile: where the time of a step goes, kernel by kernel, in Node.

import type { OpenedDevice } from '../engine/backends/webgpu/device'
import { Executor } from '../engine/backends/webgpu/executor'
import type { Session } from '../engine/session'

/** Prints the time of each kind of kernel within a step, each command run alone: what to make faster next. */
export async function printProfile(model: string, { device }: OpenedDevice, session: Session): Promise<void> {
  const executor = await Executor.create(device, session.plan)
  const byKernel = new Map<string, { ms: number; count: number; flops: number }>()
  for (const command of session.plan.train.commands) {
    const program = await executor.prepare([command])
    const ms = await timeOf(device, () => {
      const encoder = device.createCommandEncoder()
      executor.encode(encoder, program)
      device.queue.submit([encoder.finish()])
    })
    const row = byKernel.get(command.kernel.name) ?? { ms: 0, count: 0, flops: 0 }
    byKernel.set(command.kernel.name, { ms: row.ms + ms, count: row.count + 1, flops: row.flops + (command.kernel.flops ?? 0) })
  }
  executor.destroy()
  const rows = [...byKernel].map(([kernel, { ms, count, flops }]) => ({
    kernel,
    count,
    ms: Number(ms.toFixed(2)),
    gflops: Number((flops / ms / 1e6).toFixed(2)),
  }))
  console.log(`${model}: ${rows.reduce((n, r) => n + r.ms, 0).toFixed(1)} ms in kernels run one by one`)
  console.table(rows.sort((a, b) => b.ms - a.ms))
}

/** Best of several runs. */
async function timeOf(device: GPUDevice, submit: () => void, runs = 5): Promise<number> {
  let best = Infinity
  for (let i = 0; i < runs; i++) {
    await device.queue.onSubmittedWorkDone()
    const begun = performance.now()
    submit()
    await device.queue.onSubmittedWorkDone()
    best = Math.min(best, performance.now() - begun)
  }
  return best
}
