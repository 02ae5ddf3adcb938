// Trains, scores and samples once through, and keeps all that came of it.

import type { Rng } from '../../core/rng'
import type { ProgramSpec } from '../../graph/program'
import { inferShapes } from '../../graph/shapes'
import type { Engine } from '../backends/backend'
import type { ModelPlan } from '../planner'
import { Session, type MicroBatch } from '../session'

/** Bit for bit the same from plans that compute the same; weights and gradients as the arena lies. */
export interface Outcome {
  plan: ModelPlan
  initial: Float32Array
  losses: Float32Array
  gradients: Float32Array
  weights: Float32Array
  nats: Float32Array
  logits: Float32Array
}

/**
 * Trains a step on each of the batches, then scores the first of them, and reads the logits of its first two rows, by
 * the trained weights.
 * @param memoryBytes what the plan may take
 */
export async function outcomeOf(
  engine: Pick<Engine, 'allocate' | 'caps'>,
  program: ProgramSpec,
  vocab: number,
  batches: readonly (readonly MicroBatch[])[],
  memoryBytes?: number,
): Promise<Outcome> {
  const { rows, context } = program.batch
  const request = { program, shapes: inferShapes(program.graph, vocab), vocab, evaluation: { context, tokens: rows * context }, memoryBytes }
  const session = await Session.open(engine, engine.caps, request, 7)
  try {
    const initial = await session.weights()
    const losses: number[] = []
    for (const [i, batch] of batches.entries()) losses.push(...(await session.step(batch, { step: i + 1, lr: 1, weightDecay: 1, momentum: null })))
    losses.push(...(await session.drain()))
    const nats = new Float32Array(rows * context)
    const { tokens, targets } = batches[0][0]
    const fill = (_: number, into: Int32Array, wanted: Int32Array) => {
      into.set(tokens)
      wanted.set(targets)
    }
    await session.score(1, fill, (_, values) => nats.set(values))
    const logits = await session.logits(tokens.slice(0, 2 * context))
    const [gradients, weights] = [await session.gradients(), await session.weights()]
    return { plan: session.plan, initial, losses: Float32Array.from(losses), gradients, weights, nats, logits }
  } finally {
    session.destroy()
  }
}

/** Made-up tokens and targets. */
export function drawBatch(rng: Rng, size: number, vocab: number): MicroBatch {
  const ids = () => Int32Array.from({ length: size }, () => rng.int(vocab))
  return { tokens: ids(), targets: ids() }
}
