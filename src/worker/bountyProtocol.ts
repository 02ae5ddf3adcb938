// What the page may ask of the money side: who I am, the board, my bounties by role, wallets, payments. Amounts in msat.

import type { LabErrorJson } from '../core/errors'
import type { PartView } from '../bounty/office/view'
import type { BountySpec, EventId, PublicKey, Role, Score } from '../bounty/types'
import type { Wish } from '../bounty/escrow/machine'
import type { RelayState } from '../bounty/relays/relays'
import type { PaymentRow, PersonsWord, SpendingCaps, WalletInfo, WalletKind } from '../wallet/types'

/**
 * Who acts. Everybody is 'me'; where one person plays a whole bounty in one tab with play money, each part is a person of
 * its own: a key, a record and a wallet each.
 */
export type Persona = 'me' | Role

/** Who somebody is on the board. */
export interface Self {
  persona: Persona
  publicKey: PublicKey
  relays: RelayState[]
  /** messages that no relay has yet: they wait, and are in every exported file */
  unsent: number
}

export interface ListingView {
  id: EventId
  author: PublicKey
  createdAt: number
  spec: BountySpec
  isOpen: boolean
  /** best attested so far on held-out text, and what is left of the pool; null where nobody said */
  bestBpb: number | null
  leftSat: number | null
  submissions: number
  watched: boolean
}

export type { PartView, SubmissionView } from '../bounty/office/view'
export type { TimelineEntry } from '../bounty/office/timeline'

/** What a form gives; the desk makes a spec of it. The money is that of the sponsor's wallet. */
export interface BountyDraft extends Omit<BountySpec, 'version' | 'task' | 'targetFiles' | 'baseline' | 'verifiers' | 'heldOut'> {
  /** a lab, whose task and best program it is about; or a bounty.json that somebody wrote */
  about: { labId: string } | Pick<BountySpec, 'task' | 'baseline' | 'verifiers'>
  /** budget of a run */
  tokens: number
  /** empty: the sponsor judges, and everybody is told so; null: not chosen yet */
  verifiers: PublicKey[] | null
  /** texts that nobody has seen; more than one are rotated */
  heldOut: { name: string; bytes: ArrayBuffer }[]
}

export interface WalletView {
  info: WalletInfo | null
  caps: SpendingCaps
  error: LabErrorJson | null
  /** payments that wait for this person's word now */
  asked: PaymentRow[]
  /** practice only: the code by which others join the private network, its members, and its height */
  practice: { code: string; members: string[]; height: number; isHost: boolean } | null
}

/** How to reach a wallet. A URI is a secret: it stays in memory, or sealed in this browser under a passphrase. */
export type WalletChoice =
  /** passphrase: null forgets the URI with the page */
  | { kind: 'nwc'; uri: string; passphrase: string | null }
  /** the URI sealed here before. @throws key.wrong */
  | { kind: 'nwc'; unlock: string }
  | { kind: 'webln' }
  /** host: a network of one's own with everybody in this tab; join: another tab's, by BroadcastChannel or through a relay */
  | { kind: 'practice'; network: { role: 'host' } | { role: 'join'; code: string; through: 'tab' | 'relay' } }

/** The page's wallet extension, reached from the worker. */
export interface WeblnBridge {
  isPresent(): Promise<boolean>
  call(method: 'enable' | 'getInfo' | 'getBalance' | 'makeInvoice' | 'sendPayment' | 'lookupInvoice', args: unknown[]): Promise<unknown>
}

export type BountyEvent =
  | { kind: 'bounties'; persona: Persona }
  | { kind: 'payment'; persona: Persona; row: PaymentRow }
  /** waits for the person; answered by `answerPayment` */
  | { kind: 'confirm'; persona: Persona; row: PaymentRow }
  | { kind: 'bountyError'; persona: Persona; error: LabErrorJson }

/** Every method acts as one persona. */
export interface BountyApi {
  self(persona: Persona): Promise<Self>
  setRelays(persona: Persona, urls: string[]): Promise<void>
  board(persona: Persona): Promise<ListingView[]>
  watch(persona: Persona, bounty: EventId, watched: boolean): Promise<void>
  parts(persona: Persona): Promise<PartView[]>

  /** A draft that is in order for a lab. @throws lab.state where nothing has been measured */
  draftBounty(labId: string): Promise<BountyDraft>
  /** Sentences on what is wrong; empty where nothing is. */
  checkDraft(draft: BountyDraft): Promise<string[]>
  postBounty(persona: Persona, draft: BountyDraft): Promise<EventId>
  /** bounty.json, or every signed message of a bounty: works with no relay at all. */
  exportBounty(persona: Persona, bounty: EventId, what: 'spec' | 'mail'): Promise<{ name: string; text: string }>
  /** Takes either file: the messages, of which it counts the new ones, or bounty.json, which becomes a draft of one's own. */
  importFile(persona: Persona, text: string): Promise<{ kind: 'mail'; found: number } | { kind: 'spec'; spec: BountySpec; draft: BountyDraft }>

  /** Fetches the materials where they cost something, then makes a lab of the bounty's task. @returns its id */
  hunt(persona: Persona, bounty: EventId): Promise<string>
  /** Hands in the program of an experiment, or a text. @returns the part's id */
  submitPatch(persona: Persona, bounty: EventId, program: { labId: string; number: number } | { trainJs: string }): Promise<string>
  verifyBounty(persona: Persona, bounty: EventId): Promise<void>
  /** Anybody, after the reveal: trains a bought or revealed patch again and compares. */
  reverify(persona: Persona, bounty: EventId, commit: EventId): Promise<{ agrees: boolean; reason: string; score: Score | null }>
  wish(persona: Persona, part: string, wish: Wish): Promise<void>

  connectWallet(persona: Persona, choice: WalletChoice, webln: WeblnBridge | null): Promise<WalletView>
  disconnectWallet(persona: Persona): Promise<void>
  wallet(persona: Persona): Promise<WalletView>
  setCaps(persona: Persona, caps: SpendingCaps): Promise<void>
  payments(persona: Persona): Promise<PaymentRow[]>
  answerPayment(persona: Persona, key: string, yes: boolean): Promise<void>
  /** What became of a payment that the wallet does not account for. @throws bounty.state | pay.mismatch */
  accountForPayment(persona: Persona, key: string, word: PersonsWord): Promise<void>
  ledgerCsv(persona: Persona): Promise<string>
  /** practice only: what lets time pass on the private chain */
  mine(persona: Persona, blocks: number): Promise<number>
}

export const WALLET_NAMES: Record<WalletKind, string> = { webln: 'Browser extension', nwc: 'Nostr Wallet Connect', practice: 'Practice wallet' }
