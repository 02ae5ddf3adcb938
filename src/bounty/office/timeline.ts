// What happened, in sentences, each with what proves it: the id of a signed event, or a payment's hash.

import type { PaymentRow } from '../../wallet/types'
import type { EventId, Message, PublicKey, Score } from '../types'

/** One thing that happened, with what proves it. */
export interface TimelineEntry {
  at: number
  text: string
  proof: { kind: 'event' | 'payment'; id: string } | null
}

/**
 * The timeline of a bounty or of one submission, oldest first.
 * @param who a name for a key in a sentence
 */
export function timelineOf(messages: readonly Message[], payments: readonly PaymentRow[], who: (key: PublicKey) => string): TimelineEntry[] {
  const said = messages.flatMap((message): TimelineEntry[] => {
    const text = sentence(message, who)
    return text === null ? [] : [{ at: message.createdAt, text, proof: { kind: 'event', id: message.id } }]
  })
  return [...said, ...payments.map(moved)].sort((a, b) => a.at - b.at)
}

/** Messages about one submission, and those about the bounty as a whole. */
export function aboutCommit(messages: readonly Message[], commit: EventId): Message[] {
  return messages.filter(({ id, body }) => ('commit' in body ? body.commit === commit : body.kind !== 'commit' || id === commit))
}

const bits = (bpb: number) => `${bpb.toFixed(4)} bits per byte`
const sats = (msat: number) => `${msat / 1000} sat`

function sentence({ author, body }: Message, who: (key: PublicKey) => string): string | null {
  const name = who(author)
  switch (body.kind) {
    case 'bounty':
    case 'invoices':
    case 'fee':
    case 'bill':
      return null // told by the listing and by the payments
    case 'heldOut':
      return `${name} sent held-out set ${body.set + 1}; it matches its hash.`
    case 'baseline':
      return `${name} attested the baseline on held-out text${setOf(body.score)}: ${bits(body.score.heldOutBpb)}.`
    case 'reveal':
      return `${name} revealed held-out set ${body.set + 1}: anybody can run the scores again.`
    case 'close':
      return `${name} closed the bounty${body.reason === '' ? '.' : `: ${body.reason}`}`
    case 'commit':
      return `${name} committed to a patch.`
    case 'countersign':
      return `${name} countersigned the commitment: place ${body.place}.`
    case 'hashes':
      return `${name} published the payment hashes of ${body.slices.length} slices.`
    case 'decline':
      return `${name} declined: ${body.reason}`
    case 'withdraw':
      return `${name} withdrew: ${body.reason}`
    case 'patch':
      return `${name} showed the patch to the verifiers, encrypted.`
    case 'score':
      return body.score
        ? `${name} measured ${bits(body.score.heldOutBpb)}${setOf(body.score)}${when(body.phase)}.`
        : `${name} could not score it${when(body.phase)}: ${body.reason}`
    case 'verdict': {
      const { verdict, phase } = body
      return `${name}: ${verdict.accepted ? `${sats(verdict.amountMsat)} earned${when(phase)}` : `refused${when(phase)}`}. ${verdict.reason}`
    }
    case 'secrets':
      return `${name} released the secrets of ${body.secrets.length} slices.`
    case 'review':
      return body.accept ? `${name} reviewed and accepted it.` : `${name} objected before the holdback: ${body.reason}`
    case 'delivery':
      return `${name} handed the patch over.`
  }
}

/** Scores on different sets do not compare: whoever reads one on another than the first is told. */
const setOf = ({ heldOutSet }: Score) => (heldOutSet === 0 ? '' : ` (set ${heldOutSet + 1})`)
const when = (phase: 'first' | 'stability') => (phase === 'first' ? '' : ' at the re-check')

const REFUSED_BY = { person: 'you said no', cap: 'above a cap', check: 'not what was agreed' }

/** What a payment has come to; its row keeps the last state only. */
function moved({ direction, state, amountMsat, updatedAt, paymentHash, why }: PaymentRow): TimelineEntry {
  const amount = sats(amountMsat)
  const text: Record<PaymentRow['state']['state'], string> = {
    asked: `${amount} wait for your word.`,
    refused: `${amount} were not sent: ${state.state === 'refused' ? REFUSED_BY[state.by] : ''}.`,
    unknown: `${amount} left, and the wallet has not said what became of them.`,
    pending: `${amount} are locked.`,
    paid: `${amount} were paid.`,
    failed: `${amount} came back, or never left.`,
    open: `A bill for ${amount} is open.`,
    locked: `${amount} are locked for you.`,
    settled: `${amount} were received.`,
    cancelled: `${amount} were given back.`,
    expired: `A bill for ${amount} expired.`,
  }
  const reason = state.state === 'failed' ? ` (${state.reason})` : ''
  return { at: updatedAt, text: `${text[state.state]} ${direction === 'out' ? why : ''}${reason}`.trim(), proof: { kind: 'payment', id: paymentHash } }
}
