// Entry of one of our contestants in Node: a process of its own, so that it begins afresh and can be ended.

import type { BenchWorker } from '../../e2e/bench/worker'
import { openWasm } from '../engine/backends/wasm/engine'
import { nodeHost } from '../engine/backends/wasm/nodeHost'
import { openDevice } from '../engine/backends/webgpu/device'
import type { Tier } from '../judge/types'
import { runCeiling } from './benchCeiling'
import { Timed, type Texts } from './benchContestant'
import { ourContestant } from './benchOurs'
import { printProfile } from './benchProfile'
import { serveParent } from './childCalls'
import { openDawn, yieldToDriver } from './dawn'

/** A page's calls, and what only a process is asked. */
export interface BenchChild extends BenchWorker {
  /** what is learnt from */
  give(texts: Texts): Promise<void>
  /** of the WebGPU adapter */
  tier(): Promise<Tier>
  /** Prints where the time of a step goes. */
  profile(model: string): Promise<void>
}

async function openGpu() {
  const device = await openDevice(openDawn())
  if (device.caps.software) yieldToDriver()
  return device
}

const ours = ourContestant(
  // side by side with this file in the build
  process.argv[2] === 'wasm' ? () => openWasm(nodeHost(new URL('./kernelThread.js', import.meta.url))) : openGpu,
)
const timed = new Timed(ours)
let texts: Texts | null = null
const given = () => {
  if (!texts) throw new Error('There is no text to learn from')
  return texts
}

const methods: BenchChild = {
  load: async () => undefined,
  first: (setup) => timed.first(setup),
  losses: (count) => timed.losses(count),
  round: (count) => timed.round(count),
  matmul: (shape, leastMs) => timed.matmul(shape, leastMs),
  learn: async (setup, seconds) => timed.learn(setup, given(), seconds),
  recipe: async (setup, batch, seconds) => timed.recipe(setup, batch, given(), seconds),
  ceiling: runCeiling,
  async give(all) {
    texts = all
  },
  async tier() {
    const { caps, info } = await openGpu()
    return caps.software ? 'software' : info.integrated ? 'integrated' : 'discrete'
  },
  profile: (model) => printProfile(model, ours.engine(), ours.session()),
}

serveParent(methods)
