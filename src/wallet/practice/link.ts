// A member's side of a practice network: its node, the connection to the hub, and the blocks.

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { ChannelDetails, Event } from 'lightningdevkit'
import { LabError } from '../../core/errors'
import type { WalletEvent } from '../types'
import { follows, type Block, type Tip } from './chain'
import { blocksOf, MOST_MINED, newConnection, readFrame, Stream, writeFrame, type Frame, type PracticeChannel, type PracticeMember } from './frames'
import type { Ldk } from './ldk'
import { LightningNode } from './node'
import type { PracticeStore } from './store'

export interface LinkDeps {
  ldk: Ldk
  name: string
  host: string
  channel: PracticeChannel
  store: PracticeStore
  stored: ReadonlyMap<string, Uint8Array>
  helloSeconds: number
  now(): number
  onEvent(event: Event, node: LightningNode): void
  tell(event: WalletEvent): void
}

const FOREIGN = 'The practice network was begun anew: forget this practice wallet and join again.'
const FULL = 'The practice network is full.'
/** A host that mines this long mines no more. */
const MINING_MS = 120_000

export class Link {
  /** null until the host has said where the chain ends */
  node: LightningNode | null = null
  isUsable = false
  members: PracticeMember[] = []
  private readonly deps: LinkDeps
  private hub: string | null = null
  private hostHeight = 0
  private stream: Stream | null = null
  /** why nothing goes any more */
  private end: LabError | null = null
  private readonly asked = new Map<string, { done(): void; fail(error: LabError): void }>()
  private readonly timer: ReturnType<typeof setInterval>
  private readonly endListening: () => void

  constructor(deps: LinkDeps) {
    this.deps = deps
    // where it begins does not matter to a node that has begun
    if (deps.stored.has('manager')) this.node = this.newNode({ hash: new Uint8Array(32), height: 0 })
    this.endListening = deps.channel.onMessage((from, bytes) => this.hear(from, bytes))
    this.timer = setInterval(() => this.look(), deps.helloSeconds * 1000)
    deps.channel.onOpen?.(() => !this.end && this.hello())
    this.hello()
  }

  /** @throws LabError "pay.offline" while there is no node, or why it has stopped */
  inTurn<T>(work: (node: LightningNode) => T): Promise<T> {
    const { node, end } = this
    return end || !node ? Promise.reject(end ?? offline()) : node.inTurn(() => work(node))
  }

  /** Like inTurn, where the hub is needed. */
  online<T>(work: (node: LightningNode) => T): Promise<T> {
    return this.isUsable ? this.inTurn(work) : Promise.reject(this.end ?? offline())
  }

  /** Asks the host for blocks. @returns the height then */
  async mine(blocks: number): Promise<number> {
    if (!this.hub || this.end) throw this.end ?? offline()
    const id = newConnection()
    let timer: ReturnType<typeof setTimeout> | undefined
    await new Promise<void>((done, fail) => {
      this.asked.set(id, { done, fail })
      timer = setTimeout(() => fail(offline()), MINING_MS)
      this.send({ kind: 'mine', id, blocks: Math.min(blocks, MOST_MINED) })
    }).finally(() => {
      clearTimeout(timer)
      this.asked.delete(id)
    })
    return this.node?.tip().height ?? this.hostHeight
  }

  /** The failure that ended it, or that it is offline. */
  problem(): LabError {
    return this.end ?? offline()
  }

  async close(): Promise<void> {
    clearInterval(this.timer)
    this.endListening()
    // what is under way is kept and sent; nothing is heard after it
    await this.node?.inTurn(() => undefined).catch((failure: LabError) => this.stop(failure))
    this.end ??= new LabError('pay.noWallet', 'The practice wallet is closed.', { hint: 'Open it again.' })
    for (const { fail } of this.asked.values()) fail(this.end)
    this.isUsable = false
    this.deps.tell({ kind: 'offline', reason: this.end.message }) // nobody has to wait for it any more
    this.send({ kind: 'bye' })
    this.deps.channel.close()
    await this.deps.store.close()
  }

  private newNode(tip: Tip): LightningNode {
    const { ldk, store, now, stored, onEvent } = this.deps
    return new LightningNode(
      {
        ldk,
        store,
        now,
        onEvent,
        onBroadcast: (raw) => this.send({ kind: 'tx', hex: bytesToHex(raw) }),
        onBytes: (connection, bytes) => this.carry(connection, bytes),
        onFailure: (failure) => this.stop(failure),
      },
      stored,
      tip,
    )
  }

  private stop(failure: LabError): void {
    this.end ??= failure
    for (const { fail } of this.asked.values()) fail(failure)
    this.isUsable = false
    this.deps.tell({ kind: 'offline', reason: failure.message })
  }

  private send(said: Frame): void {
    this.deps.channel.send(this.deps.host, writeFrame(said))
  }

  private hello(): void {
    const { node, stream } = this
    const tip = node?.tip()
    this.send({
      kind: 'hello', name: this.deps.name, nodeId: node?.id ?? null,
      tip: tip ? { hash: bytesToHex(tip.hash), height: tip.height } : null,
      stream: stream?.counts() ?? null,
    }) // prettier-ignore
  }

  /** By the clock: what is due again. The host sees from the hello whether anything was lost. */
  private look(): void {
    if (this.end) return
    this.inBackground(this.node?.inTurn(() => this.node?.tick()))
    this.hello()
  }

  private hear(from: string, bytes: Uint8Array): void {
    if (from !== this.deps.host || this.end) return
    const said = readFrame(bytes)
    if (said?.kind === 'welcome') this.inBackground(this.join(said))
    if (said?.kind === 'blocks') this.inBackground(this.connect(said.from, blocksOf(said)))
    if (said?.kind === 'data') this.take(said)
    if (said?.kind === 'closed' && said.connection === this.stream?.id) this.hangUp()
    if (said?.kind === 'mined') this.asked.get(said.id)?.done()
    if (said?.kind === 'foreign') this.stop(new LabError('pay.noWallet', FOREIGN))
    if (said?.kind === 'full') this.stop(new LabError('pay.noWallet', FULL))
  }

  private async join({ hub, tip, members }: Frame & { kind: 'welcome' }): Promise<void> {
    this.hub = hub
    this.members = members
    this.hostHeight = tip.height
    if (!this.node) {
      this.node = this.newNode({ hash: hexToBytes(tip.hash), height: tip.height })
      await this.node.inTurn(() => undefined)
      this.hello()
    }
    const { id } = this.node
    // a host that has begun anew does not know of the connection: its answer to a hello ends it
    if (this.stream && !members.some(({ nodeId, isOnline }) => isOnline && nodeId === id)) this.hello()
    await this.node.inTurn(() => this.dial())
  }

  /** In a turn: calls the hub, once all blocks are here: a payment is judged by the height. */
  private dial(): void {
    if (this.stream || !this.hub || !this.node || this.node.tip().height < this.hostHeight) return
    this.stream = new Stream(newConnection())
    this.node.dial(this.stream.id, hexToBytes(this.hub))
  }

  private async connect(from: number, blocks: Block[]): Promise<void> {
    const { node } = this
    if (!node) return
    await node.inTurn(() => {
      for (const [i, block] of blocks.entries()) {
        const tip = node.tip()
        if (from + i <= tip.height) continue
        if (from + i > tip.height + 1) return this.hello() // some are missing
        if (!follows(block, tip)) throw new LabError('pay.offline', FOREIGN)
        node.connectBlock(block)
        node.after(() => this.deps.tell({ kind: 'height', height: tip.height + 1 }))
      }
      this.dial()
    })
    this.send({ kind: 'ack', height: node.tip().height })
    this.compare()
  }

  private take(said: Frame & { kind: 'data' }): void {
    const { stream, node } = this
    if (!node || stream?.id !== said.connection) return
    const ready = stream.read(said)
    if (!ready) return this.hangUp()
    if (ready.length > 0) this.inBackground(node.inTurn(() => ready.forEach((bytes) => node.read(said.connection, bytes))).then(() => this.compare()))
  }

  private carry(connection: string, bytes: Uint8Array | null): void {
    if (this.stream?.id === connection) {
      if (bytes) for (const said of this.stream.write(bytes)) this.send(said)
      else this.hangUp()
    }
    this.compare()
  }

  private hangUp(): void {
    const { stream, node } = this
    this.stream = null
    if (!stream || !node) return
    this.send({ kind: 'closed', connection: stream.id })
    this.inBackground(node.inTurn(() => node.hangUp(stream.id)).then(() => this.compare()))
    this.hello() // its answer dials again
  }

  /** Says whether it can pay and be paid, when that has changed. */
  private compare(): void {
    const isUsable = !this.end && this.stream !== null && this.node !== null && this.node.channels().some((channel) => channel.get_is_usable() && hasWayIn(channel))
    if (isUsable === this.isUsable) return
    this.isUsable = isUsable
    this.deps.tell(isUsable ? { kind: 'online' } : { kind: 'offline', reason: 'The host of the practice network does not answer.' })
  }

  private inBackground(work: Promise<unknown> | undefined): void {
    work?.catch((thrown: unknown) => this.deps.tell({ kind: 'offline', reason: LabError.from(thrown).message }))
  }
}

/** Whether the hub has said how it passes payments on, which invoices tell their payers. */
function hasWayIn(channel: ChannelDetails): boolean {
  // the bindings give an object where there is nothing, too, and crash when it is asked
  return (channel.get_counterparty().get_forwarding_info() as unknown as { ptr: bigint }).ptr !== 0n
}

function offline(): LabError {
  return new LabError('pay.offline', 'The practice network does not answer.', { hint: 'Open the tab that hosts it; nothing was sent.' })
}
