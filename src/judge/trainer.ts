// The trainer: holds the engine and the data, runs jobs, samples text. It lives in a worker of its own, so that
// ending the worker ends whatever it was doing.

import { LabError } from '../core/errors'
import { Rng } from '../core/rng'
import type { TokenData } from '../data/types'
import type { Engine } from '../engine/backends/backend'
import type { Capabilities } from '../engine/kernel'
import { profileSession, type StepProfile } from '../engine/profile'
import { Session } from '../engine/session'
import type { TuningStore } from '../engine/tune/table'
import type { ProgramSpec } from '../graph/program'
import { inferShapes } from '../graph/shapes'
import { chooseEngine, type EngineHost } from './chooseEngine'
import { tierOf } from './evidence'
import { isLost, lostError, runJob } from './run'
import { chooseKernels, measuredSoFar } from './tuning'
import type { AdapterInfo, BackendChoice, Trainer } from './types'

/** Context a model is sampled at, when its own is longer: sampling runs a whole forward pass a token. */
const SAMPLE_CONTEXT = 128

/**
 * @param store keeps what was measured of this adapter's kernels; it may fail
 * @param wanted what is opened until `open` is given another choice
 */
export function createTrainer(host: EngineHost, store: TuningStore, wanted: BackendChoice = 'auto'): Trainer {
  let opening: Promise<Engine> | null = null
  /** scores are compared within a lab: what was opened once is what is opened again */
  let settled: BackendChoice = wanted
  let data: TokenData | null = null

  function close(): void {
    opening?.then((engine) => engine.destroy()).catch(() => undefined) // what failed to open needs no closing
    opening = null
  }

  async function open(): Promise<Engine> {
    const fresh = chooseEngine(settled, host)
    const forget = () => {
      if (opening === fresh) opening = null
    }
    opening = fresh
    try {
      const engine = await fresh
      if (opening === fresh) settled = engine.caps.backend
      // a lost engine is not used again: the next call opens another
      void engine.lost.then(forget)
      return engine
    } catch (thrown) {
      forget()
      throw thrown
    }
  }

  const current = () => opening ?? open()

  return {
    async open(choice) {
      if (choice !== undefined && choice !== wanted) {
        wanted = settled = choice
        close()
      }
      const engine = await current()
      return adapterInfo(engine, await measuredSoFar(engine, store))
    },
    async setData(given) {
      data = given
    },
    async run(job, onEvent) {
      if (!data) throw new LabError('lab.state', 'The trainer has no data yet')
      return runJob(job, await current(), data, onEvent, store)
    },
    async sample(program, weights, prompt, count, temperature, seed) {
      const opened = await current()
      return orLost(opened, sampleTokens(opened, program, weights, prompt, count, temperature, seed))
    },
    async profile(program) {
      const opened = await current()
      return orLost(opened, profileProgram(opened, program, store))
    },
    terminate() {
      close()
    },
  }
}

/** The same, but what fails because the device went says so. @throws LabError "gpu.lost" */
async function orLost<T>(opened: Engine, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    const reason = await isLost(opened)
    throw reason === null ? thrown : lostError(reason, LabError.from(thrown))
  }
}

async function profileProgram(opened: Engine, program: ProgramSpec, store: TuningStore): Promise<StepProfile> {
  const vocab = outputSize(program)
  const { rows, context } = program.batch
  const request = { program, shapes: inferShapes(program.graph, vocab), vocab, evaluation: { context, tokens: rows * context } }
  const { caps } = await chooseKernels(opened, request, store, () => undefined)
  const session = await Session.open(opened, caps, request, 1)
  try {
    return await profileSession(session, caps.peaks ?? null)
  } finally {
    session.destroy()
  }
}

function adapterInfo({ info }: Engine, caps: Capabilities): AdapterInfo {
  return {
    backend: caps.backend,
    vendor: info.vendor,
    architecture: info.architecture,
    description: info.description,
    tier: tierOf({ caps, info }),
    subgroups: caps.subgroups,
    f16: caps.f16,
    ...(caps.backend === 'wasm' && { threads: caps.threads, replicas: caps.replicas }),
    caps,
  }
}

/**
 * Continues a prompt: softmax(logits / temperature), one token at a time, the last tokens as context.
 * Temperature 0 takes the likeliest token.
 */
async function sampleTokens(
  opened: Engine,
  program: ProgramSpec,
  weights: Float32Array,
  prompt: readonly number[],
  count: number,
  temperature: number,
  seed: number,
): Promise<number[]> {
  const vocab = outputSize(program)
  const T = Math.min(SAMPLE_CONTEXT, program.batch.context)
  const small = { ...program, batch: { rows: 1, context: T, accumulate: 1 } }
  const shapes = inferShapes(program.graph, vocab)
  const session = await Session.open(opened, opened.caps, { program: small, shapes, vocab, evaluation: { context: T, tokens: T } }, seed)
  try {
    session.setWeights(weights)
    const rng = new Rng(seed, 'sample')
    const text = [...prompt]
    const tokens = new Int32Array(2 * T)
    for (let n = 0; n < count; n++) {
      const window = text.slice(-T)
      tokens.fill(0)
      tokens.set(window)
      const logits = await session.logits(tokens)
      const at = (window.length - 1) * vocab
      text.push(draw(logits.subarray(at, at + vocab), temperature, rng))
    }
    return text.slice(prompt.length)
  } finally {
    session.destroy()
  }
}

/** The vocabulary a program was described for: the rows of its token embedding. */
function outputSize(program: ProgramSpec): number {
  const node = program.graph.nodes.find((n) => n.op === 'embedding')
  const table = node && program.graph.nodes[node.inputs[0]].attrs.name
  const spec = program.graph.params.find((p) => p.name === table)
  if (!spec) throw new LabError('program.graph', 'The model has no token embedding, so it can be neither sampled nor profiled')
  return spec.shape[0]
}

function draw(logits: Float32Array, temperature: number, rng: Rng): number {
  let best = 0
  for (let v = 1; v < logits.length; v++) if (logits[v] > logits[best]) best = v
  if (temperature <= 0) return best
  const weights = Float64Array.from(logits, (l) => Math.exp((l - logits[best]) / temperature))
  let left = rng.uniform() * weights.reduce((a, b) => a + b, 0)
  for (let v = 0; v < weights.length; v++) if ((left -= weights[v]) <= 0) return v
  return best
}
