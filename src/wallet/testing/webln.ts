// A wallet extension for tests: a real wallet behind window.webln's methods, and a person who is asked.

import { bytesToHex } from '@noble/hashes/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { readInvoice } from '../invoice'
import type { OutgoingState, Wallet } from '../types'

export interface Webln {
  person: 'agrees' | 'refuses' | 'is away'
  /** The person answers what stands open: yes. */
  comeBack(): void
  enable(): Promise<void>
  getInfo(): Promise<{ node: { alias: string }; methods: (string | null)[] }>
  getBalance(): Promise<{ balance: number; currency: string }>
  makeInvoice(wish: { amount: number; defaultMemo?: string }): Promise<{ paymentRequest: string }>
  sendPayment(bolt11: string): Promise<{ preimage: string }>
  lookupInvoice(wish: { paymentHash: string }): Promise<{ paid: boolean; preimage?: string; paymentRequest: string }>
}

export function scriptedWebln(wallet: Wallet, person: Webln['person'] = 'agrees'): Webln {
  const invoices = new Map<string, string>()
  let answer: (() => void) | null = null

  async function prompt(): Promise<void> {
    if (webln.person === 'refuses') throw new Error('User rejected')
    if (webln.person === 'is away') await new Promise<void>((resolve) => (answer = resolve))
  }

  const webln: Webln = {
    person,
    comeBack() {
      webln.person = 'agrees'
      answer?.()
    },
    enable: prompt,
    async getInfo() {
      // hold methods come as null, as some extensions list what they lack
      return { node: { alias: (await wallet.info()).alias }, methods: ['getInfo', 'getBalance', 'makeInvoice', 'sendPayment', 'lookupInvoice', null] }
    },
    getBalance: async () => ({ balance: Math.floor((await wallet.info()).balanceMsat! / 1000), currency: 'sats' }),
    async makeInvoice({ amount, defaultMemo = '' }) {
      const { bolt11, paymentHash } = await wallet.makeInvoice({ amountMsat: amount * 1000, memo: defaultMemo, expirySeconds: 3600 })
      invoices.set(paymentHash, bolt11)
      return { paymentRequest: bolt11 }
    },
    async sendPayment(bolt11) {
      await prompt()
      const { paymentHash } = readInvoice(bolt11)
      invoices.set(paymentHash, bolt11)
      const over = new Promise<OutgoingState>((resolve) => {
        wallet.subscribe((event) => event.kind === 'outgoing' && event.paymentHash === paymentHash && event.state.state !== 'pending' && resolve(event.state))
      })
      const sent = await wallet.pay(bolt11, 1_000_000)
      const state = sent.state === 'paid' || sent.state === 'failed' ? sent : await over
      if (state.state !== 'paid') throw new Error('payment failed: no route')
      if (bytesToHex(sha256(Uint8Array.from(Buffer.from(state.preimage, 'hex')))) !== paymentHash) throw new Error('not paid')
      return { preimage: state.preimage }
    },
    async lookupInvoice({ paymentHash }) {
      const bolt11 = invoices.get(paymentHash)
      if (!bolt11) throw new Error('invoice not found')
      const out = await wallet.lookUpOutgoing(paymentHash)
      if (out.state === 'paid') return { paid: true, preimage: out.preimage, paymentRequest: bolt11 }
      return { paid: (await wallet.lookUpIncoming(paymentHash)).state === 'settled', paymentRequest: bolt11 }
    },
  }
  return webln
}
