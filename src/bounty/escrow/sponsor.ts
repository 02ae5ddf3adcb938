// The sponsor's machine: lock what was agreed and nothing else, for one submission at a time, and read the patch with
// whatever secret a payment bought.

import type { OutgoingState } from '../../wallet/types'
import type { BountySpec, EventId, Message, Phase, PublicKey } from '../types'
import { lock, NOT_LOCKED, notLocked, refuse, type Decode, type SponsorSlice, type SponsorState, type SponsorSubmission } from './lock'
import { finish, park, tell, unpark, want, type Effect, type Input, type Result } from './machine'
import { commitmentOf, hashOfSecret, openPatch } from './seal'
import { feeMsat } from './terms'

export function createSponsor(bounty: EventId, spec: BountySpec, me: PublicKey): SponsorState {
  const state: SponsorState = {
    role: 'sponsor', bounty, spec, sponsor: me, me, now: 0, height: null, todo: [], early: [], done: {}, baselines: {}, submissions: {},
    order: [], closed: false,
  } // prettier-ignore
  for (const set of spec.heldOut.keys())
    for (const to of spec.verifiers) want(state, { key: `heldOut/${set}/${to}`, do: 'send', to, body: { kind: 'heldOut', bounty, set, textBase64: '', salt: '' } })
  return state
}

/** Changes the state by one input. Messages have been checked for signature, author and form before. */
export function stepSponsor(state: SponsorState, input: Input, decode: Decode): void {
  if (input.kind === 'time') tell(state, input)
  else if (input.kind === 'message') {
    hear(state, input.message, decode)
    for (const message of unpark(state, (commit) => commit in state.submissions)) hear(state, message, decode)
  }
  else if (input.kind === 'outgoing') note(state, input.paymentHash, input.state)
  else if (input.kind === 'done') {
    const effect = finish(state, input.key)
    if (effect) conclude(state, effect, input.result)
  } else if (input.kind === 'person') wish(state, input.wish)
  for (const submission of Object.values(state.submissions)) {
    const { stage, slices, commit, author } = submission
    const back = slices.filter((slice) => slice.state?.state === 'failed' || slice.state?.state === 'refused')
    if (stage !== 'paying' || back.length === 0) continue
    // it may never have reached the hunter, who would wait for it; who has shown the patch does not listen
    want(state, { key: `decline/${commit}/${author}`, do: 'send', to: author, body: { kind: 'decline', commit, reason: NOT_LOCKED } })
    if (back.length < slices.length) continue
    submission.stage = 'declined'
    submission.complaint ??= notLocked(back)
  }
  for (const commit of state.order) {
    const submission = state.submissions[commit]
    lock(state, submission, decode)
    read(submission)
    for (const bill of submission.bills) payFee(state, submission, bill, decode)
  }
}

function hear(state: SponsorState, message: Message, decode: Decode): void {
  const { author, id, body } = message
  const isVerifier = state.spec.verifiers.includes(author)
  if (body.kind === 'baseline' && isVerifier && body.bounty === state.bounty) {
    if (body.score.heldOutSet === 0) state.baselines[author] ??= body.score
  } else if (body.kind === 'commit' && body.bounty === state.bounty && !state.submissions[id]) {
    state.submissions[id] = {
      commit: id, author, commitment: body.commitment, places: {}, reported: [], hashedAt: null, slices: [], invoices: null, stage: 'committed',
      scores: { first: {}, stability: {} }, verdicts: { first: {}, stability: {} }, patch: null, bills: [], fees: {}, review: null, complaint: null,
    } // prettier-ignore
    state.order.push(id)
  } else if ('commit' in body) {
    const submission = state.submissions[body.commit]
    if (!submission) return park(state, message)
    if (isVerifier) hearVerifier(submission, author, body)
    // kept until the verdict that it is for has arrived: relays keep no order
    if (isVerifier && body.kind === 'fee' && submission.bills.length < 2 * state.spec.verifiers.length) submission.bills.push({ verifier: author, ...body })
    if (author === submission.author) hearHunter(state, submission, body, decode)
  }
}

function hearVerifier(submission: SponsorSubmission, verifier: PublicKey, body: Message['body']): void {
  if (body.kind === 'countersign') submission.places[verifier] ??= body.place
  else if (body.kind === 'score') submission.scores[body.phase][verifier] ??= body.score
  else if (body.kind === 'decline' && submission.stage === 'committed') submission.stage = 'declined'
  else if (body.kind === 'verdict') {
    submission.verdicts[body.phase][verifier] ??= body.verdict
    if (submission.stage === 'paying') submission.stage = 'judged'
  } else if (body.kind === 'hashes' && !submission.reported.includes(verifier)) {
    submission.reported.push(verifier)
    for (const { slice, paymentHash, amountMsat } of body.slices)
      submission.slices.push({ slice, verifier, paymentHash, amountMsat, bolt11: null, state: null, preimage: null })
  }
}

function hearHunter(state: SponsorState, submission: SponsorSubmission, body: Message['body'], decode: Decode): void {
  const { commit, author, commitment } = submission
  if (body.kind === 'invoices') submission.invoices ??= body.invoices
  // payments on their way are ended by the hunter's wallet, or by a verdict on what was shown all the same
  else if (body.kind === 'withdraw' && submission.stage === 'committed') {
    submission.stage = 'declined'
    submission.complaint = `Withdrawn: ${body.reason}`
  }
  else if (body.kind === 'delivery' && commitmentOf(author, body) === commitment) submission.patch ??= { nonce: body.nonce, trainJs: body.trainJs }
  else if (body.kind === 'bill' && state.spec.escrow === 'unescrowed') {
    const lead = state.spec.verifiers[0]
    const invoice = decode(body.bolt11)
    for (const phase of ['first', 'stability'] as const) {
      const due = submission.verdicts[phase][lead]?.amountMsat
      if (!invoice || due !== invoice.amountMsat || submission.slices.some(({ slice }) => slice === PHASE_SLICE[phase])) continue
      const { paymentHash, amountMsat } = invoice
      submission.slices.push({ slice: PHASE_SLICE[phase], verifier: lead, paymentHash, amountMsat, bolt11: body.bolt11, state: null, preimage: null })
      const why = `A verified improvement (${phase === 'first' ? 'first payment' : 'after the re-check'}), without escrow`
      want(state, { key: `pay/${commit}/${paymentHash}`, do: 'pay', bolt11: body.bolt11, paymentHash, amountMsat, maxCltv: state.spec.lock.maxCltv, toWhom: author, why })
      return
    }
  }
}

/** The fee of a verifier, for what its own published verdict says was earned, once a phase. */
function payFee(state: SponsorState, { commit, fees, verdicts }: SponsorSubmission, { verifier, phase, bolt11 }: SponsorSubmission['bills'][number], decode: Decode): void {
  const key = `${verifier}/${phase}`
  const invoice = decode(bolt11)
  const due = feeMsat(state.spec, verdicts[phase][verifier]?.amountMsat ?? 0)
  if (!invoice || due === 0 || invoice.amountMsat !== due || fees[key]) return
  const { paymentHash, amountMsat } = invoice
  fees[key] = { paymentHash, amountMsat, paid: false }
  want(state, { key: `fee/${commit}/${key}`, do: 'pay', bolt11, paymentHash, amountMsat, maxCltv: state.spec.lock.maxCltv, toWhom: verifier, why: 'The verifier’s fee for a verdict' })
}

/** Without escrow there are no slices: the two payments take their places. */
const PHASE_SLICE: Record<Phase, number> = { first: 0, stability: 1 }

function conclude(state: SponsorState, effect: Effect, result: Result): void {
  if (effect.do !== 'pay') return
  const outcome: OutgoingState | { state: 'refused' } = result.do === 'pay' ? result.state : { state: 'refused' }
  for (const submission of Object.values(state.submissions)) {
    const slice = submission.slices.find(({ paymentHash }) => paymentHash === effect.paymentHash)
    if (!slice) continue
    if (outcome.state !== 'refused') settle(slice, outcome)
    else slice.state ??= outcome
    // a slice that cannot be locked means that the patch will not be shown: the hunter lets the others go
    if (submission.stage !== 'paying' || (slice.state?.state !== 'refused' && slice.state?.state !== 'failed')) continue
    refuse(state, submission, NOT_LOCKED)
    submission.complaint = notLocked([slice], result.do === 'fail' ? result.reason : undefined)
  }
}

function note(state: SponsorState, paymentHash: string, outgoing: OutgoingState): void {
  for (const { slices, fees } of Object.values(state.submissions)) {
    for (const fee of Object.values(fees)) if (fee.paymentHash === paymentHash && outgoing.state === 'paid') fee.paid = true
    for (const slice of slices) if (slice.paymentHash === paymentHash && slice.state?.state !== 'refused') settle(slice, outgoing)
  }
}

/** News of a payment may come twice and out of order: what is over stays over. */
function settle(slice: SponsorSlice, outgoing: OutgoingState): void {
  const known = slice.state
  if (known?.state === 'paid') return
  // a wallet that cannot name the secret has not paid, whatever it says; one that can has, whatever was said before
  if (outgoing.state === 'paid' && hashOfSecret(outgoing.preimage) !== slice.paymentHash) return
  // and where only the person has said that it came back, any word of the wallet counts for more
  if (known?.state === 'failed' && known.saidBy !== 'person' && outgoing.state !== 'paid') return
  if (outgoing.state === 'unknown' && (known?.state === 'pending' || known?.state === 'failed')) return
  slice.state = outgoing
  if (outgoing.state === 'paid') slice.preimage = outgoing.preimage
}

/** Opens the patch with the secret of a slice that was paid. */
function read(submission: SponsorSubmission): void {
  if (submission.patch) return
  for (const { slice, verifier, preimage } of submission.slices) {
    if (preimage === null) continue
    for (const phase of ['first', 'stability'] as const) {
      const sealed = submission.verdicts[phase][verifier]?.released.find((one) => one.slice === slice)
      if (!sealed) continue
      submission.patch = openPatch(sealed, preimage, submission.author, submission.commitment)
      submission.complaint = submission.patch ? null : `Slice ${slice + 1} was paid, and its secret opens no patch that was committed to.`
      if (submission.patch) return
    }
  }
}

function wish(state: SponsorState, asked: Extract<Input, { kind: 'person' }>['wish']): void {
  if (asked.do === 'close') {
    state.closed = true
    want(state, { key: 'close', do: 'send', to: null, body: { kind: 'close', bounty: state.bounty, reason: asked.reason } })
  } else if (asked.do === 'review') {
    const { commit, accept, reason } = asked
    const submission = state.submissions[commit]
    if (!submission || submission.review) return
    submission.review = { accept, reason }
    want(state, { key: `review/${commit}`, do: 'send', to: null, body: { kind: 'review', commit, accept, reason } })
  } else if (asked.do === 'reveal' && (state.closed || state.now > state.spec.deadline)) {
    for (const set of state.spec.heldOut.keys())
      want(state, { key: `reveal/${set}`, do: 'send', to: null, body: { kind: 'reveal', bounty: state.bounty, set, textBase64: '', salt: '' } })
  }
}
