// The hub of a practice network: a node that everybody has a channel with, and the blocks that confirm them.

import { hexToBytes } from '@noble/hashes/utils.js'
import type { Event } from 'lightningdevkit'
import { fundingTx, type Block } from './chain'
import { Miner } from './miner'
import { LightningNode, type NodeDeps } from './node'

export interface HubDeps extends Omit<NodeDeps, 'onEvent' | 'onBroadcast'> {
  stored: ReadonlyMap<string, Uint8Array>
  /** sat on either side of each channel */
  grantSat: number
  /** There is something to confirm. */
  onWaiting(): void
}

/** Reserve that LDK asks of each side of a channel, sat: not spendable, so put on top. */
const RESERVE_SAT = 1000
/** For the fees of the channel's own transactions, which whoever opened it pays. */
const FEES_SAT = 100_000

export class Hub {
  readonly node: LightningNode
  readonly miner: Miner
  private readonly deps: HubDeps

  constructor(deps: HubDeps) {
    const { ldk, store, stored, now, onBytes, onFailure } = deps
    this.deps = deps
    const genesis = ldk.BestBlock.constructor_from_network(ldk.Network.LDKNetwork_Regtest)
    this.miner = new Miner({ hash: genesis.get_block_hash(), height: 0 }, stored)
    // what LDK broadcasts while it is being read again comes before there is a node to keep it
    const early: Uint8Array[] = []
    let offer = (raw: Uint8Array): void => {
      early.push(raw)
    }
    const onEvent = (event: Event, node: LightningNode) => this.hear(event, node)
    this.node = new LightningNode({ ldk, store, now, onEvent, onBroadcast: (raw) => offer(raw), onBytes, onFailure }, stored, this.miner.tip())
    offer = (raw) => this.offer(raw)
    early.forEach(offer)
  }

  /** Mines a block. @returns it, once it is kept */
  async mine(): Promise<Block> {
    return this.node.inTurn(() => {
      const { block, changes } = this.miner.mine(this.deps.now())
      for (const [key, bytes] of changes) this.node.keep(key, bytes)
      this.node.connectBlock(block)
      if (this.miner.isAsked()) this.node.after(() => this.deps.onWaiting())
      return block
    })
  }

  /** In a turn: a transaction from anybody, for the next block. */
  offer(raw: Uint8Array): void {
    const key = this.miner.offer(raw)
    if (!key) return
    this.node.keep(key, raw)
    this.node.after(() => this.deps.onWaiting())
  }

  /** In a turn: a channel for everybody who has none, with as much to spend on either side. */
  openChannels(): void {
    const { grantSat } = this.deps
    const { manager } = this.node
    for (const peer of this.node.peerIds().map((id) => hexToBytes(id))) {
      if (manager.list_channels_with_counterparty(peer).length > 0) continue
      const opened = manager.create_channel(peer, BigInt(2 * (grantSat + RESERVE_SAT) + FEES_SAT), BigInt((grantSat + RESERVE_SAT) * 1000), 1n, null, null)
      if (!opened.is_ok()) throw new Error('the hub could not open a channel')
    }
  }

  private hear(event: Event, node: LightningNode): void {
    if (event instanceof this.deps.ldk.Event_FundingGenerationReady) {
      const funding = fundingTx(event.channel_value_satoshis, event.output_script)
      // refused where the member has gone meanwhile: it gets another channel when it is back
      node.manager.funding_transaction_generated(event.temporary_channel_id, event.counterparty_node_id, funding)
    }
  }
}
