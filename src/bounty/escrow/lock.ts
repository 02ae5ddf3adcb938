// What a sponsor locks: the slices of one submission at a time, each on the verifier's hash, for the amount agreed.

import type { Invoice, OutgoingState } from '../../wallet/types'
import type { EventId, Money, Phase, PublicKey, Score, Verdict } from '../types'
import { INVOICE_SECONDS, want, type MachineState } from './machine'
import type { Patch } from './seal'
import { sliceAmountsMsat } from './terms'

export interface SponsorSlice {
  slice: number
  verifier: PublicKey
  paymentHash: string
  amountMsat: number
  bolt11: string | null
  /** null: not asked for yet */
  state: OutgoingState | { state: 'refused' } | null
  preimage: string | null
}

export interface SponsorSubmission {
  commit: EventId
  author: PublicKey
  commitment: string
  places: Record<PublicKey, number>
  reported: PublicKey[]
  /** when the last verifier had published its hashes; null before */
  hashedAt: number | null
  slices: SponsorSlice[]
  invoices: { slice: number; bolt11: string }[] | null
  stage: 'committed' | 'paying' | 'judged' | 'declined'
  scores: Record<Phase, Record<PublicKey, Score | null>>
  verdicts: Record<Phase, Record<PublicKey, Verdict>>
  patch: Patch | null
  /** verifiers' bills for their verdicts, as they came */
  bills: { verifier: PublicKey; phase: Phase; bolt11: string }[]
  /** those that were in order, by `<verifier>/<phase>` */
  fees: Record<string, { paymentHash: string; amountMsat: number; paid: boolean }>
  review: { accept: boolean; reason: string } | null
  /** what does not add up: told to the person, and evidence */
  complaint: string | null
}

export interface SponsorState extends MachineState {
  role: 'sponsor'
  baselines: Record<PublicKey, Score>
  submissions: Record<EventId, SponsorSubmission>
  order: EventId[]
  closed: boolean
}

/** Reads an invoice; null where it is none. */
export type Decode = (bolt11: string) => Invoice | null

/** What the hunter is told; wallet and caps of the sponsor are no business of others. */
export const NOT_LOCKED = 'A slice came back, or was never locked.'

/** The same for the sponsor: which slices, and why. */
export function notLocked(slices: readonly SponsorSlice[], reason?: string): string {
  const [{ state }] = slices
  const why = reason ?? (state?.state === 'failed' ? state.reason : '')
  return `Slice${slices.length === 1 ? '' : 's'} ${slices.map(({ slice }) => slice + 1).join(', ')} came back, or never left. ${why}`.trim()
}

/** Money of one submission, or of the whole bounty, as the sponsor sees it. */
export function sponsorMoney(submissions: readonly SponsorSubmission[]): Money {
  const money: Money = { lockedMsat: 0, paidMsat: 0, refundedMsat: 0, pendingMsat: 0 }
  for (const { state, amountMsat } of submissions.flatMap(({ slices }) => slices)) {
    if (state === null) continue
    if (state.state === 'paid') money.paidMsat += amountMsat
    else if (state.state === 'pending') money.lockedMsat += amountMsat
    else if (state.state === 'unknown') money.pendingMsat += amountMsat
    else money.refundedMsat += amountMsat
  }
  return money
}

/** Locks the slices of a submission, when it is its turn and every invoice is what was agreed. */
export function lock(state: SponsorState, submission: SponsorSubmission, decode: Decode): void {
  const { spec } = state
  const { invoices, stage, reported, commit, author } = submission
  if (stage !== 'committed' || reported.length < spec.verifiers.length) return
  submission.hashedAt ??= state.now
  if (!invoices) {
    // whoever commits and never bills would hold the queue: strangers' keys cost nothing
    if (spec.escrow !== 'unescrowed' && state.now - submission.hashedAt > INVOICE_SECONDS) refuse(state, submission, 'No invoices within ten minutes of the payment hashes.')
    return
  }
  if (state.closed || state.now > spec.deadline) return refuse(state, submission, 'The bounty is closed.')
  // one at a time: what the one before earns is not known yet
  if (Object.values(state.submissions).some((other) => other.stage === 'paying')) return
  submission.slices.sort((a, b) => a.slice - b.slice)
  const problem = mismatch(state, submission, decode)
  if (problem) return refuse(state, submission, problem)
  submission.stage = 'paying'
  for (const slice of submission.slices) {
    slice.bolt11 = invoices.find((one) => one.slice === slice.slice)!.bolt11
    const { bolt11, paymentHash, amountMsat } = slice
    const why = `Slice ${slice.slice + 1} of ${submission.slices.length}: locked until a verifier releases or refuses it`
    want(state, { key: `pay/${commit}/${paymentHash}`, do: 'pay', bolt11, paymentHash, amountMsat, maxCltv: spec.lock.maxCltv, toWhom: author, why })
  }
}

/** What is not as agreed, or null. */
function mismatch(state: SponsorState, { slices, invoices }: SponsorSubmission, decode: Decode): string | null {
  const { spec, now } = state
  const amounts = sliceAmountsMsat(spec)
  const agreed = slices.every(({ slice, amountMsat }, i) => slice === i && amountMsat === amounts[i])
  if (!agreed || slices.length === 0) return 'The verifiers do not agree on the slices of this bounty.'
  if (new Set(slices.map(({ paymentHash }) => paymentHash)).size < slices.length) return 'Two slices have one payment hash.'
  const { lockedMsat, paidMsat, pendingMsat } = sponsorMoney(Object.values(state.submissions))
  const asked = slices.reduce((sum, { amountMsat }) => sum + amountMsat, 0)
  if (lockedMsat + paidMsat + pendingMsat + asked > spec.poolSat * 1000) return 'The pool does not have so much left.'
  for (const { slice, paymentHash, amountMsat } of slices) {
    const billed = invoices!.filter((one) => one.slice === slice)
    const invoice = billed.length === 1 ? decode(billed[0].bolt11) : null
    if (!invoice) return `Slice ${slice + 1} has no readable invoice.`
    if (invoice.paymentHash !== paymentHash) return `The invoice of slice ${slice + 1} is on another payment hash than the verifier's.`
    if (invoice.amountMsat !== amountMsat) return `The invoice of slice ${slice + 1} is for ${invoice.amountMsat / 1000} sat, not ${amountMsat / 1000}.`
    if (invoice.minFinalCltv > spec.lock.maxCltv) return `The invoice of slice ${slice + 1} would lock the money for ${invoice.minFinalCltv} blocks.`
    if (invoice.expiresAt <= now) return `The invoice of slice ${slice + 1} has expired.`
  }
  return null
}

export function refuse(state: SponsorState, submission: SponsorSubmission, reason: string): void {
  submission.stage = 'declined'
  submission.complaint = reason
  const { commit, author } = submission
  // the verifiers' turn goes on to the next one
  for (const to of new Set([author, ...state.spec.verifiers])) want(state, { key: `decline/${commit}/${to}`, do: 'send', to, body: { kind: 'decline', commit, reason } })
}
