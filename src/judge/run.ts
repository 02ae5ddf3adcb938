// One run, from a program's description to a judged score. A program's failure is a result, not an exception.

import { LabError } from '../core/errors'
import { Rng } from '../core/rng'
import { createRowSource } from '../data/rows'
import type { TokenData } from '../data/types'
import type { Engine } from '../engine/backends/backend'
import { Session } from '../engine/session'
import type { TuningStore } from '../engine/tune/table'
import { inferShapes } from '../graph/shapes'
import { boundsOf } from './bounds'
import { thinCurve } from './curve'
import { checkKernels } from './customKernels/check'
import { evaluationRows, scoreSplit } from './evaluate'
import { evidenceOf, NOTHING_CHOSEN } from './evidence'
import { checkArrangement, checkCausality, checkScores, guardsKept } from './gates'
import { newRecord, train, WARMUP_STEPS, type TrainingOutcome } from './train'
import { chooseKernels } from './tuning'
import type { CurvePoint, FailureStatus, GateResult, RunEvent, RunJob, RunMeasurements, RunResult } from './types'

/** training time after which the speed is known well enough to end a run for it */
const SPEED_KNOWN_MS = 2000

/**
 * Checks custom kernels, chooses kernels, compiles, trains for the budget, scores, checks.
 * Never rejects: whatever goes wrong is the result's status and error.
 * @param store what earlier runs measured of this adapter's kernels; null to go by the built-in rules
 */
export async function runJob(
  job: RunJob,
  opened: Engine,
  data: TokenData,
  onEvent: (event: RunEvent) => void,
  store: TuningStore | null = null,
): Promise<RunResult> {
  const { runId, program, seed, evaluation, guards } = job
  const begun = performance.now()
  const faultsBefore = opened.faults.length
  const deadline = begun + guards.maxWallSeconds * 1000
  const phase = (name: Extract<RunEvent, { kind: 'phase' }>['phase']) => onEvent({ kind: 'phase', runId, phase: name })
  let session: Session | null = null
  let measurements: RunMeasurements | null = null
  const record = newRecord()
  let chosen = NOTHING_CHOSEN
  const evidence = () => evidenceOf(job, opened, data, chosen, record)
  try {
    const shapes = inferShapes(program.graph, data.vocab)
    const request = { program, shapes, vocab: data.vocab, evaluation, memoryBytes: guards.maxBytes }
    const kernelGates = await checkKernels(opened, program.graph, shapes, () => phase('checking'))
    let tuning = false
    const { caps, hash } = await chooseKernels(opened, request, store, (done, total) => {
      if (total === 0) return
      if (!tuning) phase('tuning')
      tuning = true
      onEvent({ kind: 'tuning', runId, done, total, hash: null })
    })
    chosen = { tuning: hash, half: caps.half === true }
    if (hash !== null) onEvent({ kind: 'tuning', runId, done: 1, total: 1, hash })
    phase('compiling')
    session = await Session.open(opened, caps, request, seed)
    const compileMs = performance.now() - begun
    const { totalBytes, arena } = session.plan
    phase('warming')
    const rows = createRowSource(data.train, program.batch.context, data.bos, { kind: 'train', seed })
    let trainingSaid = false
    const outcome = await train(session, rows, job.budget, guards, deadline, (p) => {
      if (!trainingSaid && p.stepMs > 0) {
        trainingSaid = true
        phase('training')
      }
      const tokensPerStep = p.tokens / Math.max(1, p.steps)
      const points: CurvePoint[] = p.losses.map((loss, i) => {
        const step = p.from + i + 1
        return { step, tokens: step * tokensPerStep, trainMs: (p.trainMs * step) / Math.max(1, p.steps), loss }
      })
      const tokensPerSecond = p.stepMs > 0 ? (1000 * tokensPerStep) / p.stepMs : 0
      if (p.trainMs > SPEED_KNOWN_MS) checkSpeed(tokensPerSecond, guards.minTokensPerSecond)
      onEvent({ kind: 'progress', runId, progress: Math.min(1, p.progress), points, stepMs: p.stepMs, tokensPerSecond, bytesAllocated: totalBytes })
    }, { record, follow: job.follow })
    const facts = {
      compileMs,
      bytesAllocated: totalBytes,
      paramCount: arena.paramCount,
      dispatchesPerStep: session.dispatchesPerStep,
      backend: caps.backend,
      adapter: engineName(opened),
      ...(hash !== null && { tuning: hash }),
    }
    measurements = measure(outcome, facts)
    checkSpeed(measurements.tokensPerSecond, guards.minTokensPerSecond)
    phase('evaluating')
    const evalBegun = performance.now()
    const valRows = evaluationRows(data.val, data.bos, evaluation)
    const val = await scoreSplit(session, valRows, data)
    const hidden = job.scoreHidden ? await scoreSplit(session, evaluationRows(data.hidden, data.bos, evaluation), data) : null
    measurements.evalMs = performance.now() - evalBegun
    phase('checking')
    const looked = new Rng(seed, 'gates')
    const gates = [
      ...kernelGates,
      ...checkScores(val.bpb, hidden?.bpb ?? null, boundsOf(data, evaluation, job.floorBpb ?? null)),
      ...(await checkCausality(session, valRows, looked)),
      await checkArrangement(session, valRows, val.rowNats, data.tokenBytes, looked),
      guardsKept(guards, measurements, performance.now() - begun),
    ]
    if (opened.faults.length > faultsBefore) throw deviceFault(opened.faults[faultsBefore])
    const failed = gates.find((gate) => !gate.passed)
    if (failed) throw gateFailed(failed)
    const weights = job.returnWeights ? await session.weights() : null
    const parts = hidden?.parts && val.parts ? { val: val.parts, hidden: hidden.parts } : null
    return { ok: true, runId, seed, valBpb: val.bpb, hiddenBpb: hidden?.bpb ?? null, parts, gates, measurements, evidence: await evidence(), weights }
  } catch (thrown) {
    const error = LabError.from(thrown)
    const lost = await isLost(opened)
    const status = lost !== null ? 'device_lost' : statusOf(error)
    const failure = lost !== null ? lostError(lost, error) : error
    return { ok: false, runId, seed, status, error: failure.toJSON(), measurements, evidence: await evidence() }
  } finally {
    session?.destroy()
  }
}

function measure(
  { steps, tokens, trainMs, losses }: TrainingOutcome,
  facts: Pick<RunMeasurements, 'compileMs' | 'bytesAllocated' | 'paramCount' | 'dispatchesPerStep' | 'backend' | 'adapter' | 'tuning'>,
): RunMeasurements {
  const counted = Math.max(1, steps - WARMUP_STEPS)
  const stepMs = trainMs / counted
  const tokensPerSecond = (1000 * (tokens / steps)) / stepMs
  return { steps, tokens, trainMs, evalMs: 0, stepMs, tokensPerSecond, curve: thinCurve(losses), ...facts }
}

function engineName({ info }: Engine): string {
  return info.description || [info.vendor, info.architecture].filter(Boolean).join(' ')
}

function deviceFault(message: string): LabError {
  return new LabError('gpu.shader', `WebGPU reported an error during the run: ${message.slice(0, 300)}`, {
    hint: 'The score does not count. Please report it with the name of the adapter.',
  })
}

function gateFailed({ gate, detail }: GateResult): LabError {
  const looks = ['causality', 'rows', 'arrangement'].includes(gate)
  return new LabError(looks ? 'judge.causality' : 'judge.evaluation', `The ${gate} gate failed: ${detail}`, {
    hint: looks
      ? 'The score does not count. A model may only look at earlier tokens of its own row.'
      : 'The score does not count. If other programs fail in the same way, the fault is not theirs: look at the data.',
    data: { gate },
  })
}

/** @throws LabError "judge.slow" below the least speed, where the task asks for one */
function checkSpeed(tokensPerSecond: number, least = 0): void {
  if (tokensPerSecond >= least) return
  const [found, asked] = [tokensPerSecond, least].map((n) => Math.round(n).toLocaleString('en'))
  throw new LabError('judge.slow', `It trained ${found} tokens a second; the task asks for ${asked}.`, {
    hint: 'Make the model smaller, or lower the speed in task.json.',
    data: { tokensPerSecond, least },
  })
}

function statusOf(error: LabError): FailureStatus {
  if (['judge.timeout', 'judge.slow', 'gpu.hung'].includes(error.code)) return 'timeout'
  if (error.code === 'program.memory' || error.code === 'program.graph') return 'rejected'
  if (error.code.startsWith('judge.')) return 'checks_failed'
  return 'crash'
}

/** Says that the device went, and why. */
export function lostError(reason: string, cause: LabError): LabError {
  return new LabError('gpu.lost', `The engine was lost: ${reason || 'no reason given'}`, {
    hint: 'The lab reopens it and tries the experiment once more. If it happens again, make the model smaller.',
    cause,
  })
}

/** Why the engine was lost, or null when it was not. */
export function isLost({ lost }: Engine): Promise<string | null> {
  return Promise.race([lost, new Promise<null>((resolve) => setTimeout(resolve, 0, null))])
}
