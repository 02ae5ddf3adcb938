// The page's side of the money: every method of the worker, and its events. A wallet extension lives in the page, so the
// page hands the worker a way to it.

import { proxy } from 'comlink'
import type { Remote } from 'comlink'
import type { BountyApi, BountyEvent, WeblnBridge } from './bountyProtocol'
import { throwJson } from './border'
import type { LabEvent } from './protocol'
import { pageWebln } from './weblnBridge'

type Connect = BountyApi['connectWallet']

export interface BountyClient {
  api: Omit<BountyApi, 'connectWallet'> & { connectWallet(persona: Parameters<Connect>[0], choice: Parameters<Connect>[1]): ReturnType<Connect> }
  /** @returns ends it */
  subscribe(listener: (event: BountyEvent) => void): () => void
}

/** @returns the client, and where the worker's events go that are about money */
export function bountyClient(remote: Remote<BountyApi>): { client: BountyClient; tell: (event: BountyEvent) => void } {
  const listeners = new Set<(event: BountyEvent) => void>()
  return {
    client: {
      api: {
        self: (persona) => remote.self(persona),
        setRelays: (...relays) => remote.setRelays(...relays),
        board: (persona) => remote.board(persona),
        watch: (...watch) => remote.watch(...watch),
        parts: (persona) => remote.parts(persona),
        draftBounty: (labId) => remote.draftBounty(labId),
        checkDraft: (draft) => remote.checkDraft(draft),
        postBounty: (...draft) => remote.postBounty(...draft),
        exportBounty: (...what) => remote.exportBounty(...what),
        importFile: (...text) => remote.importFile(...text),
        hunt: (...bounty) => remote.hunt(...bounty),
        submitPatch: (...patch) => remote.submitPatch(...patch),
        verifyBounty: (...bounty) => remote.verifyBounty(...bounty),
        reverify: (...submission) => remote.reverify(...submission),
        wish: (...wish) => remote.wish(...wish),
        connectWallet: (persona, choice) => remote.connectWallet(persona, choice, choice.kind === 'webln' ? proxy(throwJson<WeblnBridge>(pageWebln())) : null),
        disconnectWallet: (persona) => remote.disconnectWallet(persona),
        wallet: (persona) => remote.wallet(persona),
        setCaps: (...caps) => remote.setCaps(...caps),
        payments: (persona) => remote.payments(persona),
        answerPayment: (...answer) => remote.answerPayment(...answer),
        accountForPayment: (...word) => remote.accountForPayment(...word),
        ledgerCsv: (persona) => remote.ledgerCsv(persona),
        mine: (...blocks) => remote.mine(...blocks),
      },
      subscribe(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    tell(event) {
      for (const listener of listeners) listener(event)
    },
  }
}

const KINDS: readonly string[] = ['bounties', 'payment', 'confirm', 'bountyError'] satisfies BountyEvent['kind'][]

/** Whether an event of the worker is about money. */
export function isBountyEvent(event: LabEvent | BountyEvent): event is BountyEvent {
  return KINDS.includes(event.kind)
}
