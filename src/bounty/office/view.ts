// What a person is shown of a bounty or a submission: pure functions of the machines' states, the messages and the payments.

import type { PaymentRow } from '../../wallet/types'
import { hunterMoney, type HunterState } from '../escrow/hunter'
import { sponsorMoney, type SponsorState, type SponsorSubmission } from '../escrow/lock'
import type { Wish } from '../escrow/machine'
import type { VerifierState, VerifierSubmission } from '../escrow/verdict'
import type { EventId, Message, Money, PublicKey, Role, Score, Verdict } from '../types'
import { publicRecord, type PublicRecord } from './board'
import type { Listing } from './mail'
import { hunterStage, isHeldBack, sponsorStage, sponsorSubmissionStage, verifierStage, verifierSubmissionStage } from './stages'
import type { MachineRow } from './store'
import { aboutCommit, timelineOf, type TimelineEntry } from './timeline'

/** A bounty or a submission as one of its parties sees it. */
export interface PartView {
  /** of the machine: what wishes go to */
  id: string
  role: Role
  bounty: EventId
  title: string
  /** one sentence: where it stands */
  stage: string
  /** one sentence: what happens next, and whose turn it is; null when it is over */
  next: string | null
  isOver: boolean
  /** the only verifier is the sponsor: said wherever the verdict stands */
  isTrustedSponsor: boolean
  money: Money
  isPlayMoney: boolean
  /** latest end of a lock, unix seconds; null where nothing is locked */
  lockedUntil: number | null
  timeline: TimelineEntry[]
  /** sponsor and verifier: every submission; hunter: the own one */
  submissions: SubmissionView[]
  /** what this person may wish now */
  wishes: Wish['do'][]
}

export interface SubmissionView {
  commit: EventId
  author: PublicKey
  place: number | null
  stage: string
  money: Money
  scores: { verifier: PublicKey; first: Score | null; stability: Score | null }[]
  /** without the ciphers of the patch, which are large */
  verdicts: { first: Verdict | null; stability: Verdict | null }
  /** readable once it is one's own, bought, or shown to this verifier */
  trainJs: string | null
  complaint: string | null
}

interface Desk {
  me: PublicKey
  listing: Listing
  messages: readonly Message[]
  /** of this machine */
  payments: readonly PaymentRow[]
  record: PublicRecord
}

const NOTHING: Money = { lockedMsat: 0, paidMsat: 0, refundedMsat: 0, pendingMsat: 0 }

/** @param payments all that the till has; those of a machine have its id before their key */
export function partView(row: MachineRow, me: PublicKey, listing: Listing, messages: readonly Message[], payments: readonly PaymentRow[]): PartView {
  const own = payments.filter(({ key }) => key.startsWith(`${row.id}/`))
  const desk: Desk = { me, listing, messages, payments: own, record: publicRecord(listing, messages) }
  const { state } = row
  const { spec, bounty, role } = state
  const shown = role === 'hunter' ? hunterView(state, desk) : role === 'sponsor' ? sponsorView(state, desk) : verifierView(state, desk)
  const locks = own.filter(({ state: { state: name } }) => name === 'pending' || name === 'unknown' || name === 'locked')
  const ends = locks.flatMap(({ lockedUntil }) => (lockedUntil ? [lockedUntil.at] : []))
  return {
    id: row.id, role, bounty, title: spec.title, isOver: shown.next === null, isTrustedSponsor: spec.verifiers.every((key) => key === listing.author),
    isPlayMoney: spec.money === 'play', lockedUntil: ends.length > 0 ? Math.max(...ends) : null, ...shown,
  } // prettier-ignore
}

type Shown = Pick<PartView, 'stage' | 'next' | 'money' | 'timeline' | 'submissions' | 'wishes'>

function hunterView(state: HunterState, desk: Desk): Shown {
  const { commit, trainJs, stage, reason } = state
  const money = hunterMoney(state)
  const { stage: where, next } = hunterStage(state)
  const place = Math.min(...Object.values(state.places))
  const submission: SubmissionView = {
    ...heard(desk, commit ?? ''), commit: commit ?? '', author: desk.me, place: Number.isFinite(place) ? place : null, stage: where, money, trainJs,
    complaint: (stage === 'over' || stage === 'finished') && reason !== '' ? reason : null,
  } // prettier-ignore
  const mayWithdraw = ['committing', 'committed', 'billing', 'billed'].includes(stage)
  const messages = commit === null ? [] : aboutCommit(desk.messages, commit)
  return { stage: where, next, money, timeline: timelineOf(messages, desk.payments, names(desk)), submissions: [submission], wishes: mayWithdraw ? ['withdraw'] : [] }
}

function sponsorView(state: SponsorState, desk: Desk): Shown {
  const all = state.order.map((commit) => state.submissions[commit])
  const isRevealed = desk.record.revealed.size === state.spec.heldOut.length
  const isClosed = state.closed || state.now > state.spec.deadline
  const wishes: Wish['do'][] = [
    ...(all.some((submission) => mayReview(submission, state)) ? (['review'] as const) : []),
    ...(!isClosed ? (['close'] as const) : !isRevealed ? (['reveal'] as const) : []),
  ]
  const submissions = all.map((one): SubmissionView => {
    const places = Object.values(one.places)
    return {
      ...heard(desk, one.commit), commit: one.commit, author: one.author, place: places.length > 0 ? Math.min(...places) : null,
      stage: sponsorSubmissionStage(one, state).stage, money: sponsorMoney([one]), trainJs: one.patch?.trainJs ?? null, complaint: one.complaint,
    } // prettier-ignore
  })
  return { ...sponsorStage(state, isRevealed), money: sponsorMoney(all), timeline: timelineOf(desk.messages, desk.payments, names(desk)), submissions, wishes }
}

/** Between the first verdict and the re-check, once, where something is held back. */
function mayReview(submission: SponsorSubmission, { spec }: SponsorState): boolean {
  return submission.review === null && isHeldBack(submission, spec) && Object.keys(submission.verdicts.stability).length === 0
}

function verifierView(state: VerifierState, desk: Desk): Shown {
  const all = Object.values(state.submissions).sort((a, b) => a.place - b.place)
  const submissions = all.map((one: VerifierSubmission): SubmissionView => ({
    ...heard(desk, one.commit), commit: one.commit, author: one.author, place: one.place, stage: verifierSubmissionStage(one).stage, money: NOTHING,
    trainJs: one.patch?.trainJs ?? null, complaint: one.stage === 'declined' ? one.reason : null,
  })) // prettier-ignore
  return { ...verifierStage(state), money: feesOf(desk.payments), timeline: timelineOf(desk.messages, desk.payments, names(desk)), submissions, wishes: [] }
}

/** A verifier's only money: its bills for verdicts. */
function feesOf(payments: readonly PaymentRow[]): Money {
  const money = { ...NOTHING }
  for (const { state, amountMsat } of payments) {
    if (state.state === 'settled') money.paidMsat += amountMsat
    else if (state.state === 'open') money.pendingMsat += amountMsat
    else money.refundedMsat += amountMsat
  }
  return money
}

/** What the verifiers have said in public about a submission. */
function heard({ listing, record }: Desk, commit: EventId): Pick<SubmissionView, 'scores' | 'verdicts'> {
  const scores = record.scores.get(commit) ?? { first: {}, stability: {} }
  const { first, stability } = record.verdicts.get(commit) ?? { first: null, stability: null }
  return {
    scores: listing.spec.verifiers.map((verifier) => ({ verifier, first: scores.first[verifier] ?? null, stability: scores.stability[verifier] ?? null })),
    verdicts: { first: withoutCipher(first), stability: withoutCipher(stability) },
  }
}

function withoutCipher(verdict: Verdict | null): Verdict | null {
  return verdict && { ...verdict, released: verdict.released.map(({ slice }) => ({ slice, ivHex: '', cipherHex: '' })) }
}

/** Who somebody is in a sentence: by what they do, and a piece of the key where several do it. */
function names({ me, listing: { author, spec } }: Desk): (key: PublicKey) => string {
  return (key) => {
    if (key === me) return 'You'
    const piece = key.slice(0, 8)
    if (spec.verifiers.includes(key)) return key === author ? 'The sponsor, who judges it, too,' : spec.verifiers.length === 1 ? 'The verifier' : `Verifier ${piece}`
    return key === author ? 'The sponsor' : `Hunter ${piece}`
  }
}
