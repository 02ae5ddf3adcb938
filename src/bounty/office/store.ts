// What the money side remembers. Every method resolves only when the change is durable.

import type { Event } from 'nostr-tools/pure'
import type { PaymentRow } from '../../wallet/types'
import type { HunterState } from '../escrow/hunter'
import type { SponsorState } from '../escrow/lock'
import type { VerifierState } from '../escrow/verdict'
import type { EventId } from '../types'

export type AnyState = HunterState | SponsorState | VerifierState

/** One machine: `<role>/<bounty>`, for hunters `hunter/<bounty>/<n>`. */
export interface MachineRow {
  id: string
  state: AnyState
  updatedAt: number
}

/** Signed once, and the same ever after: sending again cannot say anything else. */
export interface SentRow {
  key: string
  /** rises with every message: what was said later is published later */
  order: number
  id: EventId
  events: Event[]
  /** a relay has it */
  published: boolean
}

/** An event as it came or went, for reading offline and for handing on as a file. */
export interface EventRow {
  id: string
  bounty: EventId | null
  receivedAt: number
  event: Event
}

export interface HeldOutRow {
  /** `<bounty>/<set>` */
  key: string
  text: Uint8Array
  salt: string
}

export interface BountyStore {
  machines(): Promise<MachineRow[]>
  saveMachine(row: MachineRow): Promise<void>
  sent(key: string): Promise<SentRow | null>
  allSent(): Promise<SentRow[]>
  unpublished(): Promise<SentRow[]>
  saveSent(row: SentRow): Promise<void>
  /** @returns false when it was there already */
  saveEvent(row: EventRow): Promise<boolean>
  /** in the order in which they came */
  events(): Promise<EventRow[]>
  dropEvents(ids: readonly string[]): Promise<void>
  heldOut(key: string): Promise<HeldOutRow | null>
  saveHeldOut(row: HeldOutRow): Promise<void>
  payments(): Promise<PaymentRow[]>
  payment(key: string): Promise<PaymentRow | null>
  savePayment(row: PaymentRow): Promise<void>
  /** 32 bytes, made on first use: who this browser is on the board */
  secretKey(): Promise<Uint8Array>
  /** What the person chose, by name: relays, caps, what is watched. @returns null where nothing was */
  setting(name: string): Promise<unknown>
  saveSetting(name: string, value: unknown): Promise<void>
  close(): Promise<void>
}
