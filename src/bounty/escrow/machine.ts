// What the three machines have in common. A machine is a state of plain data and a step that changes it:
//   input → step → state is made durable → what it asks to be done is done → the result is the next input
// Whatever is asked stays on the list until its result has been recorded, so a crash at any place only means that it is
// asked once more; everybody who is asked must know a key that comes again.

import type { IncomingState, Invoice, OutgoingState } from '../../wallet/types'
import type { BountySpec, Body, EventId, Message, NamedGate, Phase, PublicKey, Score } from '../types'

export type Effect = { key: string } & (
  | { do: 'send'; to: PublicKey | null; body: Body }
  /** so many random secrets of 32 bytes */
  | { do: 'draw'; count: number }
  | { do: 'makeHold'; paymentHash: string; amountMsat: number; memo: string; expirySeconds: number; minFinalCltv: number }
  | { do: 'makeInvoice'; amountMsat: number; memo: string; expirySeconds: number }
  /** through the till: it asks the person and pays a key once */
  | { do: 'pay'; bolt11: string; paymentHash: string; amountMsat: number; maxCltv: number; toWhom: PublicKey; why: string }
  | { do: 'settle'; paymentHash: string; preimage: string }
  | { do: 'cancel'; paymentHash: string }
  | { do: 'measure'; commit: EventId | null; phase: Phase; set: number; trainJs: string }
)

export type Result =
  | { do: 'send'; id: EventId }
  | { do: 'draw'; secrets: string[] }
  | { do: 'makeHold' | 'makeInvoice'; invoice: Invoice }
  | { do: 'pay'; state: OutgoingState | { state: 'refused' } }
  | { do: 'settle' | 'cancel' }
  | { do: 'measure'; score: Score | null; gates: NamedGate[]; reason: string }
  /** it cannot be done, now or ever: said by the wallet or the judge, not by a lost connection */
  | { do: 'fail'; reason: string }

export type Input =
  | { kind: 'message'; message: Message }
  | { kind: 'time'; now: number; height: number | null }
  | { kind: 'incoming'; paymentHash: string; state: IncomingState }
  | { kind: 'outgoing'; paymentHash: string; state: OutgoingState }
  | { kind: 'done'; key: string; result: Result }
  | { kind: 'person'; wish: Wish }

export type Wish =
  /** hunter: give it up while nothing has been shown */
  | { do: 'withdraw' }
  /** sponsor: accept or object before the holdback */
  | { do: 'review'; commit: EventId; accept: boolean; reason: string }
  | { do: 'close'; reason: string }
  /** sponsor: what the held-out sets were, once nobody can gain from knowing them */
  | { do: 'reveal' }

export interface MachineState {
  bounty: EventId
  spec: BountySpec
  sponsor: PublicKey
  me: PublicKey
  /** unix seconds and blocks, as last told */
  now: number
  height: number | null
  todo: Effect[]
  /** messages about a submission that has not been heard of: relays keep no order */
  early: Message[]
  /** keys of everything that was ever asked and has been done */
  done: Record<string, true>
}

/** Seconds that a hunter has from the payment hashes to its invoices, and to the patch; and verifiers from one's score to the others'. */
export const INVOICE_SECONDS = 600
export const TURN_SECONDS = 3600
export const QUORUM_SECONDS = 2 * 3600
/** Blocks before a lock's end within which nothing is settled any more: a claim must reach the chain in time. */
export const CLAIM_MARGIN_BLOCKS = 6

/** Most messages that wait for what they are about; a flood ends nobody's memory. */
const MOST_EARLY = 200

/** Keeps a message until the submission that it is about is known. */
export function park(state: MachineState, message: Message): void {
  if (state.early.length < MOST_EARLY && !state.early.some(({ id }) => id === message.id)) state.early.push(message)
}

/** The messages that waited, once something new is known. */
export function unpark(state: MachineState, isKnown: (commit: EventId) => boolean): Message[] {
  const ready = state.early.filter(({ body }) => 'commit' in body && isKnown(body.commit))
  if (ready.length > 0) state.early = state.early.filter((message) => !ready.includes(message))
  return ready
}

/** Asks for something once, whoever asks how often. */
export function want(state: MachineState, effect: Effect): void {
  if (state.done[effect.key] || state.todo.some(({ key }) => key === effect.key)) return
  state.todo.push(effect)
}

/** Takes an effect off the list. @returns null where it had been taken off before: a result that came twice */
export function finish(state: MachineState, key: string): Effect | null {
  const at = state.todo.findIndex((effect) => effect.key === key)
  if (at < 0) return null
  state.done[key] = true
  return state.todo.splice(at, 1)[0]
}

/** Forgets what was asked and is not wanted any more, such as an invoice of a submission that is over. */
export function drop(state: MachineState, prefix: string): void {
  state.todo = state.todo.filter(({ key }) => !key.startsWith(prefix))
}

export function tell(state: MachineState, { now, height }: { now: number; height: number | null }): void {
  state.now = Math.max(state.now, now)
  if (height !== null) state.height = Math.max(state.height ?? 0, height)
}
