// Which engine trains: the GPU where there is a real one, otherwise the processor, and a short race where it is unclear.

import { Rng } from '../core/rng'
import type { Engine } from '../engine/backends/backend'
import { openWasm, type ThreadHost } from '../engine/backends/wasm/engine'
import { openDevice, type OpenedDevice } from '../engine/backends/webgpu/device'
import { Session } from '../engine/session'
import type { ModelGraph } from '../graph/ir'
import type { ProgramSpec } from '../graph/program'
import { inferShapes } from '../graph/shapes'
import type { BackendChoice } from './types'

/** What a host has to compute with. */
export interface EngineHost {
  /** gives navigator.gpu, or Dawn's in Node */
  gpu(): Promise<GPU | undefined>
  threads: ThreadHost
  /** as openDevice takes it */
  experimental?: boolean
  /** told of a device that is going to be used */
  onDevice?(device: OpenedDevice): void
}

/**
 * Opens an engine; the caller's to destroy.
 * @throws LabError "gpu.unavailable" where what was chosen, or with "auto" everything, is missing
 */
export async function chooseEngine(choice: BackendChoice, { gpu, threads, experimental, onDevice }: EngineHost): Promise<Engine> {
  if (choice === 'wasm') return openWasm(threads)
  const used = (device: OpenedDevice) => {
    onDevice?.(device)
    return device
  }
  if (choice === 'webgpu') return used(await openDevice(await gpu(), { experimental }))
  let device: OpenedDevice
  try {
    device = await openDevice(await gpu(), { experimental })
  } catch (noDevice) {
    // what is wrong with the GPU is what can be mended
    return orElse(openWasm(threads), () => Promise.reject(noDevice))
  }
  const { software } = device.caps
  if (!software && !device.info.integrated) return used(device)
  const wasm = await orElse(openWasm(threads), () => Promise.resolve(null))
  if (!wasm) return used(device)
  if (software || (await stepMs(wasm)) < (await orElse(stepMs(device), () => Promise.resolve(Infinity)))) {
    device.destroy()
    return wasm
  }
  wasm.destroy()
  return used(device)
}

async function orElse<T, U>(first: Promise<T>, second: (thrown: unknown) => Promise<U>): Promise<T | U> {
  try {
    return await first
  } catch (thrown) {
    return second(thrown)
  }
}

/** Symbols, and numbers a token, of the model that is raced: a step is about a billion operations, nearly all products. */
const [V, C, T] = [256, 256, 256]

function raceProgram(): ProgramSpec {
  const shapes: [string, number[]][] = [['table', [V, C]], ['first', [C, C]], ['second', [C, C]], ['head', [V, C]]] // prettier-ignore
  const graph: ModelGraph = { params: [], nodes: [{ op: 'tokens', inputs: [], attrs: {} }], output: 0 }
  for (const [name, shape] of shapes) {
    graph.params.push({ name, shape, init: { kind: 'normal', std: 0.05 } })
    const weights = graph.nodes.push({ op: 'param', inputs: [], attrs: { name } }) - 1
    const inputs = name === 'table' ? [weights, 0] : [graph.output, weights]
    graph.output = graph.nodes.push({ op: name === 'table' ? 'embedding' : 'linear', inputs, attrs: {} }) - 1
  }
  const params = shapes.map(([name]) => name)
  return {
    version: 1,
    batch: { rows: 4, context: T, accumulate: 1 },
    training: { clip: 0, ema: 0 },
    graph,
    groups: [{ params, rule: 'adamw', lr: 1e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0 }],
    schedule: { lr: [1], weightDecay: [1] },
    ramp: { momentum: [] },
  }
}

/** Best of a few steps of a small model; a second at most, mostly for compiling. */
export async function stepMs(engine: Engine): Promise<number> {
  const program = raceProgram()
  const { rows } = program.batch
  const request = { program, shapes: inferShapes(program.graph, V), vocab: V, evaluation: { context: T, tokens: T } }
  const session = await Session.open(engine, engine.caps, request, 1)
  try {
    const rng = new Rng(1, 'race')
    const draw = () => Int32Array.from({ length: rows * T }, () => rng.int(V))
    const batch = [{ tokens: draw(), targets: draw() }]
    let best = Infinity
    for (let step = 1; step <= 5; step++) {
      const begun = performance.now()
      await session.step(batch, { step, lr: 1, weightDecay: 1, momentum: null })
      await session.drain()
      best = Math.min(best, performance.now() - begun)
    }
    return best
  } finally {
    session.destroy()
  }
}
