// Entry of the trainer's process: WebGPU by Dawn or threads, calls over Node's channel to the parent. See childTrainer.ts.

import { LabError } from '../core/errors'
import { nodeHost } from '../engine/backends/wasm/nodeHost'
import { createTrainer } from '../judge/trainer'
import type { RunEvent, Trainer } from '../judge/types'
import type { TrainerCall, TrainerReply } from './childTrainer'
import { experimental, openDawn, yieldToDriver } from './dawn'
import { tuningFile } from './tuningFile'

let gpu: GPU | null = null
const trainer = createTrainer(
  {
    gpu: async () => (gpu ??= openDawn()),
    // side by side with this file in the build
    threads: nodeHost(new URL('./kernelThread.js', import.meta.url)),
    experimental,
    onDevice({ caps }) {
      if (caps.software) yieldToDriver()
    },
  },
  tuningFile(process.argv[2]),
)
const reply = (message: TrainerReply) => void process.send?.(message)

process.on('message', ({ id, method, args }: TrainerCall) => {
  const call = trainer[method] as (...args: unknown[]) => ReturnType<Trainer[typeof method]>
  const events = method === 'run' ? [(event: RunEvent) => reply({ id, kind: 'event', event })] : []
  call(...args, ...events).then(
    (value) => reply({ id, kind: 'done', value }),
    (thrown) => reply({ id, kind: 'failed', error: LabError.from(thrown).toJSON() }),
  )
})
// a terminal sends Ctrl-C to every process in the group; when this one ends is the parent's decision
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
