// What the lab is assembled from. The browser's parts are in lab.ts; tests and Node bring their own.

import type { ByteCache } from '../data/byteCache'
import type { Ledger, Repository } from '../history/types'
import type { Trainer } from '../judge/types'
import type { Box } from '../sandbox/contract'
import type { Prepare } from './labData'

export interface LabParts {
  ledger: Ledger
  /** the repository of a lab, not yet opened */
  repository(labId: string): Repository
  trainer: Trainer
  box: Box
  cache(): Promise<ByteCache>
  prepare: Prepare
  /** Claims the lead among tabs; told true when this one leads, false while it watches. */
  claimLead(onChange: (leading: boolean) => void): void
  /** A sentence for the person when the browser does not promise to keep what is stored; else null. */
  askToPersist(): Promise<string | null>
  now(): number
  newId(): string
}
