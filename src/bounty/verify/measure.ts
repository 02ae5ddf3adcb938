// A verifier measures with the lab's own judge: the patched program, trained on the public text by the bounty's token
// budget on fresh seeds, scored on text that nobody else has seen. The public validation text is scored beside it, as a
// canary: its answers are known to whoever wrote the patch, so a program that has learnt them by heart gives itself away.

import { LabError } from '../../core/errors'
import { splitText } from '../../data/documents'
import { makeSplit } from '../../data/splits'
import { tokenizeSplit } from '../../data/tokenizer'
import type { TokenData, Tokenizer } from '../../data/types'
import type { PredictBytes } from '../../research/loop'
import type { RunEvent, Trainer } from '../../judge/types'
import type { Box } from '../../sandbox/contract'
import type { BountySpec, NamedGate, Score } from '../types'
import { medianOf } from '../escrow/terms'
import type { Measurement } from '../office/effects'

export interface MeasureDeps {
  /** opened, and nobody else's while this runs */
  trainer: Trainer
  box: Box
  predictBytes: PredictBytes
  /** the bounty's public text, split and tokenised; a copy of its own */
  prepare(spec: BountySpec): Promise<{ data: TokenData; tokenizer: Tokenizer }>
  /** uint32 */
  drawSeed(): number
  appVersion: string
  signal: AbortSignal
  onEvent?(event: RunEvent, run: number, runs: number): void
}

export interface Measured {
  score: Score | null
  gates: NamedGate[]
  reason: string
}

/**
 * Trains and scores one program.
 * @param baseline the same measurement of the baseline, which tells how far public and held-out text are apart; null for
 * the baseline itself
 * @throws LabError of this machine (gpu.*, data.*, store.*); what the program does wrong is a result
 */
export async function measurePatch(work: Measurement, baseline: Score | null, deps: MeasureDeps): Promise<Measured> {
  const { spec, trainJs } = work
  const { task } = spec
  const adapter = await deps.trainer.open()
  const { data, tokenizer } = await deps.prepare(spec)
  const heldOut = await makeSplit(splitText(work.text).map((bytes) => ({ bytes })))
  const floorBpb = null // of a text that only the sponsor knows
  let program
  try {
    program = await deps.box.describe({ source: trainJs, vocab: data.vocab, tier: adapter.tier })
    const bytes = deps.predictBytes(program, { vocab: data.vocab, adapter, evaluation: task.evaluation, memoryBytes: task.guards.maxBytes })
    if (bytes > task.guards.maxBytes) return refused(`It would need ${Math.ceil(bytes / 2 ** 20)} MiB; the bounty allows ${Math.ceil(task.guards.maxBytes / 2 ** 20)}.`)
  } catch (thrown) {
    const error = LabError.from(thrown)
    if (!/^(program|sandbox|judge)\./.test(error.code)) throw thrown
    return refused(error.message)
  }
  // the judge's hidden split stands for the public validation text here: both are scored, neither is trained on
  await deps.trainer.setData({ ...data, val: tokenizeSplit(heldOut, tokenizer), hidden: data.val })
  const [scores, publicScores]: number[][] = [[], []]
  let gates: NamedGate[] = []
  let engine = ''
  for (let run = 0; run < spec.seeds; run++) {
    deps.signal.throwIfAborted()
    const job = { runId: `bounty/${work.commit ?? 'baseline'}/${work.phase}/${run}`, program, seed: deps.drawSeed(), budget: task.budget, evaluation: task.evaluation, guards: task.guards, scoreHidden: true, returnWeights: false, floorBpb } // prettier-ignore
    const result = await stoppable(deps.trainer.run(job, (event) => deps.onEvent?.(event, run + 1, spec.seeds)), deps)
    if (!result.ok) {
      if (result.status === 'device_lost') throw LabError.fromJSON(result.error)
      return refused(result.error.message, gates)
    }
    scores.push(result.valBpb)
    publicScores.push(result.hiddenBpb!)
    gates = [...result.gates]
    engine = `${result.measurements.adapter}${adapter.backend === 'webgpu' ? ', WebGPU' : ''}`
  }
  const score: Score = {
    heldOutBpb: medianOf(scores)!,
    publicBpb: medianOf(publicScores),
    scores,
    seeds: spec.seeds,
    heldOutSet: work.set,
    adapter: engine.slice(0, 300),
    appVersion: deps.appVersion,
  }
  const canary = canaryGate(spec, score, baseline)
  gates.push(canary)
  return canary.passed ? { score, gates, reason: '' } : { score: null, gates, reason: canary.detail }
}

/**
 * Gain on public text may exceed the gain on held-out text by the tolerance and a quarter of itself, not more: real gains
 * carry over, answers learnt by heart do not.
 */
export function canaryGate(spec: BountySpec, { heldOutBpb, publicBpb }: Score, baseline: Score | null): NamedGate {
  if (baseline?.publicBpb == null || publicBpb === null) return { gate: 'canary', passed: true, detail: 'The baseline itself: what the canary is compared with.' }
  const publicGain = baseline.publicBpb - publicBpb
  const gain = baseline.heldOutBpb - heldOutBpb
  const excess = publicGain - gain
  const allowed = spec.toleranceBpb + 0.25 * Math.max(0, publicGain)
  const figures = `Gain ${publicGain.toFixed(4)} bits per byte on public text, ${gain.toFixed(4)} on held-out text; `
  return excess <= allowed
    ? { gate: 'canary', passed: true, detail: `${figures}the difference is within ${allowed.toFixed(4)}.` }
    : { gate: 'canary', passed: false, detail: `${figures}it fits the public text only.` }
}

function refused(reason: string, gates: NamedGate[] = []): Measured {
  return { score: null, gates, reason }
}

/** The trainer's promise stays open once it is ended. */
async function stoppable<T>(work: Promise<T>, { signal, trainer }: MeasureDeps): Promise<T> {
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      trainer.terminate()
      reject(signal.reason as Error)
    })
  })
  return Promise.race([work, stopped])
}
