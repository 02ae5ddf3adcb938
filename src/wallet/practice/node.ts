// One Lightning node. Everything it does is a turn: what has come in meanwhile, then LDK until it is quiet, then what
// changed to the store in one piece, and only then the messages that came of it. So whatever the other side knows, a
// restart knows, too.

import { bytesToHex } from '@noble/hashes/utils.js'
import type { ChannelDetails, ChannelManager, Event, PeerManager, SocketDescriptor } from 'lightningdevkit'
import { LabError } from '../../core/errors'
import { storeError } from '../../history/storeErrors'
import { blockHash, blockTime, type Block, type Tip } from './chain'
import type { Ldk } from './ldk'
import { newManager, nodeParts, readManager, type NodeParts } from './nodeParts'
import type { PracticeStore } from './store'
import { Turns } from './turns'

export interface NodeDeps {
  ldk: Ldk
  store: PracticeStore
  now(): number
  /** In a turn; may call the manager. */
  onEvent(event: Event, node: LightningNode): void
  /** In a turn: a transaction to be mined. */
  onBroadcast(raw: Uint8Array): void
  /** After a turn: bytes for the other end of a connection; null: it is closed. */
  onBytes(connection: string, bytes: Uint8Array | null): void
  /** The node has stopped: what it knows could not be kept, or LDK broke. Nothing has left since. */
  onFailure(failure: LabError): void
}

const MOST_PASSES = 1000
/** unix seconds of a new node, where the chain has no block yet */
const IN_THE_PAST = 1_600_000_000

export class LightningNode {
  readonly id: string
  readonly manager: ChannelManager
  private readonly deps: NodeDeps
  private readonly parts: NodeParts
  private readonly peers: PeerManager
  private readonly sockets = new Map<string, SocketDescriptor>()
  private outbox: { connection: string; bytes: Uint8Array | null }[] = []
  private changes = new Map<string, Uint8Array | null>()
  private afterwards: (() => void)[] = []
  private readonly turns = new Turns({ finish: () => this.finish(), stop: (thrown) => this.stop(thrown) })
  private socketCount = 0n
  private clock: number

  /** @param stored all of the store @param tip where a node without a past begins */
  constructor(deps: NodeDeps, stored: ReadonlyMap<string, Uint8Array>, tip: Tip) {
    this.deps = deps
    const { ldk } = deps
    const seed = stored.get('seed') ?? crypto.getRandomValues(new Uint8Array(32))
    this.parts = nodeParts({
      ldk, seed, now: deps.now,
      onMonitor: (key, bytes) => this.keep(`monitor/${key}`, bytes),
      onBroadcast: deps.onBroadcast,
    }) // prettier-ignore
    const manager = stored.get('manager')
    const monitors = [...stored].filter(([key]) => key.startsWith('monitor/')).map(([, bytes]) => bytes)
    this.manager = manager ? readManager(this.parts, manager, monitors) : newManager(this.parts, tip, IN_THE_PAST)
    if (!manager) {
      this.keep('seed', seed)
      this.keep('manager', this.manager.write())
    }
    this.clock = Number(new TextDecoder().decode(stored.get('clock'))) || IN_THE_PAST
    this.id = bytesToHex(this.manager.get_our_node_id())
    const nothing = ldk.IgnoringMessageHandler.constructor_new()
    this.peers = ldk.PeerManager.constructor_new(
      this.manager.as_ChannelMessageHandler(), nothing.as_RoutingMessageHandler(), nothing.as_OnionMessageHandler(), nothing.as_CustomMessageHandler(),
      deps.now(), crypto.getRandomValues(new Uint8Array(32)), this.parts.logger, this.parts.keys.as_NodeSigner(),
    ) // prettier-ignore
  }

  /**
   * Does something with the node in the next turn. A LabError of `work` is the caller's; any other failure stops the node.
   * @returns when what came of it is kept and sent
   */
  inTurn<T>(work: () => T): Promise<T> {
    return this.turns.add(work)
  }

  /** In a turn: written with what the turn changes. */
  keep(key: string, bytes: Uint8Array | null): void {
    this.changes.set(key, bytes)
  }

  /** In a turn: done when it is kept. */
  after(work: () => void): void {
    this.afterwards.push(work)
  }

  tip(): Tip {
    const best = this.manager.current_best_block()
    return { hash: best.get_block_hash(), height: best.get_height() }
  }

  /** What LDK takes for the time: unix seconds of the newest block. */
  chainTime(): number {
    return this.clock
  }

  channels(): ChannelDetails[] {
    return this.manager.list_channels()
  }

  /** In a turn. */
  connectBlock(block: Block): void {
    const { TwoTuple_usizeTransactionZ } = this.deps.ldk
    const height = this.tip().height + 1
    // the coinbase is the first; each listener takes its own
    const txs = () => block.txs.map((raw, i) => TwoTuple_usizeTransactionZ.constructor_new(i + 1, raw))
    this.parts.monitors.as_Listen().filtered_block_connected(block.header, txs(), height)
    this.manager.as_Listen().filtered_block_connected(block.header, txs(), height)
    if (bytesToHex(this.tip().hash) !== bytesToHex(blockHash(block))) throw new Error('a block was not taken')
    this.clock = Math.max(this.clock, blockTime(block))
    this.keep('clock', new TextEncoder().encode(String(this.clock)))
  }

  /** In a turn: what time alone asks for. */
  tick(): void {
    this.manager.timer_tick_occurred()
    this.parts.monitors.rebroadcast_pending_claims()
  }

  /** In a turn: connects to a node as the one who calls. */
  dial(connection: string, nodeId: Uint8Array): void {
    const { ldk } = this.deps
    const first = this.peers.new_outbound_connection(nodeId, this.socket(connection), ldk.Option_SocketAddressZ.constructor_none())
    if (first instanceof ldk.Result_CVec_u8ZPeerHandleErrorZ_OK) this.outbox.push({ connection, bytes: first.res })
    else this.forget(connection)
  }

  /** In a turn: is called. */
  accept(connection: string): void {
    const { ldk } = this.deps
    if (!this.peers.new_inbound_connection(this.socket(connection), ldk.Option_SocketAddressZ.constructor_none()).is_ok()) this.forget(connection)
  }

  /** In a turn. */
  read(connection: string, bytes: Uint8Array): void {
    const socket = this.sockets.get(connection)
    if (socket && !this.peers.read_event(socket, bytes).is_ok()) this.forget(connection)
  }

  /** In a turn: the other end is gone. */
  hangUp(connection: string): void {
    const socket = this.sockets.get(connection)
    if (!socket) return
    this.sockets.delete(connection)
    this.peers.socket_disconnected(socket)
  }

  /** Those with whom a connection is up, in hex. */
  peerIds(): string[] {
    return this.peers.list_peers().map((peer) => bytesToHex(peer.get_counterparty_node_id()))
  }

  private socket(connection: string): SocketDescriptor {
    const number = ++this.socketCount
    const socket = this.deps.ldk.SocketDescriptor.new_impl({
      send_data: (bytes) => {
        if (this.sockets.has(connection)) this.outbox.push({ connection, bytes: bytes.slice() })
        return bytes.length
      },
      disconnect_socket: () => this.forget(connection),
      eq: (other) => other.hash() === number,
      hash: () => number,
    })
    this.sockets.set(connection, socket)
    return socket
  }

  /** LDK is done with it. */
  private forget(connection: string): void {
    if (this.sockets.delete(connection)) this.outbox.push({ connection, bytes: null })
  }

  private async finish(): Promise<void> {
    this.untilQuiet()
    if (this.manager.get_and_clear_needs_persistence()) this.keep('manager', this.manager.write())
    if (this.changes.size > 0) {
      const { changes } = this
      this.changes = new Map()
      await this.deps.store.put(changes)
    }
    const { outbox, afterwards } = this
    this.outbox = []
    this.afterwards = []
    for (const { connection, bytes } of outbox) this.deps.onBytes(connection, bytes)
    for (const tell of afterwards) tell()
  }

  private stop(thrown: unknown): LabError {
    const isBroken = thrown instanceof WebAssembly.RuntimeError
    const failure = isBroken
      ? new LabError('lab.internal', 'The practice node broke.', { hint: 'Reload the page: the node goes on from what it last kept.', cause: thrown })
      : storeError(thrown, 'keeping the practice wallet')
    this.outbox = []
    this.afterwards = []
    this.deps.onFailure(failure)
    return failure
  }

  private untilQuiet(): void {
    for (let pass = 0; pass < MOST_PASSES; pass++) {
      const sent = this.outbox.length
      this.peers.process_events()
      if (!this.takeEvents() && this.outbox.length === sent) return
    }
    throw new Error('the node does not come to rest')
  }

  private takeEvents(): boolean {
    const { ldk } = this.deps
    const events: Event[] = []
    const handler = ldk.EventHandler.new_impl({
      handle_event: (event) => {
        events.push(event)
        return ldk.Result_NoneReplayEventZ.constructor_ok()
      },
    })
    this.manager.as_EventsProvider().process_pending_events(handler)
    this.parts.monitors.as_EventsProvider().process_pending_events(handler)
    for (const event of events) {
      if (event instanceof ldk.Event_PendingHTLCsForwardable) this.manager.process_pending_htlc_forwards()
      else this.deps.onEvent(event, this)
    }
    return events.length > 0
  }
}
