// The verifier's machine: it takes submissions one at a time in the order of their commitments, draws the secrets of its
// own slices, measures what is shown to it, and releases secrets for what was measured. Of money it sees its own fee alone.

import type { BountySpec, EventId, Message, PublicKey } from '../types'
import { finish, park, tell, unpark, want, type Effect, type Input, type Result } from './machine'
import { commitmentOf, hashOfSecret, type Patch } from './seal'
import { medianOf, ownSlices, sliceAmountsMsat } from './terms'
import { baselinesOn, decline, enter, leave, measure, release, ripen, type VerifierState, type VerifierSubmission } from './verdict'

/** Why a patch is not measured at all, or null: size, forbidden text, likeness to an earlier one. */
export type Inspect = (spec: BountySpec, patch: Patch, author: PublicKey, earlier: { author: PublicKey; patch: Patch }[]) => string | null

export function createVerifier(bounty: EventId, spec: BountySpec, sponsor: PublicKey, me: PublicKey): VerifierState {
  return {
    role: 'verifier', bounty, spec, sponsor, me, now: 0, height: null, todo: [], early: [], done: {}, baselines: {}, sets: [], barBpb: null,
    committedSlices: 0, turn: null, submissions: {}, order: [], closed: false,
  } // prettier-ignore
}

/** Changes the state by one input. Messages have been checked for signature, author and form before. */
export function stepVerifier(state: VerifierState, input: Input, inspect: Inspect): void {
  if (input.kind === 'time') tell(state, input)
  else if (input.kind === 'message') {
    hear(state, input.message, inspect)
    for (const message of unpark(state, (commit) => commit in state.submissions)) hear(state, message, inspect)
  }
  else if (input.kind === 'done') {
    const effect = finish(state, input.key)
    if (effect) conclude(state, effect, input.result)
  }
  for (const commit of state.order) ripen(state, state.submissions[commit])
  nextTurn(state)
}

function hear(state: VerifierState, message: Message, inspect: Inspect): void {
  const { author, createdAt, id, body } = message
  const { spec } = state
  const isVerifier = spec.verifiers.includes(author)
  if (body.kind === 'heldOut' && author === state.sponsor && body.bounty === state.bounty) {
    if (!state.sets.includes(body.set)) state.sets.push(body.set)
    // one set may be harder than another: gains compare, scores do not, so the baseline is measured on each
    want(state, { key: `baseline/${body.set}`, do: 'measure', commit: null, phase: 'first', set: body.set, trainJs: spec.baseline.trainJs })
  } else if (body.kind === 'baseline' && isVerifier && body.bounty === state.bounty) {
    baselinesOn(state, body.score.heldOutSet)[author] ??= body.score.heldOutBpb
  } else if (body.kind === 'close' && author === state.sponsor && body.bounty === state.bounty) {
    state.closed = true
  } else if (body.kind === 'commit' && body.bounty === state.bounty) {
    admit(state, id, author, body.commitment, createdAt)
  } else if ('commit' in body) {
    const submission = state.submissions[body.commit]
    if (!submission) return park(state, message)
    if (body.kind === 'patch' && author === submission.author) show(state, submission, body, inspect)
    if (body.kind === 'decline' && author === state.sponsor && isUnseen(submission)) leave(state, submission, body.reason)
    if (body.kind === 'withdraw' && author === submission.author && isUnseen(submission)) leave(state, submission, `Withdrawn: ${body.reason}`)
    if (body.kind === 'score' && isVerifier && author !== state.me) submission.scores[body.phase][author] ??= body.score
    if (body.kind === 'review' && author === state.sponsor && submission.stage === 'waiting')
      submission.objection = body.accept ? null : body.reason
  }
}

function admit(state: VerifierState, commit: EventId, author: PublicKey, commitment: string, createdAt: number): void {
  if (state.submissions[commit]) return
  const { spec } = state
  const all = Object.values(state.submissions)
  const submission: VerifierSubmission = {
    commit, author, commitment, place: all.length + 1, stage: 'queued', since: state.now, left: 0, slices: [], patch: null,
    scores: { first: {}, stability: {} }, verdicts: {}, release: { now: 0, later: 0 }, objection: null, reason: '',
  } // prettier-ignore
  state.submissions[commit] = submission
  const mine = all.filter((other) => other.author === author).length
  if (state.closed || Math.max(state.now, createdAt) > spec.deadline) return decline(state, submission, 'The bounty is closed.')
  if (mine >= spec.rules.maxSubmissionsPerKey) return decline(state, submission, `More than ${spec.rules.maxSubmissionsPerKey} submissions of one key.`)
  if (all.some((other) => other.commitment === commitment)) return decline(state, submission, 'Another submission has this very commitment.')
  state.order.push(commit)
  want(state, { key: `countersign/${commit}`, do: 'send', to: null, body: { kind: 'countersign', commit, receivedAt: state.now, place: submission.place } })
}

function show(state: VerifierState, submission: VerifierSubmission, patch: Patch, inspect: Inspect): void {
  if (submission.stage !== 'hashed') return
  if (commitmentOf(submission.author, patch) !== submission.commitment) return // somebody else's text: not what was committed to
  const earlier = Object.values(state.submissions).flatMap((other) => (other.patch && other.place < submission.place ? [{ author: other.author, patch: other.patch }] : []))
  submission.patch = { nonce: patch.nonce, trainJs: patch.trainJs }
  const refusal = inspect(state.spec, submission.patch, submission.author, earlier)
  if (refusal !== null) return decline(state, submission, refusal)
  enter(state, submission, 'measuring')
  measure(state, submission, 'first')
}

/** What has been shown is judged, whatever its author says after it. */
const isUnseen = ({ stage }: VerifierSubmission) => stage === 'queued' || stage === 'drawing' || stage === 'hashed'

function conclude(state: VerifierState, effect: Effect, result: Result): void {
  if (effect.do === 'measure' && effect.commit === null) {
    const score = result.do === 'measure' ? result.score : null
    if (!score) return // no baseline, no turns: the sponsor sees that nothing was attested
    baselinesOn(state, effect.set)[state.me] = score.heldOutBpb
    want(state, { key: `attest/${effect.set}`, do: 'send', to: null, body: { kind: 'baseline', bounty: state.bounty, score } })
    return
  }
  const commit = effect.do === 'measure' ? effect.commit : effect.key.split('/').at(-1)
  const submission = state.submissions[commit ?? '']
  if (!submission) return
  if (effect.do === 'draw' && result.do === 'draw' && submission.stage === 'drawing') offer(state, submission, result.secrets)
  if (effect.do === 'measure') {
    const score = result.do === 'measure' ? result.score : null
    const gates = result.do === 'measure' ? result.gates : []
    const reason = result.do === 'measure' || result.do === 'fail' ? result.reason : ''
    const { phase } = effect
    submission.scores[phase][state.me] = score
    submission.reason = reason
    enter(state, submission, phase === 'first' ? 'scored' : 'rescored')
    want(state, { key: `score/${phase}/${submission.commit}`, do: 'send', to: null, body: { kind: 'score', commit: submission.commit, phase, score, gates, reason } })
  }
  if (effect.do === 'makeInvoice' && result.do === 'makeInvoice') {
    const { bolt11 } = result.invoice
    const phase = effect.key.startsWith('fee/first') ? 'first' : 'stability'
    want(state, { key: `sendFee/${phase}/${submission.commit}`, do: 'send', to: state.sponsor, body: { kind: 'fee', commit: submission.commit, phase, bolt11, amountMsat: effect.amountMsat } }) // prettier-ignore
  }
  // the sealed patch is public before the first secret leaves: who pays can read
  if (effect.do === 'send' && effect.body.kind === 'verdict') release(state, submission, effect.body.phase)
}

/** Publishes the hashes of fresh secrets. */
function offer(state: VerifierState, submission: VerifierSubmission, secrets: readonly string[]): void {
  const { commit } = submission
  const own = ownOf(state, submission)
  const amounts = sliceAmountsMsat(state.spec)
  submission.slices = own.map((slice, i) => ({ slice, preimage: secrets[i], paymentHash: hashOfSecret(secrets[i]) }))
  const slices = submission.slices.map(({ slice, paymentHash }) => ({ slice, paymentHash, amountMsat: amounts[slice] }))
  enter(state, submission, 'hashed')
  want(state, { key: `hashes/${commit}`, do: 'send', to: null, body: { kind: 'hashes', commit, slices } })
}

function nextTurn(state: VerifierState): void {
  const known = Object.values(baselinesOn(state, 0))
  // the bar stands before anybody works against it
  if (state.barBpb === null && 2 * known.length > state.spec.verifiers.length) state.barBpb = medianOf(known)
  if (state.barBpb === null || state.turn !== null) return
  const submission = state.order.map((commit) => state.submissions[commit]).find(({ stage }) => stage === 'queued')
  if (!submission) return
  const left = sliceAmountsMsat(state.spec).length - state.committedSlices
  if (left <= 0) return decline(state, submission, 'The pool is spent.')
  submission.left = left
  state.turn = submission.commit
  enter(state, submission, 'drawing')
  want(state, { key: `draw/${submission.commit}`, do: 'draw', count: ownOf(state, submission).length })
}

/** Slices that this verifier draws secrets for; nothing is locked, so nothing is drawn, without escrow. */
function ownOf({ spec, me }: VerifierState, { left }: VerifierSubmission): number[] {
  return spec.escrow === 'unescrowed' ? [] : ownSlices(left, spec.verifiers.indexOf(me), spec.verifiers.length)
}
