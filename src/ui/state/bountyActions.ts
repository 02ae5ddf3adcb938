// What somebody can do next about a bounty: one thing first, the rest behind it.

import type { ListingView, PartView, SubmissionView } from '../../worker/bountyProtocol'
import { isOpen } from './bountyWords'

export type NextAction =
  /** look at a submission and accept or object, before the holdback */
  | { do: 'review'; submission: SubmissionView }
  | { do: 'reveal' }
  | { do: 'verify' }
  | { do: 'hunt' }
  | { do: 'submit'; labId: string }
  /** nothing: it is somebody else's turn, or over */
  | { do: 'wait'; text: string }

/** Submissions whose holdback is still open for the sponsor's word. */
function toReview({ role, wishes, submissions }: PartView): SubmissionView[] {
  if (role !== 'sponsor' || !wishes.includes('review')) return []
  return submissions.filter(({ verdicts, trainJs }) => verdicts.first?.accepted === true && verdicts.stability === null && trainJs !== null)
}

/**
 * The one thing to do next.
 * @param parts what this person does about the bounty already
 * @param me this person's key
 * @param labId a lab made of the bounty's task in this browser
 */
export function nextAction(listing: ListingView, parts: readonly PartView[], me: string, labId: string | null, now: number): NextAction {
  for (const part of parts) {
    const [submission] = toReview(part)
    if (submission) return { do: 'review', submission }
  }
  const isSponsor = listing.author === me
  if (listing.spec.verifiers.includes(me) && !parts.some(({ role }) => role === 'verifier')) return { do: 'verify' }
  if (isSponsor && !isOpen(listing, now) && parts.some(({ wishes }) => wishes.includes('reveal'))) return { do: 'reveal' }
  const busy = parts.find((part) => !part.isOver)
  if (busy) return { do: 'wait', text: busy.next ?? busy.stage }
  if (!isOpen(listing, now)) return { do: 'wait', text: 'This bounty is over: nothing new is accepted.' }
  if (isSponsor) return { do: 'wait', text: 'It waits for somebody to hand in work.' }
  return labId ? { do: 'submit', labId } : { do: 'hunt' }
}
