// The practice wallet: one member of a practice network, behind the interface that every wallet has. See README.md.

import { bytesToHex } from '@noble/hashes/utils.js'
import type { LabError } from '../../core/errors'
import type { Wallet, WalletEvent } from '../types'
import { PaymentBook, spendableMsat } from './book'
import type { PracticeChannel, PracticeMember } from './frames'
import { loadLdk } from './ldk'
import { Link } from './link'
import type { LightningNode } from './node'
import type { PracticeStore } from './store'

export interface PracticeOptions {
  /** what the others call this member, at most 40 characters */
  name: string
  store: PracticeStore
  /** at an address of this member's own, the same after every restart */
  channel: PracticeChannel
  /** the host's address on that channel */
  host: string
  /** LDK's WebAssembly: readLdkWasm in Node, fetchLdkWasm in a browser */
  wasm(): Promise<Uint8Array>
  /** unix seconds */
  now?(): number
  /** how often a lost message is looked for */
  helloSeconds?: number
}

export interface PracticeWallet extends Wallet {
  /** Asks the host for blocks: time passes, and locks end. @returns the height. @throws LabError "pay.offline" */
  mine(blocks: number): Promise<number>
  /** Who takes part, as the host last said. */
  members(): PracticeMember[]
  /** Resolves when it can pay and be paid. @throws LabError "pay.offline" after `timeoutMs` */
  untilOnline(timeoutMs: number): Promise<void>
}

/**
 * Joins a practice network, or goes on as a member of it. It resolves at once; a new member's channel takes a block.
 * @throws LabError pay.noWallet | store.*
 */
export async function createPracticeWallet(options: PracticeOptions): Promise<PracticeWallet> {
  const { now = () => Math.floor(Date.now() / 1000), helloSeconds = 5 } = options
  const [ldk, stored] = await Promise.all([loadLdk(options.wasm), options.store.load()])
  const id = stored.get('id') ?? crypto.getRandomValues(new Uint8Array(8))
  if (!stored.has('id')) await options.store.put(new Map([['id', id]]))
  const listeners = new Set<(event: WalletEvent) => void>()
  const tell = (event: WalletEvent) => {
    for (const listener of listeners) listener(event)
  }
  const book = new PaymentBook({ ldk, now, tell }, stored)
  const link = new Link({ ...options, ldk, stored, now, helloSeconds, tell, onEvent: (event, node) => book.hear(event, node) })
  const subscribe = (listener: (event: WalletEvent) => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  /** What is being done comes first. */
  const idle = async () => {
    if (link.node) await link.inTurn(() => undefined)
  }
  const kind = 'practice'

  return {
    kind,
    id: bytesToHex(id),
    async info() {
      const { node } = link
      return {
        kind, alias: options.name, isPlayMoney: true, network: 'regtest', canHold: true, canLookUp: true, budget: null,
        balanceMsat: node ? spendableMsat(node) : null, height: node ? node.tip().height : null,
      } // prettier-ignore
    },
    makeInvoice: (request) => link.online((node) => book.makeInvoice(node, request)),
    makeHoldInvoice: (request) => link.online((node) => book.makeHoldInvoice(node, request)),
    async pay(bolt11, maxFeeMsat) {
      const work = (node: LightningNode) => book.pay(node, bolt11, maxFeeMsat)
      // what was sent is known without the hub
      return book.paidOrPending(bolt11) ? link.inTurn(work) : link.online(work)
    },
    async lookUpOutgoing(paymentHash, bolt11) {
      await idle()
      return book.lookUpOutgoing(paymentHash, bolt11 !== undefined)
    },
    async lookUpIncoming(paymentHash) {
      await idle()
      return book.lookUpIncoming(paymentHash)
    },
    settle: (preimage) => link.inTurn((node) => book.settle(node, preimage)),
    cancel: (paymentHash) => link.inTurn((node) => book.cancel(node, paymentHash)),
    subscribe,
    mine: (blocks) => link.mine(blocks),
    members: () => link.members,
    async untilOnline(timeoutMs) {
      if (link.isUsable) return
      await new Promise<void>((done, fail: (problem: LabError) => void) => {
        const over = () => {
          clearTimeout(timer)
          end()
          if (link.isUsable) done()
          else fail(link.problem())
        }
        const timer = setTimeout(over, timeoutMs)
        const end = subscribe(({ kind: change }) => {
          if (change === 'online' || (change === 'offline' && link.problem().code !== 'pay.offline')) over()
        })
      })
    },
    close: () => link.close(),
  }
}
