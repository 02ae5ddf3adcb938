// The worker of one contestant. Only the framework it is about is loaded.

import { expose } from 'comlink'
import { runCeiling } from '../../src/cli/benchCeiling'
import { Timed, type Contestant, type ProductShape, type Setup, type Texts } from '../../src/cli/benchContestant'

const CONTESTANTS: Record<string, () => Promise<Contestant>> = {
  'ours webgpu': async () => (await import('./ours')).ourWebgpu(),
  'ours wasm, 1 thread': async () => (await import('./ours')).ourWasm(1),
  'ours wasm, threads': async () => (await import('./ours')).ourWasm(navigator.hardwareConcurrency),
  'jax-js webgpu': async () => (await import('./jax')).jaxContestant('webgpu'),
  'jax-js wasm': async () => (await import('./jax')).jaxContestant('wasm'),
  'tfjs webgpu': async () => (await import('./tensorflow')).tensorflowContestant('webgpu'),
  'tfjs wasm': async () => (await import('./tensorflow')).tensorflowContestant('wasm'),
}

let timed: Timed

async function texts(): Promise<Texts> {
  const [train, val] = await Promise.all(['train.bin', 'val.bin'].map(async (name) => (await fetch(`../${name}`)).bytes()))
  return { train, val }
}

const worker = {
  async load(framework: string) {
    timed = new Timed(await CONTESTANTS[framework]())
  },
  first: (setup: Setup) => timed.first(setup),
  losses: (count: number) => timed.losses(count),
  round: (count: number) => timed.round(count),
  matmul: (shape: ProductShape, leastMs: number) => timed.matmul(shape, leastMs),
  learn: async (setup: Setup, seconds: number) => timed.learn(setup, await texts(), seconds),
  recipe: async (setup: Setup, batch: { rows: number; context: number }, seconds: number) => timed.recipe(setup, batch, await texts(), seconds),
  ceiling: (ms: number) => runCeiling(ms),
}

export type BenchWorker = typeof worker

expose(worker)
