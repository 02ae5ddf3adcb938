// Money for tests of wallets: practice nodes, a real relay, and wallet services that may misbehave.

import { WebSocket } from 'ws'
import { TestNetwork } from '../practice/testing'
import type { PracticeWallet } from '../practice/wallet'
import { openNwcWallet } from '../nwc/wallet'
import type { NwcTimes } from '../nwc/client'
import type { PaymentRow, PaymentStore, Wallet, WalletEvent } from '../types'
import { startNwcService, type NwcService, type ServiceOptions } from './nwcService'
import { startRelay, type TestRelay } from './relay'

/** Long enough for any machine; what is to be silent in a test gets less. */
const PATIENT: NwcTimes = { connectMs: 20_000, replyMs: 20_000, payMs: 20_000 }

export class Money {
  readonly network: TestNetwork
  readonly relay: TestRelay
  readonly sponsor: PracticeWallet
  readonly hunter: PracticeWallet
  private readonly open: { close(): unknown }[] = []

  private constructor(network: TestNetwork, relay: TestRelay, sponsor: PracticeWallet, hunter: PracticeWallet) {
    this.network = network
    this.relay = relay
    this.sponsor = sponsor
    this.hunter = hunter
  }

  static async start(): Promise<Money> {
    globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket // Node 20 has none
    const [network, relay] = await Promise.all([TestNetwork.start(), startRelay()])
    network.clock = Math.floor(Date.now() / 1000)
    const [sponsor, hunter] = await Promise.all([network.join('sponsor'), network.join('hunter')])
    return new Money(network, relay, sponsor, hunter)
  }

  /** A wallet service for one of them. */
  async serve(wallet: Wallet, options: Partial<ServiceOptions> = {}): Promise<NwcService> {
    const service = await startNwcService({ wallet, relay: this.relay.url, ...options })
    this.open.push(service)
    return service
  }

  /** A connection to a service. */
  connect({ uri }: { uri: string }, times: Partial<NwcTimes> = {}): Wallet {
    const wallet = openNwcWallet(uri, { ...PATIENT, ...times })
    this.open.push(wallet)
    return wallet
  }

  async balances(): Promise<{ sponsor: number; hunter: number }> {
    const [sponsor, hunter] = await Promise.all([this.sponsor.info(), this.hunter.info()])
    return { sponsor: sponsor.balanceMsat!, hunter: hunter.balanceMsat! }
  }

  /** Ends what `serve` and `connect` opened. */
  async rest(): Promise<void> {
    for (const one of this.open.splice(0).reverse()) await one.close()
  }

  async close(): Promise<void> {
    await this.rest()
    await Promise.all([this.sponsor.close(), this.hunter.close()])
    await this.network.host.close()
    await this.relay.close()
  }
}

/** What a wallet says, for `expect.poll`. */
export function listen(wallet: Wallet): WalletEvent[] {
  const events: WalletEvent[] = []
  wallet.subscribe((event) => events.push(event))
  return events
}

/** A till's rows in memory; they outlive a till. */
export function memoryPayments(rows = new Map<string, PaymentRow>()): PaymentStore & { rows: Map<string, PaymentRow> } {
  return {
    rows,
    payments: async () => structuredClone([...rows.values()]),
    payment: async (key) => structuredClone(rows.get(key) ?? null),
    savePayment: async (row) => void rows.set(row.key, structuredClone(row)),
  }
}
