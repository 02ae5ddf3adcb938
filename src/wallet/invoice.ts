// Lightning invoices (BOLT 11), read before anything is paid.

import { decode } from 'light-bolt11-decoder'
import { LabError } from '../core/errors'
import type { Invoice, WalletInfo } from './types'

/** Blocks that BOLT 11 means where an invoice does not say. */
const DEFAULT_CLTV = 18
const DEFAULT_EXPIRY_SECONDS = 3600
const MOST_CHARS = 4000

const NETWORKS: Record<string, WalletInfo['network']> = { bc: 'mainnet', tb: 'testnet', tbs: 'signet', bcrt: 'regtest' }

/**
 * Reads an invoice: checksum, amount, hash, expiry, lock time, network.
 * @throws LabError "pay.mismatch" for what is none, or names no amount
 */
export function readInvoice(bolt11: string): Invoice & { network: WalletInfo['network'] } {
  const text = bolt11.trim().toLowerCase().replace(/^lightning:/, '')
  if (text.length > MOST_CHARS) throw unreadable('It is too long.')
  let sections: { name: string; value?: unknown }[]
  try {
    sections = decode(text).sections
  } catch (cause) {
    throw unreadable('Its checksum or form is wrong.', cause)
  }
  const valueOf = (name: string): unknown => sections.find((section) => section.name === name)?.value
  const amountMsat = Number(valueOf('amount') ?? 0)
  const paymentHash = valueOf('payment_hash')
  const createdAt = Number(valueOf('timestamp'))
  if (!Number.isSafeInteger(amountMsat) || amountMsat <= 0) throw unreadable('It names no amount.')
  if (typeof paymentHash !== 'string' || !/^[0-9a-f]{64}$/.test(paymentHash)) throw unreadable('It names no payment hash.')
  const network = valueOf('coin_network') as { bech32?: string } | undefined
  return {
    bolt11: text,
    paymentHash,
    amountMsat,
    memo: String(valueOf('description') ?? '').slice(0, 640),
    createdAt,
    expiresAt: createdAt + Number(valueOf('expiry') ?? DEFAULT_EXPIRY_SECONDS),
    minFinalCltv: Number(valueOf('min_final_cltv_expiry') ?? DEFAULT_CLTV),
    network: NETWORKS[network?.bech32 ?? ''] ?? 'unknown',
  }
}

function unreadable(why: string, cause?: unknown): LabError {
  return new LabError('pay.mismatch', `This is no invoice that can be paid. ${why}`, { hint: 'Ask for a new invoice; nothing was sent.', cause })
}
