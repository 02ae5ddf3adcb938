// The host of a practice network: a hub that everybody has a channel with, and the miner. One context runs it.

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { LabError } from '../../core/errors'
import { blockFrames, MOST_MINED, readFrame, Stream, writeFrame, type Frame, type PracticeChannel, type PracticeMember } from './frames'
import { Hub } from './hub'
import { loadLdk, type Ldk } from './ldk'
import type { PracticeStore } from './store'

export interface HostOptions {
  store: PracticeStore
  /** at the address that members are told */
  channel: PracticeChannel
  /** LDK's WebAssembly: readLdkWasm in Node, the built asset in a browser */
  wasm(): Promise<Uint8Array>
  /** unix seconds */
  now?(): number
  /** play money that each member begins with, and can receive; sat */
  grantSat?: number
  /** a block is mined this often; 0: only when something must confirm or somebody asks */
  blockSeconds?: number
  /** how long a block waits for a member that does not answer */
  patienceMs?: number
  onFailure?(failure: LabError): void
}

export interface PracticeHost {
  /** Mines blocks, in step with the members that are there. @returns the height */
  mine(blocks: number): Promise<number>
  members(): PracticeMember[]
  height(): number
  close(): Promise<void>
}

interface Guest {
  name: string
  nodeId: string | null
  isOnline: boolean
  height: number
  stream: Stream | null
  /** how far both ends were at the last hello, where something was missing */
  missing: string
}

const MOST_GUESTS = 100
/** Blocks that are sent before members must have followed: far fewer than LDK leaves for giving a payment back. */
const STRIDE = 6

/** Starts or goes on with a practice network. @throws LabError pay.noWallet | store.* */
export async function createPracticeHost(options: HostOptions): Promise<PracticeHost> {
  const [ldk, stored] = await Promise.all([loadLdk(options.wasm), options.store.load()])
  const host = new Host(options, ldk, stored)
  await host.begin()
  return host
}

class Host implements PracticeHost {
  private readonly options: HostOptions
  private readonly hub: Hub
  /** by address */
  private readonly guests = new Map<string, Guest>()
  private readonly onAck = new Set<() => void>()
  private readonly timer: ReturnType<typeof setInterval> | undefined
  private readonly endListening: () => void
  private mining: Promise<unknown> = Promise.resolve()
  private isClosed = false

  constructor(options: HostOptions, ldk: Ldk, stored: ReadonlyMap<string, Uint8Array>) {
    this.options = options
    const { store, now = () => Math.floor(Date.now() / 1000), grantSat = 1_000_000, blockSeconds = 600 } = options
    for (const [key, bytes] of stored) if (key.startsWith('guest/')) this.guests.set(key.slice(6), newGuest(new TextDecoder().decode(bytes)))
    this.hub = new Hub({
      ldk, store, stored, now, grantSat,
      onBytes: (connection, bytes) => this.carry(connection, bytes),
      onWaiting: () => this.mineIfAsked(),
      onFailure: (failure) => this.options.onFailure?.(failure),
    }) // prettier-ignore
    this.endListening = options.channel.onMessage((from, bytes) => this.hear(from, bytes))
    this.timer = blockSeconds > 0 ? setInterval(() => this.inBackground(this.mine(1)), blockSeconds * 1000) : undefined
  }

  async begin(): Promise<void> {
    await this.hub.node.inTurn(() => this.hub.node.tick())
    for (const address of this.guests.keys()) this.welcome(address)
    this.mineIfAsked()
  }

  mine(blocks: number): Promise<number> {
    const turn = this.mining.then(async () => {
      for (let done = 0; done < Math.min(blocks, MOST_MINED); done += STRIDE) {
        for (let i = done; i < Math.min(blocks, done + STRIDE) && !this.isClosed; i++) await this.mineOne()
        await this.untilFollowed()
      }
      return this.height()
    })
    this.mining = turn.catch(() => undefined) // told to who asked
    return turn
  }

  members(): PracticeMember[] {
    return [...this.guests.values()].map(({ name, nodeId, isOnline }) => ({ name, nodeId, isOnline }))
  }

  height(): number {
    return this.hub.miner.tip().height
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    clearInterval(this.timer)
    this.endListening()
    await this.mining
    for (const [address, { stream }] of this.guests) if (stream) this.send(address, { kind: 'closed', connection: stream.id })
    await this.hub.node.inTurn(() => undefined).catch((thrown: unknown) => this.options.onFailure?.(LabError.from(thrown)))
    this.options.channel.close()
    await this.options.store.close()
  }

  private async mineOne(): Promise<void> {
    const block = await this.hub.mine()
    for (const [address, { isOnline }] of this.guests) if (isOnline) for (const said of blockFrames(this.height(), [block])) this.send(address, said)
  }

  /** Waits until those who are there have the last block; who does not answer in time is taken for gone. */
  private async untilFollowed(): Promise<void> {
    const behind = () => [...this.guests.values()].filter(({ isOnline, height }) => isOnline && height < this.height())
    if (behind().length === 0) return
    await new Promise<void>((done) => {
      const look = () => {
        if (behind().length > 0) return
        clearTimeout(timer)
        this.onAck.delete(look)
        done()
      }
      const timer = setTimeout(() => {
        for (const guest of behind()) guest.isOnline = false
        look()
      }, this.options.patienceMs ?? 3000)
      this.onAck.add(look)
    })
  }

  private mineIfAsked(): void {
    if (!this.isClosed && this.hub.miner.isAsked()) this.inBackground(this.mine(1))
  }

  private inBackground(work: Promise<unknown>): void {
    // a node that stops says so by onFailure; anything else is told here
    work.catch((thrown: unknown) => this.options.onFailure?.(LabError.from(thrown)))
  }

  private send(address: string, said: Frame): void {
    this.options.channel.send(address, writeFrame(said))
  }

  private hear(from: string, bytes: Uint8Array): void {
    const said = readFrame(bytes)
    if (!said || this.isClosed) return
    const guest = this.guests.get(from)
    if (said.kind === 'hello') return this.greet(from, said)
    if (!guest) return
    if (said.kind === 'data') this.take(from, guest, said)
    if (said.kind === 'closed' && guest.stream?.id === said.connection) this.hangUp(guest)
    if (said.kind === 'tx') this.inBackground(this.hub.node.inTurn(() => this.hub.offer(hexToBytes(said.hex))))
    if (said.kind === 'mine') this.inBackground(this.mine(said.blocks).then(() => this.send(from, { kind: 'mined', id: said.id })))
    if (said.kind === 'ack') {
      guest.height = Math.max(guest.height, said.height)
      for (const look of this.onAck) look()
    }
    if (said.kind === 'bye') {
      this.hangUp(guest)
      guest.isOnline = false
      for (const look of this.onAck) look()
    }
  }

  private greet(address: string, { name, nodeId, tip, stream }: Frame & { kind: 'hello' }): void {
    if (!this.guests.has(address) && this.guests.size >= MOST_GUESTS) return this.send(address, { kind: 'full' })
    if (tip && !this.hub.miner.has({ hash: hexToBytes(tip.hash), height: tip.height })) return this.send(address, { kind: 'foreign' })
    const guest = this.guests.get(address) ?? newGuest(name)
    const isNews = !guest.isOnline || guest.nodeId !== nodeId || guest.name !== name
    Object.assign(guest, { name, nodeId, isOnline: true, height: tip ? tip.height : this.height() })
    this.guests.set(address, guest)
    if (stream) this.compare(address, guest, stream)
    if (isNews) this.inBackground(this.hub.node.inTurn(() => this.hub.node.keep(`guest/${address}`, new TextEncoder().encode(name))))
    if (tip) for (const said of blockFrames(tip.height + 1, this.hub.miner.since(tip.height))) this.send(address, said)
    for (const [other, { isOnline }] of this.guests) if (other === address || (isOnline && isNews)) this.welcome(other)
  }

  /**
   * What is missing at two hellos running, with nothing come in between, is lost: the connection begins again. One that
   * nobody here knows was a host's before this one.
   */
  private compare(address: string, guest: Guest, theirs: ReturnType<Stream['counts']>): void {
    const own = guest.stream?.id === theirs.connection ? guest.stream.counts() : { sent: 0, taken: 0 }
    const isMissing = own.taken < theirs.sent || theirs.taken < own.sent
    const missing = isMissing ? JSON.stringify([theirs, own]) : ''
    if (isMissing && (missing === guest.missing || guest.stream === null)) {
      this.send(address, { kind: 'closed', connection: theirs.connection })
      this.hangUp(guest)
    }
    guest.missing = missing
  }

  private welcome(address: string): void {
    const { hash, height } = this.hub.miner.tip()
    this.send(address, { kind: 'welcome', hub: this.hub.node.id, tip: { hash: bytesToHex(hash), height }, members: this.members() })
  }

  private take(from: string, guest: Guest, said: Frame & { kind: 'data' }): void {
    let { stream } = guest
    if (stream?.id !== said.connection) {
      if (said.seq > 0) return this.send(from, { kind: 'closed', connection: said.connection })
      this.hangUp(guest) // it has started anew
      stream = new Stream(said.connection)
      guest.stream = stream
      this.inBackground(this.hub.node.inTurn(() => this.hub.node.accept(said.connection)))
    }
    const ready = stream.read(said)
    if (!ready) return this.lose(from, guest)
    if (ready.length === 0) return
    this.inBackground(
      this.hub.node.inTurn(() => {
        for (const bytes of ready) this.hub.node.read(said.connection, bytes)
        this.hub.openChannels()
      }),
    )
  }

  private lose(address: string, guest: Guest): void {
    if (guest.stream) this.send(address, { kind: 'closed', connection: guest.stream.id })
    this.hangUp(guest)
  }

  private hangUp(guest: Guest): void {
    const { stream } = guest
    guest.stream = null
    if (stream) this.inBackground(this.hub.node.inTurn(() => this.hub.node.hangUp(stream.id)))
  }

  private carry(connection: string, bytes: Uint8Array | null): void {
    const [address, guest] = [...this.guests].find(([, { stream }]) => stream?.id === connection) ?? []
    if (!address || !guest?.stream) return
    if (bytes) for (const said of guest.stream.write(bytes)) this.send(address, said)
    else this.lose(address, guest)
  }
}

const newGuest = (name: string): Guest => ({ name, nodeId: null, isOnline: false, height: 0, stream: null, missing: '' })
