// Our engine as a contestant: the same session that the judge trains, on a device or on the processor's threads.

import type { Engine } from '../engine/backends/backend'
import { lowering } from '../engine/backends/wasm/call'
import { matmul as wasmMatmul } from '../engine/backends/wasm/matmul'
import { matmul } from '../engine/kernels/matmul'
import type { ModelPlan } from '../engine/planner'
import { Session } from '../engine/session'
import { Upload } from '../engine/upload'
import { inferShapes } from '../graph/shapes'
import { train } from '../judge/train'
import type { Batch, Contestant, ProductShape, Setup } from './benchContestant'

/** A run that takes this many times its budget is given up. */
const MOST_BUDGETS = 4

/** What an executor reads of a plan. */
type Room = Pick<ModelPlan, 'buffers' | 'totalBytes' | 'shares' | 'threadScratchBytes'>

/** @param openEngine called once, when the contestant opens */
export function ourContestant(openEngine: () => Promise<Engine>): Contestant & { session(): Session; engine(): Engine } {
  let engine: Engine
  let session: Session
  let accumulate = 1
  let last = NaN

  const open = async ({ program, vocab, seed }: Setup, context: number, tokens: number) => {
    engine ??= await openEngine()
    accumulate = program.batch.accumulate
    const request = { program, shapes: inferShapes(program.graph, vocab), vocab, evaluation: { context, tokens } }
    session = await Session.open(engine, engine.caps, request, seed)
  }

  return {
    session: () => session,
    engine: () => engine,
    async open(setup) {
      const { rows, context } = setup.program.batch
      await open(setup, context, rows * context)
      const { vendor, architecture, description } = engine.info
      return `${vendor} ${architecture} (${description})`.trim()
    },
    async step(batch, number) {
      const micro = Array.from({ length: accumulate }, () => batch)
      for (const loss of await session.step(micro, { step: number, lr: 1, weightDecay: 1, momentum: null })) last = loss
    },
    async sync() {
      for (const loss of await session.drain()) last = loss
      return last
    },
    async score({ tokens, targets }: Batch) {
      const { B, T } = session.plan.score
      const part = (values: Int32Array, i: number) => values.subarray(i * B * T, (i + 1) * B * T)
      let sum = 0
      await session.score(
        Math.ceil(tokens.length / (B * T)),
        (i, into, wanted) => {
          into.set(part(tokens, i))
          wanted.set(part(targets, i))
        },
        (i, nats) => (sum += nats.subarray(0, part(targets, i).length).reduce((n, each) => n + each, 0)),
      )
      return sum / targets.length
    },
    dispatches: () => session.dispatchesPerStep,
    async recipe(setup, draw, context, seconds) {
      await open(setup, context, setup.program.batch.rows * context)
      const rows = {
        epoch: 0,
        next(out: Int32Array) {
          draw(out)
          return true
        },
      }
      const limits = { maxWallSeconds: MOST_BUDGETS * seconds, maxBytes: Infinity }
      const deadline = performance.now() + 1000 * limits.maxWallSeconds
      const { steps, trainMs } = await train(session, rows, { kind: 'seconds', amount: seconds }, limits, deadline, () => undefined)
      return { steps, seconds: trainMs / 1000 }
    },
    product: (shape) => ourProduct(engine, shape),
  }
}

/** One product in a memory of its own, by the kernels that a plan would be given. */
async function ourProduct({ caps, allocate }: Engine, { orient, M, N, K }: ProductShape) {
  const { kernels, scratch = {} } = caps.backend === 'wasm' ? lowering(wasmMatmul({ orient, M, N, K })) : matmul({ orient, M, N, K }, caps)
  const buffers = Object.entries({ a: 4 * M * K, b: 4 * N * K, c: 4 * M * N, ...scratch }).map(([label, bytes]) => ({ label, bytes }))
  const range = (name: string) => {
    const buffer = buffers.findIndex(({ label }) => label === name)
    return { buffer, offset: 0, bytes: buffers[buffer].bytes }
  }
  const room: Room = {
    buffers,
    totalBytes: buffers.reduce((sum, { bytes }) => sum + bytes, 0),
    shares: { count: 1, rows: M, micros: 1 },
    threadScratchBytes: Math.max(0, ...kernels.map(({ call }) => call?.scratchBytes ?? 0)),
  }
  const executor = await allocate(room as ModelPlan)
  for (const name of ['a', 'b']) executor.write(range(name), new Float32Array(range(name).bytes / 4).fill(0.5))
  const program = await executor.prepare(kernels.map((kernel) => ({ kernel, ranges: kernel.bindings.map(({ name }) => range(name)) })))
  const nothing = [new Upload({ ...range('c'), bytes: 0 }, [])]
  return {
    queue: () => executor.submit(program, nothing),
    done: async () => void (await executor.read({ ...range('c'), bytes: 4 })),
    free: () => executor.destroy(),
  }
}
