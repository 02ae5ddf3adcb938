// The best programs of a pair, measured again on seeds that are the same for both and new to both.

import { LabError } from '../../core/errors'
import type { Task } from '../../judge/task'
import type { RunJob } from '../../judge/types'
import { createRunner, Interrupted } from '../runner'
import type { DuelDeps } from './run'

type Side = 'a' | 'b'
type Scores = (number | null)[]

interface Measuring {
  task: Task
  floorBpb: number | null
  sources: Record<Side, string>
  /** as far as they are known */
  scores(): Record<Side, Scores>
  seeds: readonly number[]
  deps: Pick<DuelDeps, 'trainer' | 'box' | 'data'>
  signal: AbortSignal
  /** Durable when it resolves. */
  onScore(side: Side, scores: Scores): Promise<void>
  onProgress(side: Side, progress: number): void
}

/**
 * Trains both programs on every seed in turn; the same program is trained once for both. Ends when it is stopped.
 * @throws LabError gpu.lost when the device went twice; sandbox.*, data.*
 */
export async function measureBests({ task, floorBpb, sources, scores, seeds, deps, signal, onScore, onProgress }: Measuring): Promise<void> {
  const runner = createRunner(deps)
  const stop = () => runner.abort()
  signal.addEventListener('abort', stop)
  try {
    for (const [i, seed] of seeds.entries()) {
      for (const side of ['a', 'b'] as const) {
        if (scores()[side].length > i) continue
        const isTwin = side === 'b' && sources.a === sources.b
        const score = isTwin ? scores().a[i] : await measure(side, seed)
        await onScore(side, [...scores()[side], score])
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof Interrupted)) throw thrown
  } finally {
    signal.removeEventListener('abort', stop)
  }

  async function measure(side: Side, seed: number): Promise<number | null> {
    if (signal.aborted) throw new Interrupted()
    const { adapter, vocab } = await runner.ready()
    const program = await deps.box.describe({ source: sources[side], vocab, tier: adapter.tier })
    const { budget, evaluation, guards } = task
    const job: RunJob = { runId: `duel/${task.seed}/${side}/${seed}`, program, seed, budget, evaluation, guards, floorBpb, scoreHidden: false, returnWeights: false }
    const result = await runner.run(job, (event) => {
      if (event.kind === 'progress') onProgress(side, event.progress)
    })
    if (!result.ok && result.status === 'device_lost') throw LabError.fromJSON(result.error)
    return result.ok ? result.valBpb : null
  }
}
