// What a replayed run says about the one that a receipt states.

import { isAlike, mustAgree } from '../judge/evidence'
import type { AdapterFacts, RunResult } from '../judge/types'
import { bitsOf, type ReceiptRun } from './receiptForm'

/**
 * bit-identical: every score and every loss came out the same to the last bit.
 * within tolerance: they did not, but no score is further off than rounding explains.
 * refuted: a score is further off, or differs at all where the arithmetic is the same.
 * cannot replay: nothing can be said, and `reason` says why.
 */
export type Verdict = 'bit-identical' | 'within tolerance' | 'refuted' | 'cannot replay'

/** How one run of the receipt came out. */
export interface RunComparison {
  seed: number
  verdict: Verdict
  /** plain sentence */
  detail: string
  /** what the receipt states and what came out, in bits per byte; null where there is no score */
  statedBpb: number | null
  replayedBpb: number | null
  /** the largest difference of a score, replayed − stated; null where there is no pair */
  deltaBpb: number | null
}

export interface ReplayReport {
  verdict: Verdict
  /** plain sentence */
  reason: string
  runs: RunComparison[]
  /** of the replays; null when none came so far */
  adapter: AdapterFacts | null
  /** only the version of the app stands in the way: with otherApp it would have been run */
  isOtherApp: boolean
}

/**
 * How far a score may be off on another adapter, as a share of it. Rounding alone does much, for training blows it up:
 * what Muon and AdamW normalise in the first steps is partly rounding. Measured over 60 to 1,000 steps of 512 tokens,
 * as the largest share of the score: two replicas against one thread 2.1 % with the default program, 1.3 % with AdamW
 * and 6.7 % with Lion at high rates, 13 % with Muon at ten times its rate (12 runs each); WebGPU (SwiftShader) against
 * one thread 3.9 % (16 runs of the four). Only arithmetic that is alike can be held to more.
 */
export const TOLERANCE = 0.2

/** Failures that follow from the program, the text and the seed; all others depend on the machine. */
const OF_THE_PROGRAM = /^numeric\.|^judge\.(causality|evaluation)$/

/** Compares a replayed run with the stated one, which must have evidence. @param curve as stored with it, or null */
export function compareRun(stated: ReceiptRun, result: RunResult, curve: Float32Array | null): RunComparison {
  const { score, evidence } = stated
  if (evidence === null || result.evidence === null) return incomparable(stated, result.ok ? 'no evidence' : result.error.message)
  const isSameApp = evidence.app === result.evidence.app
  const owed = isSameApp && mustAgree(evidence.adapter, result.evidence.adapter)
  const identical = evidence.losses === result.evidence.losses
  // another version of the app may do otherwise: what it finds is then no proof
  const refuted = (detail: string, scores?: Partial<RunComparison>): RunComparison =>
    isSameApp ? { ...said(stated, 'refuted', detail), ...scores } : { ...incomparable(stated, `${detail} But another version of the app was used here`), ...scores }

  if (score === null) return compareFailure()
  if (!result.ok) {
    const { code, message } = result.error
    return OF_THE_PROGRAM.test(code) ? refuted(`It states a score, but the run fails: ${message}.`) : incomparable(stated, message)
  }
  if (evidence.steps !== result.evidence.steps || evidence.tokens !== result.evidence.tokens) {
    return refuted(`It states ${evidence.steps} steps of ${evidence.tokens} tokens in all; the budget gives ${result.evidence.steps} of ${result.evidence.tokens}.`)
  }
  const deltas = [result.valBpb - score.valBpb.decimal]
  if (score.hiddenBpb !== null && result.hiddenBpb !== null) deltas.push(result.hiddenBpb - score.hiddenBpb.decimal)
  const deltaBpb = deltas.reduce((most, delta) => (Math.abs(delta) > Math.abs(most) ? delta : most))
  const scores = { replayedBpb: result.valBpb, deltaBpb }
  if (!samePasses(stated.gates, result.gates)) return refuted('The gates that it states are not those that the run passed.', scores)
  const sameScores = bitsOf(result.valBpb) === score.valBpb.bits && deltas.every((delta) => delta === 0)
  if (sameScores && identical) return { ...said(stated, 'bit-identical', 'Every score and every loss is the same to the last bit.'), ...scores }

  const where = divergence(curve, result.measurements.curve)
  const off = `${sameScores ? 'The scores are the same, but the losses are not' : `The score is off by ${Math.abs(deltaBpb).toPrecision(2)} bits per byte`}${where}`
  if (owed) return refuted(`${off}. The arithmetic here is the same, so every bit should be.`, scores)
  const toleranceBpb = TOLERANCE * score.valBpb.decimal
  const tolerance = `${toleranceBpb.toPrecision(2)} (${100 * TOLERANCE} % of the score)`
  if (!(Math.abs(deltaBpb) <= toleranceBpb)) {
    if (evidence.adapter.half !== result.evidence.adapter.half) return { ...incomparable(stated, `${off}; only one of the two was trained with 16-bit activations`), ...scores }
    return refuted(`${off}: more than the ${tolerance} that rounding explains.`, scores)
  }
  const alike = isAlike(evidence.adapter, result.evidence.adapter)
    ? 'The adapter is the same by name, yet its bits are not: a driver or browser update does that, and so would an altered digit.'
    : 'It was trained on another adapter, which rounds otherwise.'
  return { ...said(stated, 'within tolerance', `${off}, within ${tolerance}. ${alike}`), ...scores }

  function compareFailure(): RunComparison {
    const code = stated.failure?.code ?? ''
    if (!OF_THE_PROGRAM.test(code)) return incomparable(stated, `${code || 'the failure'} depends on the machine`)
    if (!result.ok && result.error.code === code) {
      if (identical) return said(stated, 'bit-identical', `It fails in the same way, after the same losses: ${result.error.message}.`)
      return said(stated, 'within tolerance', `It fails in the same way, after other losses: ${result.error.message}.`)
    }
    const instead = result.ok ? 'gives a score' : `fails otherwise: ${result.error.message}`
    return owed ? refuted(`It states ${code}, but the run ${instead}.`) : incomparable(stated, `here the run ${instead}, and rounding may decide that`)
  }
}

/** A run that says nothing either way. @param why completes a sentence */
export function incomparable(stated: ReceiptRun, why: string): RunComparison {
  return said(stated, 'cannot replay', `${why.charAt(0).toUpperCase()}${why.slice(1).replace(/\.$/, '')}.`)
}

/** The verdict on the whole receipt: that of its worst run; failures that depend on the machine count for nothing. */
export function summarise(runs: RunComparison[], adapter: AdapterFacts | null): ReplayReport {
  const report = (verdict: Verdict, reason: string): ReplayReport => ({ verdict, reason, runs, adapter, isOtherApp: false })
  const find = (verdict: Verdict) => runs.find((run) => run.verdict === verdict && (verdict !== 'cannot replay' || run.statedBpb !== null))
  for (const verdict of ['refuted', 'cannot replay', 'within tolerance', 'bit-identical'] as const) {
    const found = find(verdict)
    if (!found) continue
    const isAll = runs.every((run) => run.detail === found.detail)
    return report(verdict, runs.length === 1 ? found.detail : isAll ? `All ${runs.length} runs: ${found.detail}` : `Seed ${found.seed}: ${found.detail}`)
  }
  return report('cannot replay', runs[0]?.detail ?? 'The receipt has no runs.')
}

/** The report of a receipt of which nothing was run. @param reason plain sentence */
export function notReplayed(reason: string, isOtherApp = false): ReplayReport {
  return { verdict: 'cannot replay', reason, runs: [], adapter: null, isOtherApp }
}

function said(stated: ReceiptRun, verdict: Verdict, detail: string): RunComparison {
  return { seed: stated.seed, verdict, detail, statedBpb: stated.score?.valBpb.decimal ?? null, replayedBpb: null, deltaBpb: null }
}

/** Of the gates that both went through: some belong to the lab, or to the speed of a machine. */
function samePasses(stated: ReceiptRun['gates'], replayed: readonly { gate: string; passed: boolean }[]): boolean {
  return stated.every(({ gate, passed }) => (replayed.find((other) => other.gate === gate)?.passed ?? passed) === passed)
}

/** By which step two loss curves of [step, loss] pairs had parted; empty where that is not known. */
function divergence(stored: Float32Array | null, replayed: Float32Array): string {
  if (!stored || stored.length !== replayed.length) return ''
  for (let i = 1; i < stored.length; i += 2) if (stored[i] !== replayed[i]) return `, and the losses part at step ${replayed[i - 1]}`
  return ''
}
