// A bounty is a task with money: what is offered, for what, judged by whom, and every message that the parties send.
// The protocol is that of escrow/README.md. Amounts are whole satoshi where people read them, msat where they move.

import type { Task } from '../judge/task'

/** 64 hex digits: an x-only secp256k1 key, as Nostr uses. */
export type PublicKey = string
/** 64 hex digits: id of a signed event */
export type EventId = string

export interface BountySpec {
  version: 1
  title: string
  /** what is wanted, in the sponsor's words; untrusted, shown escaped, quoted in prompts */
  description: string
  /** as in a lab; the budget is in tokens, the judge's seed is drawn by the verifier and not part of it */
  task: Omit<Task, 'seed'>
  /** files that a submission may change; the lab has one */
  targetFiles: ['train.js']
  baseline: { trainJs: string; sha256: string; /** on public validation text */ valBpb: number | null }
  /** improvement over the attested baseline, bits per byte, that earns the whole pool */
  targetImprovementBpb: number
  poolSat: number
  /** equal parts of the pool, each its own payment; the pool is a multiple of it */
  slices: number
  /** share released at once; the rest after the stability re-check */
  nowShare: number
  stabilityDelaySeconds: number
  /** unix seconds; nothing is accepted after it */
  deadline: number
  /** blocks: least that an invoice must give the contributor to claim, and most that it may lock the sponsor's money */
  lock: { minCltv: number; maxCltv: number }
  /** sliced: hold invoices; lump: one now, one held back; unescrowed: paid after the verdict, on trust */
  escrow: 'sliced' | 'lump' | 'unescrowed'
  /** play: of a practice network, worth nothing, and said so wherever an amount of it stands */
  money: 'real' | 'play'
  accessFeeSat: number
  /** where materials are, when the sponsor hosts them behind L402 */
  materialsUrl: string | null
  rules: {
    maxDiffBytes: number
    maxDiffLines: number
    /** literal strings, not regular expressions */
    forbidden: string[]
    maxSubmissionsPerKey: number
    /** token similarity with an earlier submission above which one is a copy, 0 … 1 */
    maxSimilarity: number
  }
  verifiers: PublicKey[]
  /** per cent of what is earned that the verifiers share, paid on top of the pool by bills of their own */
  coordinatorFeePercent: number
  /** sha256(held-out text ‖ salt), one for each set in the order of their rotation */
  heldOut: { sha256: string; bytes: number }[]
  /** fresh seeds on which the verifier trains; the median counts */
  seeds: number
  /** bits per byte within which two verifiers' scores are the same */
  toleranceBpb: number
}

/** What verifiers measured on text that nobody else has seen. */
export interface Score {
  heldOutBpb: number
  /** the same model on the public validation text: the canary */
  publicBpb: number | null
  /** one for each seed */
  scores: number[]
  seeds: number
  heldOutSet: number
  adapter: string
  appVersion: string
}

/** A gate of the judge by its name there: another version of the app may know others. */
export interface NamedGate {
  gate: string
  passed: boolean
  detail: string
}

/** Everything that is sent. Each is a signed event whose author is the key that may send it; `to` ones are encrypted. */
export type Body =
  // of a bounty
  | { kind: 'bounty'; spec: BountySpec }
  | { kind: 'heldOut'; bounty: EventId; set: number; textBase64: string; salt: string } // sponsor → verifier
  | { kind: 'baseline'; bounty: EventId; score: Score } // verifier
  | { kind: 'reveal'; bounty: EventId; set: number; textBase64: string; salt: string } // sponsor, after the deadline
  | { kind: 'close'; bounty: EventId; reason: string } // sponsor: nothing new is accepted
  // of a submission
  | { kind: 'commit'; bounty: EventId; commitment: string } // contributor: sha256(pubkey ‖ nonce ‖ train.js)
  | { kind: 'countersign'; commit: EventId; receivedAt: number; place: number } // verifier: this is the n-th
  | { kind: 'hashes'; commit: EventId; slices: { slice: number; paymentHash: string; amountMsat: number }[] } // verifier
  | { kind: 'invoices'; commit: EventId; invoices: { slice: number; bolt11: string }[] } // contributor → sponsor
  | { kind: 'decline'; commit: EventId; reason: string } // sponsor or verifier
  | { kind: 'withdraw'; commit: EventId; reason: string } // contributor, while nothing has been shown
  | { kind: 'patch'; commit: EventId; nonce: string; trainJs: string } // contributor → verifier
  | { kind: 'score'; commit: EventId; phase: Phase; score: Score | null; gates: NamedGate[]; reason: string } // verifier
  | { kind: 'verdict'; commit: EventId; phase: Phase; verdict: Verdict } // verifier
  | { kind: 'secrets'; commit: EventId; phase: Phase; secrets: { slice: number; preimage: string }[] } // verifier → contributor
  | { kind: 'review'; commit: EventId; accept: boolean; reason: string } // sponsor, before the holdback; silence accepts
  | { kind: 'fee'; commit: EventId; phase: Phase; bolt11: string; amountMsat: number } // verifier → sponsor, after its verdict
  // unescrowed
  | { kind: 'bill'; commit: EventId; bolt11: string; amountMsat: number } // contributor → sponsor, after the verdict
  | { kind: 'delivery'; commit: EventId; trainJs: string; nonce: string } // contributor → sponsor, on a valid preimage

export type Phase = 'first' | 'stability'

export interface Verdict {
  /** median over the verifiers' scores of this phase */
  heldOutBpb: number | null
  /** over the best attested before it */
  improvementBpb: number
  bestBeforeBpb: number
  /** clamp(improvement ÷ target, 0, 1) */
  ratio: number
  /** earned in this phase, the slices of all verifiers together */
  amountMsat: number
  /** slices of this verifier that are released in this phase, and the patch encrypted under each one's secret */
  released: { slice: number; ivHex: string; cipherHex: string }[]
  accepted: boolean
  reason: string
}

/** A message as it arrived: signature, author and times have been checked. */
export interface Message {
  id: EventId
  author: PublicKey
  /** null: for everybody */
  to: PublicKey | null
  /** unix seconds, as the author says */
  createdAt: number
  body: Body
}

export type Role = 'sponsor' | 'hunter' | 'verifier'

/** Money of one bounty or one submission as somebody sees it; the four add up to what was agreed. */
export interface Money {
  lockedMsat: number
  paidMsat: number
  refundedMsat: number
  pendingMsat: number
}
