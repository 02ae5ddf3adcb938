// How a verifier judges: when enough of them have measured, the median decides what is released now, what waits for the
// re-check, and what is free again.

import type { EventId, Phase, PublicKey, Score, Verdict } from '../types'
import { drop, QUORUM_SECONDS, TURN_SECONDS, want, type MachineState } from './machine'
import { sealPatch, type Patch } from './seal'
import { attestedBpb, feeMsat, medianOf, onFirstSet, ratioOf, releaseOf, sliceAmountsMsat } from './terms'

export interface VerifierSubmission {
  commit: EventId
  author: PublicKey
  commitment: string
  place: number
  stage: 'queued' | 'drawing' | 'hashed' | 'measuring' | 'scored' | 'waiting' | 'remeasuring' | 'rescored' | 'finished' | 'declined'
  /** when the stage began */
  since: number
  /** slices of the pool that were free when its turn came */
  left: number
  slices: { slice: number; preimage: string; paymentHash: string }[]
  patch: Patch | null
  scores: Record<Phase, Record<PublicKey, Score | null>>
  verdicts: Partial<Record<Phase, Verdict>>
  /** slices released at once, and those that the re-check may add */
  release: { now: number; later: number }
  objection: string | null
  reason: string
}

export interface VerifierState extends MachineState {
  role: 'verifier'
  /** attested score of the baseline, by held-out set and verifier */
  baselines: Record<number, Record<PublicKey, number>>
  /** held-out sets that are here, in the order of their arrival */
  sets: number[]
  /** the baseline's score when the first turn came: what has to be beaten while nothing better is attested */
  barBpb: number | null
  /** slices released, or reserved for a re-check */
  committedSlices: number
  turn: EventId | null
  submissions: Record<EventId, VerifierSubmission>
  /** by place */
  order: EventId[]
  closed: boolean
}

/** What time and the other verifiers bring about. */
export function ripen(state: VerifierState, submission: VerifierSubmission): void {
  const { stage, since } = submission
  const waited = state.now - since
  if (stage === 'hashed' && waited > TURN_SECONDS) decline(state, submission, 'Nothing was shown within an hour of the payment hashes.')
  if (stage === 'scored') decide(state, submission, 'first', waited)
  if (stage === 'waiting' && waited >= state.spec.stabilityDelaySeconds) {
    if (submission.objection === null) {
      enter(state, submission, 'remeasuring')
      measure(state, submission, 'stability')
    } else end(state, submission, null, `The sponsor objected: ${submission.objection}`)
  }
  if (stage === 'rescored') decide(state, submission, 'stability', waited)
}

function decide(state: VerifierState, submission: VerifierSubmission, phase: Phase, waited: number): void {
  const { verifiers } = state.spec
  const scores = verifiers.flatMap((key) => (key in submission.scores[phase] ? [submission.scores[phase][key]] : []))
  if (scores.length < verifiers.length && waited < QUORUM_SECONDS) return
  const measured = scores.flatMap((score) => (score ? [onFirstSet(score, (set) => Object.values(baselinesOn(state, set)))] : []))
  const isQuorum = 2 * measured.length > verifiers.length
  const median = isQuorum ? medianOf(measured) : null
  if (phase === 'first') judge(state, submission, median)
  else end(state, submission, median, median === null ? 'Too few verifiers could measure it again.' : '')
}

function judge(state: VerifierState, submission: VerifierSubmission, median: number | null): void {
  const { spec } = state
  const best = bestOf(state)
  const improvement = median === null ? 0 : best - median
  const ratio = ratioOf(spec, improvement)
  // within the tolerance nobody can tell it from the best before it
  const counts = improvement > spec.toleranceBpb
  submission.release = counts ? releaseOf(spec, ratio, submission.left) : { now: 0, later: 0 }
  state.committedSlices += submission.release.now + submission.release.later
  const reason =
    median === null ? submission.reason || 'Too few verifiers could measure it.'
    : counts ? `${improvement.toFixed(4)} bits per byte better than the best before it.`
    : `No more than the tolerance of ${spec.toleranceBpb} better than the best before it.` // prettier-ignore
  publish(state, submission, 'first', { median, improvement, best, ratio: counts ? ratio : 0, from: 0, count: submission.release.now, reason })
  enter(state, submission, submission.release.later > 0 ? 'waiting' : 'finished')
  if (state.turn === submission.commit) state.turn = null
}

/** Best attested so far; what a re-check took back no longer stands in anybody's way. */
function bestOf({ barBpb, submissions }: VerifierState): number {
  return Math.min(barBpb!, ...Object.values(submissions).map(({ verdicts: { first, stability } }) => attestedBpb(first, stability) ?? Infinity))
}

/** After the re-check: as much of the holdback as the later score still earns; the rest of it is free again. */
function end(state: VerifierState, submission: VerifierSubmission, median: number | null, why: string): void {
  const { release, verdicts, left } = submission
  const { bestBeforeBpb: best, ratio: before } = verdicts.first!
  const improvement = median === null ? 0 : best - median
  const ratio = Math.min(before, ratioOf(state.spec, improvement))
  const count = median === null ? 0 : Math.min(release.later, releaseOf(state.spec, ratio, left).later)
  state.committedSlices -= release.later - count
  const reason = why || `${improvement.toFixed(4)} bits per byte at the re-check.`
  publish(state, submission, 'stability', { median, improvement, best, ratio, from: release.now, count, reason })
  enter(state, submission, 'finished')
}

interface Finding {
  median: number | null
  improvement: number
  best: number
  ratio: number
  from: number
  count: number
  reason: string
}

function publish(state: VerifierState, submission: VerifierSubmission, phase: Phase, found: Finding): void {
  const { commit, slices, patch } = submission
  const mine = slices.filter(({ slice }) => slice >= found.from && slice < found.from + found.count)
  const verdict: Verdict = {
    heldOutBpb: found.median,
    improvementBpb: found.improvement,
    bestBeforeBpb: found.best,
    ratio: found.ratio,
    amountMsat: sliceAmountsMsat(state.spec).slice(found.from, found.from + found.count).reduce((sum, amount) => sum + amount, 0),
    released: mine.map(({ slice, preimage }) => ({ slice, ...sealPatch(patch!, preimage) })),
    accepted: found.ratio > 0,
    reason: found.reason,
  }
  submission.verdicts[phase] = verdict
  want(state, { key: `verdict/${phase}/${commit}`, do: 'send', to: null, body: { kind: 'verdict', commit, phase, verdict } })
}

/** The secrets of what a published verdict released, and the bill for having judged. */
export function release(state: VerifierState, { commit, author, slices, verdicts }: VerifierSubmission, phase: Phase): void {
  const verdict = verdicts[phase]!
  const released = new Set(verdict.released.map(({ slice }) => slice))
  const secrets = slices.filter(({ slice }) => released.has(slice)).map(({ slice, preimage }) => ({ slice, preimage }))
  if (secrets.length > 0) want(state, { key: `secrets/${phase}/${commit}`, do: 'send', to: author, body: { kind: 'secrets', commit, phase, secrets } })
  const amountMsat = state.me === state.sponsor ? 0 : feeMsat(state.spec, verdict.amountMsat)
  if (amountMsat > 0) want(state, { key: `fee/${phase}/${commit}`, do: 'makeInvoice', amountMsat, memo: 'Assay bounty, verifier’s fee', expirySeconds: 7 * 24 * 3600 })
}

/** Sets rotate: where there is another one, the re-check asks it and not the one that a first score may have been fitted to. */
export function measure(state: VerifierState, { commit, patch }: VerifierSubmission, phase: Phase): void {
  const last = state.spec.heldOut.length - 1
  const isReady = state.sets.includes(last) && 2 * Object.keys(baselinesOn(state, last)).length > state.spec.verifiers.length
  want(state, { key: `measure/${phase}/${commit}`, do: 'measure', commit, phase, set: phase === 'stability' && isReady ? last : 0, trainJs: patch!.trainJs })
}

export function baselinesOn({ baselines }: VerifierState, set: number): Record<PublicKey, number> {
  return (baselines[set] ??= {})
}

/** The turn is the next one's. */
export function leave(state: VerifierState, submission: VerifierSubmission, reason: string): void {
  submission.reason = reason
  enter(state, submission, 'declined')
  if (state.turn === submission.commit) state.turn = null
  drop(state, `measure/first/${submission.commit}`)
}

export function decline(state: VerifierState, submission: VerifierSubmission, reason: string): void {
  const { commit, author } = submission
  leave(state, submission, reason)
  want(state, { key: `decline/${commit}`, do: 'send', to: author, body: { kind: 'decline', commit, reason } })
}

export function enter(state: VerifierState, submission: VerifierSubmission, stage: VerifierSubmission['stage']): void {
  submission.stage = stage
  submission.since = state.now
}
