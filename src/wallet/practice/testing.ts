// A practice network for tests: in memory, mined on demand only, and able to crash: what is not in the store is lost.

import { bytesToHex } from '@noble/hashes/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { IncomingState, OutgoingState, WalletEvent } from '../types'
import { memoryNetwork } from './channels'
import type { PracticeChannel } from './frames'
import { createPracticeHost, type PracticeHost } from './host'
import { readLdkWasm } from './ldkFile'
import { openMemoryStore } from './store'
import { createPracticeWallet, type PracticeWallet } from './wallet'

export class TestNetwork {
  readonly open = memoryNetwork()
  /** unix seconds; stands still unless a test moves it */
  clock = 1_800_000_000
  host!: PracticeHost
  readonly failures: unknown[] = []
  private readonly kept = new Map<string, Map<string, Uint8Array>>()
  private readonly channels = new Map<string, PracticeChannel>()

  static async start(): Promise<TestNetwork> {
    const network = new TestNetwork()
    await network.startHost()
    return network
  }

  async startHost(): Promise<void> {
    const channel = this.open('host')
    this.channels.set('host', channel)
    this.host = await createPracticeHost({
      store: openMemoryStore(this.bytesOf('host')), channel, wasm: readLdkWasm, now: () => this.clock, blockSeconds: 0, patienceMs: 50,
      onFailure: (failure) => this.failures.push(failure),
    }) // prettier-ignore
  }

  /** Opens a member's wallet, or opens it again. */
  async join(name: string, wrap: (channel: PracticeChannel) => PracticeChannel = (channel) => channel, helloSeconds = 5): Promise<PracticeWallet> {
    const channel = wrap(this.open(name))
    this.channels.set(name, channel)
    const store = openMemoryStore(this.bytesOf(name))
    const wallet = await createPracticeWallet({ name, store, channel, host: 'host', wasm: readLdkWasm, now: () => this.clock, helloSeconds })
    await wallet.untilOnline(10_000)
    return wallet
  }

  /** Ends a member without a word: whatever was not kept is gone. */
  crash(name: string): void {
    this.channels.get(name)!.close()
    this.kept.set(name, new Map(this.bytesOf(name)))
  }

  bytesOf(name: string): Map<string, Uint8Array> {
    const bytes = this.kept.get(name) ?? new Map<string, Uint8Array>()
    this.kept.set(name, bytes)
    return bytes
  }
}

/** A secret and its hash. */
export function newSecret(): { preimage: string; paymentHash: string } {
  const preimage = crypto.getRandomValues(new Uint8Array(32))
  return { preimage: bytesToHex(preimage), paymentHash: bytesToHex(sha256(preimage)) }
}

/** Waits for a state of a payment that has been made or is to come. */
export async function until(wallet: PracticeWallet, direction: 'incoming' | 'outgoing', paymentHash: string, state: IncomingState['state'] | OutgoingState['state']) {
  const look = () => (direction === 'incoming' ? wallet.lookUpIncoming(paymentHash) : wallet.lookUpOutgoing(paymentHash))
  let hear: (event: WalletEvent) => void = () => undefined
  const heard = new Promise<void>((done) => {
    hear = (event) => event.kind === direction && event.paymentHash === paymentHash && event.state.state === state && done()
  })
  const end = wallet.subscribe(hear)
  if ((await look()).state !== state) await heard
  end()
  return look()
}
