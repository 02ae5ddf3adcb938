// What the lab is assembled from. The browser's parts are in lab.ts; tests and Node bring their own.

import type { BountyStore } from '../bounty/office/store'
import type { ByteCache } from '../data/byteCache'
import type { Duels } from '../history/duelsDexie'
import type { Identity } from '../history/identity'
import type { ReplayLog } from '../history/receiptsDexie'
import type { TransferStore } from '../history/transfers'
import type { Ledger, Repository } from '../history/types'
import type { Trainer } from '../judge/types'
import type { ClientDeps } from '../research/models/client'
import type { KeyStore } from '../research/models/keys'
import type { LocalModels } from '../research/models/local'
import type { Box } from '../sandbox/contract'
import type { Persona } from './bountyProtocol'
import type { Prepare } from './labData'

export interface LabParts {
  ledger: Ledger
  /** the repository of a lab, not yet opened */
  repository(labId: string): Repository
  trainer: Trainer
  /** another one, for one replay: the loop's keeps its data */
  spareTrainer(): Trainer
  box: Box
  /** keys to language models */
  keys: KeyStore
  /** this page, as servers of models see it; null outside one */
  page: ClientDeps['page']
  /** models on this machine, in turns with what trains; absent in Node */
  localModels?: LocalModels
  cache(): Promise<ByteCache>
  prepare: Prepare
  /** who signs receipts. @throws LabError "receipt.unsupported" */
  identity(): Promise<Identity>
  replays: ReplayLog
  transfers: TransferStore
  duels: Duels
  bounties: {
    /** what somebody remembers of bounties and payments; loaded with its first call */
    store(persona: Persona): BountyStore
    /** who has such a store already, and may have something under way */
    people(): Promise<Persona[]>
  }
  /** Claims the lead among tabs; told true when this one leads, false while it watches. */
  claimLead(onChange: (leading: boolean) => void): void
  /** A sentence for the person when the browser does not promise to keep what is stored; else null. */
  askToPersist(): Promise<string | null>
  now(): number
  newId(): string
}
