// One run, from a program's description to a judged score. A program's failure is a result, not an exception.

import { LabError } from '../core/errors'
import { createRowSource } from '../data/rows'
import type { TokenData } from '../data/types'
import type { Engine } from '../engine/backends/backend'
import { Session } from '../engine/session'
import type { TuningStore } from '../engine/tune/table'
import { inferShapes } from '../graph/shapes'
import { thinCurve } from './curve'
import { bitsPerByte, evaluationRows } from './evaluate'
import { evidenceOf } from './evidence'
import { checkCausality, checkScores } from './gates'
import { newRecord, train, WARMUP_STEPS, type TrainingOutcome } from './train'
import { chooseKernels } from './tuning'
import type { CurvePoint, FailureStatus, GateResult, RunEvent, RunJob, RunMeasurements, RunResult } from './types'

/**
 * Chooses kernels, compiles, trains for the budget, scores, checks.
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
  let kernels: string | null = null
  const evidence = () => evidenceOf(job, opened, data, kernels, record)
  try {
    const shapes = inferShapes(program.graph, data.vocab)
    const request = { program, shapes, vocab: data.vocab, evaluation, memoryBytes: guards.maxBytes }
    let tuning = false
    const { caps, hash } = await chooseKernels(opened, request, store, (done, total) => {
      if (total === 0) return
      if (!tuning) phase('tuning')
      tuning = true
      onEvent({ kind: 'tuning', runId, done, total, hash: null })
    })
    kernels = hash
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
    phase('evaluating')
    const evalBegun = performance.now()
    const valRows = evaluationRows(data.val, data.bos, evaluation)
    const valBpb = await bitsPerByte(session, valRows, data)
    const hiddenBpb = job.scoreHidden ? await bitsPerByte(session, evaluationRows(data.hidden, data.bos, evaluation), data) : null
    measurements.evalMs = performance.now() - evalBegun
    phase('checking')
    const scores = hiddenBpb === null ? [valBpb] : [valBpb, hiddenBpb]
    const gates = [...checkScores(scores, Math.log2(data.vocab)), ...(await checkCausality(session, valRows))]
    if (opened.faults.length > faultsBefore) throw deviceFault(opened.faults[faultsBefore])
    const failed = gates.find((gate) => !gate.passed)
    if (failed) throw gateFailed(failed)
    const weights = job.returnWeights ? await session.weights() : null
    return { ok: true, runId, seed, valBpb, hiddenBpb, gates, measurements, evidence: await evidence(), weights }
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

function gateFailed(gate: GateResult): LabError {
  const code = gate.gate === 'causality' || gate.gate === 'rows' ? 'judge.causality' : 'judge.evaluation'
  return new LabError(code, `The ${gate.gate} gate failed: ${gate.detail}`, {
    hint: 'The score does not count. A model may only look at earlier tokens of its own row.',
    data: { gate: gate.gate },
  })
}

function statusOf(error: LabError): FailureStatus {
  if (error.code === 'judge.timeout') return 'timeout'
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
