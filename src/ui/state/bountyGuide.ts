// “A bounty in five minutes”: who does what next, what to look at, and what it shows. Each step knows when it is done.

import type { PartView, Persona } from '../../worker/bountyProtocol'
import type { DeskState } from './bountyDesk'
import type { Place } from './bountyPlace'

export interface GuideFacts {
  desk: DeskState
  /** a lab of this browser has a measured baseline */
  hasLab: boolean
}

export interface GuideStep {
  title: string
  /** who does it, and where */
  persona: Exclude<Persona, 'me'>
  page: Place['page']
  /** what to do */
  act: string
  /** what to look at, and what it means */
  look: string
  done(facts: GuideFacts): boolean
  /** what the dock offers to press besides */
  offer?: 'practice' | 'lab' | 'mine'
}

export const GUIDE: readonly GuideStep[] = [
  {
    title: 'Three people, one tab',
    persona: 'sponsor', page: 'board', offer: 'practice',
    act: 'Make the private network. Three Lightning nodes start in this browser, on a chain of their own.',
    look: 'Every amount now says “play sat”, in its own colour. Each begins with the same amount, for nothing.',
    done: ({ desk }) => desk.practice && desk.people.sponsor.wallet?.info != null,
  },
  {
    title: 'Something to improve',
    persona: 'sponsor', page: 'post', offer: 'lab',
    act: 'A bounty is about a lab. Make one whose program learns ten times too slowly, and let it be measured.',
    look: 'Its score in bits per byte is the baseline: what everybody has to beat.',
    done: ({ hasLab }) => hasLab,
  },
  {
    title: 'The sponsor promises',
    persona: 'sponsor', page: 'post',
    act: 'Draw fresh stories as the held-out text, read “What you promise”, and post the bounty.',
    look: 'The held-out text is published nowhere, but its hash is: the sponsor cannot exchange it later. No money has moved.',
    done: ({ desk }) => lastOf(desk, 'sponsor') !== null,
  },
  {
    title: 'The verifier measures first',
    persona: 'verifier', page: 'bounty',
    act: 'Press “Verify this bounty”.',
    look: 'The baseline is scored on the unseen text before anybody works: so a sponsor cannot post a text on which nobody could win.',
    done: ({ desk }) => lastOf(desk, 'verifier') !== null && desk.people.verifier.board?.find(({ id }) => id === lastOf(desk, 'verifier')!.bounty)?.bestBpb != null,
  },
  {
    title: 'The hunter hands in a hash',
    persona: 'hunter', page: 'bounty',
    act: 'Hand in a program: in practice “The usual program” is at hand, and it is better.',
    look: 'Only a hash leaves. Whoever is first with it has priority, and nobody can copy what nobody can see.',
    done: ({ desk }) => lastOf(desk, 'hunter') !== null,
  },
  {
    title: 'The money is locked',
    persona: 'sponsor', page: 'bounty',
    act: 'The sponsor is asked to pay. Read the question, and say yes.',
    look: 'These are hold invoices: the money has left the sponsor and has not reached the hunter. It moves on only with a secret that the verifier has, and returns by itself at a fixed block. It is cut into slices, since nobody knows the score yet.',
    done: ({ desk }) => moved(lastOf(desk, 'sponsor')),
  },
  {
    title: 'The verifier releases',
    persona: 'verifier', page: 'bounty',
    act: 'Wait until the program has been trained on a fresh seed and scored. Open the queue.',
    look: 'Half of the target would have earned half of the slices. The verifier tells the secrets of those, and only of those.',
    done: ({ desk }) => lastOf(desk, 'sponsor')?.submissions.some(({ verdicts }) => verdicts.first !== null) === true,
  },
  {
    title: 'One secret does two things',
    persona: 'hunter', page: 'bounty',
    act: 'Look at what the hunter has been paid.',
    look: 'To take the money, the hunter’s wallet has to show the secret to the sponsor’s, and the same secret opens the program. Paid and delivered are one act: neither can keep both.',
    done: ({ desk }) => (lastOf(desk, 'hunter')?.money.paidMsat ?? 0) > 0,
  },
  {
    title: 'The sponsor reviews',
    persona: 'sponsor', page: 'bounty',
    act: 'Look at the changes you bought, and accept them, or say nothing.',
    look: 'A fifth is still locked: the holdback. After the delay the verifier trains the program again, on another seed; luck does not come twice.',
    done: ({ desk }) => lastOf(desk, 'sponsor')?.submissions.some(({ verdicts }) => verdicts.stability !== null) === true,
  },
  {
    title: 'Time gives it back',
    persona: 'sponsor', page: 'mine', offer: 'mine',
    act: 'For a refund, post another bounty whose rest is measured “a day later”, hand in a program, and mine blocks until its locks end.',
    look: 'Nobody has to do anything: past its block, locked money is the sponsor’s again. That is why nobody can hold it hostage.',
    done: ({ desk }) => desk.people.sponsor.parts?.some(({ bounty, money }) => money.refundedMsat > 0 && money.lockedMsat === 0 && delayOf(desk, bounty) >= 3600) === true,
  },
  {
    title: 'Add it up',
    persona: 'hunter', page: 'wallet',
    act: 'Compare the three ledgers.',
    look: 'What one has paid, another has received: to the thousandth of a play sat, and nothing is left over.',
    done: ({ desk }) => desk.people.hunter.payments?.some(({ state }) => state.state === 'settled') === true,
  },
] // prettier-ignore

/** Where a step takes place; the bounty is the one that the sponsor of this tab posted last. */
export function placeOf(step: GuideStep, desk: DeskState): Partial<Place> {
  const bounty = lastOf(desk, 'sponsor')?.bounty ?? null
  if (step.page !== 'bounty') return { persona: step.persona, page: step.page, bounty: null }
  return bounty ? { persona: step.persona, page: 'bounty', bounty } : { persona: step.persona, page: 'board', bounty: null }
}

/** The last part that one of the three plays. */
function lastOf(desk: DeskState, persona: Exclude<Persona, 'me'>): PartView | null {
  return desk.people[persona].parts?.filter(({ role }) => role === persona).at(-1) ?? null
}

function moved(part: PartView | null): boolean {
  return part !== null && part.money.lockedMsat + part.money.paidMsat + part.money.refundedMsat > 0
}

function delayOf(desk: DeskState, bounty: string): number {
  return desk.people.sponsor.board?.find(({ id }) => id === bounty)?.spec.stabilityDelaySeconds ?? 0
}
