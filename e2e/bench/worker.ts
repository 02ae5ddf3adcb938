// The worker of one contestant. Only the framework it is about is loaded.

import { expose } from 'comlink'
import { runCeiling } from '../../src/cli/benchCeiling'
import { Timed, type Contestant, type ProductShape, type Setup, type Texts } from '../../src/cli/benchContestant'

const CONTESTANTS: Record<string, () => Promise<Contestant>> = {
  ours: async () => (await import('../../src/cli/benchOurs')).ourContestant(navigator.gpu),
  'jax-js webgpu': async () => (await import('./jax')).jaxContestant('webgpu'),
  'jax-js wasm': async () => (await import('./jax')).jaxContestant('wasm'),
  'tfjs webgpu': async () => (await import('./tensorflow')).tensorflowContestant('webgpu'),
  'tfjs wasm': async () => (await import('./tensorflow')).tensorflowContestant('wasm'),
}

let timed: Timed

const worker = {
  async load(framework: string) {
    timed = new Timed(await CONTESTANTS[framework]())
  },
  first: (setup: Setup) => timed.first(setup),
  losses: (count: number) => timed.losses(count),
  round: (count: number) => timed.round(count),
  matmul: (shape: ProductShape, leastMs: number) => timed.matmul(shape, leastMs),
  async learn(setup: Setup, seconds: number) {
    const [train, val] = await Promise.all(['train.bin', 'val.bin'].map(async (name) => (await fetch(`../${name}`)).bytes()))
    return timed.learn(setup, { train, val } satisfies Texts, seconds)
  },
  ceiling: (ms: number) => runCeiling(ms),
}

export type BenchWorker = typeof worker

expose(worker)
