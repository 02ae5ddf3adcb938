// Entry of the trainer's process: WebGPU by Dawn or threads, for childTrainer.ts.

import { nodeHost } from '../engine/backends/wasm/nodeHost'
import { createTrainer } from '../judge/trainer'
import { serveParent } from './childCalls'
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
serveParent(trainer, ['run'])
// a terminal sends Ctrl-C to every process in the group; when this one ends is the parent's decision
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
