// What the money side calls things, in words that somebody who has never heard of Lightning can follow.

import type { BountySpec, Role } from '../../bounty/types'
import type { PaymentRow } from '../../wallet/types'
import type { ListingView, PartView, Persona } from '../../worker/bountyProtocol'
import { duration, inTwo, plural, when } from './format'

export const PERSONA_NAMES: Record<Persona, string> = { me: 'You', sponsor: 'Sponsor', hunter: 'Hunter', verifier: 'Verifier' }

/** What each of them does, after their name. */
export const ROLE_ABOUT: Record<Role, string> = {
  sponsor: 'offers money for a better program, and holds back a text that nobody has seen',
  hunter: 'finds the better program, and is paid for what it gains',
  verifier: 'measures on the unseen text, and lets the money go or come back',
}

export const ESCROWS: Record<BountySpec['escrow'], { label: string; short: string; about: string }> = {
  sliced: {
    label: 'Locked, paid by the slice',
    short: 'Locked in slices',
    about: 'The money is locked before anybody sees the work. It is cut into slices, and as many are paid as the score has earned; the others come back.',
  },
  lump: {
    label: 'Locked, all or nothing',
    short: 'Locked, all or nothing',
    about: 'Two payments are locked before anybody sees the work: one for now, one held back. Both are paid if the whole target is reached, else neither.',
  },
  unescrowed: {
    label: 'Not locked: on trust',
    short: 'Not locked, on trust',
    about: 'Nothing is locked. The score comes first, then one bill for what it earned. The sponsor can walk away, and the holdback is a promise.',
  },
}

/** Who judges, and what that is worth. */
export function verifiersText({ verifiers }: Pick<BountySpec, 'verifiers'>, sponsor: string): { label: string; isTrusted: boolean } {
  if (verifiers.length === 1 && verifiers[0] === sponsor) return { label: 'Trusted sponsor: judges its own bounty', isTrusted: true }
  const own = verifiers.includes(sponsor) ? ', the sponsor among them' : ''
  return { label: `${plural(verifiers.length, 'verifier')}${own}`, isTrusted: false }
}

/** in 3 d 4 h, or “over”; unix seconds. */
export function leftText(until: number, now: number): string {
  const left = until - now
  if (left <= 0) return 'over'
  if (left >= 48 * 3600) return inTwo(Math.floor(left / 86_400), 'd', Math.floor((left % 86_400) / 3600), 'h', 1)
  return duration(left)
}

export function dateText(unixSeconds: number): string {
  return when(unixSeconds * 1000)
}

/** Blocks as time: ten minutes each, on average. */
export function blocksText(blocks: number): string {
  return `${blocks} blocks, about ${leftText(blocks * 600, 0)}`
}

export function isOpen({ isOpen: listed, spec }: Pick<ListingView, 'isOpen' | 'spec'>, now: number): boolean {
  return listed && spec.deadline > now
}

const STATES: Record<PaymentRow['state']['state'], string> = {
  asked: 'waits for your word',
  refused: 'not sent',
  pending: 'locked or on its way',
  unknown: 'no answer yet: counts as locked',
  paid: 'paid',
  failed: 'came back, or never left',
  open: 'not paid yet',
  expired: 'not paid, expired',
  cancelled: 'given back',
  locked: 'locked',
  settled: 'received',
}

const REFUSED_BY = { person: 'not sent: you said no', cap: 'not sent: above a cap', check: 'not sent: not what was agreed' }

/** What became of a payment. */
export function paymentText({ state }: PaymentRow): string {
  return state.state === 'refused' ? REFUSED_BY[state.by] : STATES[state.state]
}

/** How sure a row is: over, or still in the air. */
export function isInTheAir({ state: { state } }: PaymentRow): boolean {
  return state === 'pending' || state === 'unknown' || state === 'locked'
}

/** A part by its role and its number, as its heading says it. */
export function partTitle({ role, id }: PartView): string {
  if (role === 'sponsor') return 'Your bounty'
  if (role === 'verifier') return 'Your verification'
  const number = Number(id.split('/').at(-1))
  return Number.isInteger(number) && number > 0 && number < 1e4 ? `Your submission ${number}` : 'Your submission'
}
