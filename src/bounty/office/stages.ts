// Where a bounty or a submission stands and whose turn it is: one sentence each, for every role and stage.

import type { HunterState } from '../escrow/hunter'
import { notLocked, type SponsorState, type SponsorSubmission } from '../escrow/lock'
import { releaseOf } from '../escrow/terms'
import type { VerifierState, VerifierSubmission } from '../escrow/verdict'
import type { BountySpec } from '../types'

export interface Stage {
  stage: string
  /** null when it is over */
  next: string | null
}

const over = (stage: string): Stage => ({ stage, next: null })

export function hunterStage({ stage, spec, reason, slices, bills, verdicts }: HunterState): Stage {
  const isFree = spec.escrow === 'unescrowed'
  const first = Object.values(verdicts.first)
  const isRechecked = Object.keys(verdicts.stability).length > 0
  switch (stage) {
    case 'committing':
      return { stage: 'Your commitment is being signed.', next: 'Nothing for you to do: it goes to the relays, or into an exported file.' }
    case 'committed':
      return { stage: 'You have committed to your patch; nobody has seen it.', next: 'The verifiers publish payment hashes when it is your turn.' }
    case 'billing':
      return { stage: 'Your wallet makes an invoice for every slice.', next: 'Your wallet must be connected, and able to hold payments.' }
    case 'billed':
      return { stage: 'The sponsor has your invoices.', next: `The sponsor locks ${slices.length} slices; your patch stays unseen until all of them are locked.` }
    case 'shown':
      return { stage: isFree ? 'The verifiers have your patch. Nothing is locked: this bounty has no escrow.' : 'The money is locked, and the verifiers have your patch.', next: 'The verifiers train it on fresh seeds and score it on held-out text.' }
    case 'judged': {
      if (first.every(({ accepted }) => !accepted)) return isFree ? over('Refused: the verifiers found no improvement that counts.') : { stage: 'Refused: the verifiers found no improvement that counts.', next: 'The locked money goes back to the sponsor; nothing for you to do.' }
      if (isFree && (bills.first === undefined || !bills.first.paid)) return { stage: 'The verdict is in your favour; your bill is with the sponsor.', next: 'The sponsor pays, or walks away: nothing is locked.' }
      if (isFree && isRechecked && (verdicts.stability[spec.verifiers[0]]?.amountMsat ?? 0) === 0) return over('The first payment was paid; the re-check earned nothing more.')
      if (isFree && bills.stability?.paid) return over('Both payments were paid.')
      return isRechecked
        ? { stage: 'The re-check is done.', next: 'What it released is being settled; keep your wallet connected.' }
        : { stage: 'The verdict is in your favour; what was released at once is being settled.', next: 'The verifiers measure it again after the delay; keep your wallet connected.' }
    }
    case 'finished':
      return over(slices.some(({ state }) => state.state === 'settled') ? 'It is over: what you earned is yours.' : `It is over: nothing was earned, and every lock is released. ${reason}`.trim())
    case 'over':
      return over(reason)
  }
}

export function sponsorStage(state: SponsorState, isRevealed: boolean): Stage {
  const { spec, baselines, closed, now, order, submissions } = state
  const isClosed = closed || now > spec.deadline
  const all = order.map((commit) => submissions[commit])
  const missing = spec.verifiers.length - Object.keys(baselines).length
  const open = all.filter((submission) => sponsorSubmissionStage(submission, state).next !== null)
  if (isClosed && open.length === 0) {
    const done = closed ? 'You closed it.' : 'The deadline has passed.'
    return isRevealed ? over(`${done} The held-out text is revealed.`) : { stage: done, next: 'Reveal the held-out text, so that anybody can check the scores.' }
  }
  if (open.length > 0) return { stage: `Submissions under way: ${open.length} of ${all.length}.`, next: sponsorSubmissionStage(open[0], state).next }
  if (2 * Object.keys(baselines).length <= spec.verifiers.length) return { stage: 'Posted; the baseline is not attested yet.', next: `The baseline is measured on the held-out text first. Verifiers who have yet to do so: ${missing} of ${spec.verifiers.length}.` }
  return { stage: all.length === 0 ? 'Open, and nobody has submitted yet.' : `Open; submissions so far: ${all.length}.`, next: 'Hunters work on it. Keep this page open, or come back: nothing is lost.' }
}

export function sponsorSubmissionStage({ stage, invoices, slices, verdicts, complaint, patch, review }: SponsorSubmission, { spec }: SponsorState): Stage {
  const first = Object.values(verdicts.first)
  const isRechecked = Object.keys(verdicts.stability).length > 0
  const waits = slices.filter(({ state }) => state?.state === 'pending' || state?.state === 'unknown').length
  if (stage === 'declined') return over(complaint ?? 'Declined; nothing is locked.')
  const isFree = spec.escrow === 'unescrowed'
  if (stage === 'committed' && !isFree) {
    if (!invoices) return { stage: 'Somebody has committed to a patch.', next: 'The verifiers publish hashes, the hunter sends invoices on them.' }
    return { stage: 'The hunter’s invoices are here.', next: 'Your wallet locks the slices when it is this submission’s turn: connect it, and confirm.' }
  }
  if (stage === 'committed' && first.length === 0) return { stage: 'Somebody has committed to a patch.', next: 'The verifiers measure it; a bill comes after their verdict.' }
  if (stage === 'paying') {
    const back = slices.filter(({ state }) => state?.state === 'failed')
    if (back.length > 0) return { stage: notLocked(back), next: 'The hunter lets the others go: they come back at once, or at their deadline.' }
    const asked = slices.filter(({ state }) => state === null).length
    if (asked > 0) return { stage: `${slices.length - asked} of ${slices.length} slices are locked.`, next: 'Confirm the other payments, with your wallet connected.' }
    return { stage: 'All slices are locked; the verifiers see the patch.', next: 'The verifiers measure it. What is not released comes back to you.' }
  }
  if (first.every(({ accepted }) => !accepted)) {
    return waits > 0 ? { stage: 'Refused by the verifiers.', next: 'The locked slices come back: at once, or at their deadline.' } : over('Refused by the verifiers; every slice is back.')
  }
  const due = Object.values(verdicts.first)[0].amountMsat / 1000
  if (isFree && !patch) return { stage: `Accepted: ${due} sat are owed. Nothing was locked.`, next: 'Confirm the hunter’s bill: the patch is handed over for the payment.' }
  const bought = patch ? 'You can read the patch.' : 'A slice has to be settled before you can read the patch.'
  if (!isRechecked && !isHeldBack({ verdicts, slices }, spec)) {
    return waits > 0 ? { stage: `Accepted. ${bought}`, next: 'What was released is being settled; the rest comes back.' } : over(`Settled; nothing was held back. ${bought}`)
  }
  if (!isRechecked) return { stage: `Accepted; the first part is released. ${bought}`, next: review ? 'The verifiers measure it again after the delay.' : 'Review it if you like: without a word the holdback is judged after the delay.' }
  if (waits > 0) return { stage: `The re-check is done. ${bought}`, next: 'What it released is being settled; the rest comes back.' }
  return over(`Settled. ${bought}`)
}

/** Whether the first verdict left something to the re-check. */
export function isHeldBack({ verdicts, slices }: Pick<SponsorSubmission, 'verdicts' | 'slices'>, spec: BountySpec): boolean {
  const [first] = Object.values(verdicts.first)
  const left = spec.escrow === 'unescrowed' ? spec.slices : slices.length
  return first !== undefined && first.accepted && releaseOf(spec, first.ratio, left).later > 0
}

export function verifierStage(state: VerifierState): Stage {
  const { sets, baselines, me, order, submissions, closed, now, spec } = state
  const busy = order.map((commit) => submissions[commit]).find((one) => verifierSubmissionStage(one).next !== null)
  if (sets.length === 0) return { stage: 'You are one of its verifiers.', next: 'The sponsor sends the held-out text, encrypted for you.' }
  if (!(me in (baselines[0] ?? {}))) return { stage: 'The held-out text is here, and matches its hash.', next: 'The baseline is trained here, and its score attested: this must stay running.' }
  if (busy) return verifierSubmissionStage(busy)
  if (closed || now > spec.deadline) return over('The bounty is closed, and everything has been judged.')
  return { stage: 'The baseline is attested.', next: 'Submissions are measured here as they come: this must stay running.' }
}

export function verifierSubmissionStage({ stage, reason, place }: VerifierSubmission): Stage {
  switch (stage) {
    case 'queued':
      return { stage: `Place ${place}: it waits for its turn.`, next: 'One submission is judged at a time, in the order of commitment.' }
    case 'drawing':
    case 'hashed':
      return { stage: 'Its turn: the payment hashes are out.', next: 'Sponsor and hunter lock the money; the hunter then shows the patch.' }
    case 'measuring':
      return { stage: 'The patch is here.', next: 'It is trained here on fresh seeds, and scored on the held-out text.' }
    case 'scored':
    case 'rescored':
      return { stage: 'Measured here.', next: 'The other verifiers’ scores are awaited; the median counts.' }
    case 'waiting':
      return { stage: 'Accepted; the first part is released.', next: 'It is measured again after the delay, unless the sponsor objects.' }
    case 'remeasuring':
      return { stage: 'The delay is over.', next: 'It is measured here again.' }
    case 'finished':
      return over('Judged.')
    case 'declined':
      return over(reason)
  }
}
