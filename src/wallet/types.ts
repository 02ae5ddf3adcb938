// Money as the lab sees it: one connector, whatever wallet is behind it. Amounts are integers of millisatoshi.

export type WalletKind = 'webln' | 'nwc' | 'practice'

export interface WalletInfo {
  kind: WalletKind
  /** as the wallet calls itself */
  alias: string
  /** money of a private chain that is worth nothing: the page says so wherever an amount stands */
  isPlayMoney: boolean
  network: 'mainnet' | 'testnet' | 'signet' | 'regtest' | 'unknown'
  /** it can receive payments that stay locked until a secret is known */
  canHold: boolean
  canLookUp: boolean
  balanceMsat: number | null
  /** what the wallet itself allows this page to spend; null where it does not say */
  budget: { totalMsat: number; usedMsat: number; renews: string | null } | null
  /** blocks; null where unknown */
  height: number | null
}

/** A bill, decoded and checked by whoever pays it. */
export interface Invoice {
  bolt11: string
  /** 64 hex digits */
  paymentHash: string
  amountMsat: number
  memo: string
  createdAt: number
  /** unix seconds */
  expiresAt: number
  /** blocks that the last hop must leave for a claim */
  minFinalCltv: number
}

/**
 * pending: sent, or locked at the other side, and not over: never to be sent again.
 * unknown: the wallet was asked and did not say; it counts as pending until a lookup says otherwise.
 */
export type OutgoingState =
  | { state: 'pending' | 'unknown' }
  | { state: 'paid'; preimage: string; feeMsat: number }
  /** came back, or never left; saidBy: the person said so, where the wallet did not */
  | { state: 'failed'; reason: string; saidBy?: 'person' }

/** What a person tells of a payment that the wallet does not account for: its proof, or that it came back or never left. */
export type PersonsWord = { preimage: string } | 'cameBack'

/** open: nobody has paid; locked: paid and held until `settle` or `cancel`, or until the chain is at `deadlineHeight`. */
export type IncomingState =
  | { state: 'open' | 'expired' | 'cancelled' }
  | { state: 'locked'; amountMsat: number; deadlineHeight: number | null }
  | { state: 'settled'; amountMsat: number }

export type WalletEvent =
  | { kind: 'incoming'; paymentHash: string; state: IncomingState }
  | { kind: 'outgoing'; paymentHash: string; state: OutgoingState }
  | { kind: 'height'; height: number }
  | { kind: 'offline'; reason: string }
  | { kind: 'online' }

/**
 * What every wallet can do, or says that it cannot (LabError "pay.unsupported"). Nothing here asks the person, knows a
 * cap or repeats anything: the till (till.ts) does, and nobody else calls pay().
 * @throws LabError pay.noWallet | pay.refused | pay.unsupported | pay.offline | pay.quota
 */
export interface Wallet {
  readonly kind: WalletKind
  /** public; tells wallets of a kind apart, where there can be several */
  readonly id?: string
  info(): Promise<WalletInfo>
  makeInvoice(request: { amountMsat: number; memo: string; expirySeconds: number }): Promise<Invoice>
  makeHoldInvoice(request: {
    paymentHash: string
    amountMsat: number
    memo: string
    expirySeconds: number
    minFinalCltv: number
  }): Promise<Invoice>
  /** Sends at once and returns what is known then: a held payment is `pending`, however long that takes. */
  pay(bolt11: string, maxFeeMsat: number): Promise<OutgoingState>
  /** @param bolt11 given where this very wallet was asked to pay it: one that knows nothing of it long after its expiry says failed */
  lookUpOutgoing(paymentHash: string, bolt11?: string): Promise<OutgoingState>
  lookUpIncoming(paymentHash: string): Promise<IncomingState>
  settle(preimage: string): Promise<void>
  cancel(paymentHash: string): Promise<void>
  /** @returns ends the subscription */
  subscribe(listener: (event: WalletEvent) => void): () => void
  close(): Promise<void>
}

/** One payment as the till remembers it: a row is written before the wallet is called. Keyed by `key`, never paid twice. */
export interface PaymentRow {
  /** what it is for, e.g. "bounty/<id>/<submission>/slice/3": the same key is the same payment */
  key: string
  direction: 'out' | 'in'
  wallet: WalletKind
  walletId?: string
  isPlayMoney: boolean
  paymentHash: string
  bolt11: string
  amountMsat: number
  feeMsat: number
  /** who gets it, and why, as the person was told */
  toWhom: string
  why: string
  createdAt: number
  updatedAt: number
  state: OutgoingState | IncomingState | { state: 'asked' } | { state: 'refused'; by: 'person' | 'cap' | 'check' }
  /** of a paid or settled one */
  preimage: string | null
  /** of a locked one: when it refunds itself, blocks and estimated unix seconds */
  lockedUntil: { height: number | null; at: number } | null
}

/** What the till checks an invoice against before the person is asked. */
export interface Agreed {
  paymentHash: string | null
  amountMsat: number
  /** most blocks that the money may be locked */
  maxCltv: number
  notAfter: number
}

/** What an invoice is for. With a wallet of the other money none is made: nobody could pay it (pay.noWallet). */
export interface Bill {
  key: string
  why: string
  isPlayMoney: boolean
}

/** Most that may leave this wallet; null is no limit. Locked money counts as spent until it is back. */
export interface SpendingCaps {
  perPaymentMsat: number | null
  perDayMsat: number | null
  totalMsat: number | null
}

/**
 * What the lab's own code may do with a wallet. Every call with a key may come again, after a crash or by mistake: it is
 * the same payment, the same invoice. The till writes a row before it calls the wallet, asks the person, keeps to the
 * caps, checks the invoice, and looks up what is pending; it never sends a pending payment again.
 */
export interface Till {
  /**
   * @throws LabError pay.mismatch (not what was agreed) | pay.expired | pay.cap | pay.refused (by the person or the wallet):
   *   nothing was sent, and never will be under this key; pay.offline | pay.noWallet: try again
   */
  pay(request: { key: string; bolt11: string; agreed: Agreed; toWhom: string; why: string }): Promise<OutgoingState>
  makeHoldInvoice(request: Parameters<Wallet['makeHoldInvoice']>[0] & Bill): Promise<Invoice>
  makeInvoice(request: Parameters<Wallet['makeInvoice']>[0] & Bill): Promise<Invoice>
  settle(paymentHash: string, preimage: string): Promise<void>
  cancel(paymentHash: string): Promise<void>
  payments(): Promise<PaymentRow[]>
  /** Every change of a row, those found on opening included. @returns ends the subscription */
  onChange(listener: (row: PaymentRow) => void): () => void
  /** of the chain, where the wallet knows it */
  height(): number | null
  /** Asks the wallet for everything that is not over. */
  lookUp(): Promise<void>
}

/** Where the till keeps its rows. */
export interface PaymentStore {
  payments(): Promise<PaymentRow[]>
  payment(key: string): Promise<PaymentRow | null>
  savePayment(row: PaymentRow): Promise<void>
}
