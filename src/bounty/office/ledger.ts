// Every payment as a line of a table that a spreadsheet reads (RFC 4180). Titles come from strangers, and a spreadsheet
// takes a cell that begins with = + - @ for a formula: such a cell gets an apostrophe first.

import { isClaimed } from '../../wallet/outcome'
import type { PaymentRow } from '../../wallet/types'

const HEAD = [
  'created', 'updated', 'direction', 'state', 'amount (sat)', 'fee (sat)', 'money', 'wallet', 'to', 'why', 'locked until', 'payment hash', 'preimage', 'key',
] as const // prettier-ignore

/** The ledger, oldest first; lines end with CRLF. Amounts are sats to the msat, times ISO 8601. */
export function ledgerCsv(rows: readonly PaymentRow[]): string {
  const lines = [...rows].sort((a, b) => a.createdAt - b.createdAt || a.key.localeCompare(b.key)).map(cellsOf)
  return [HEAD, ...lines].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('')
}

function cellsOf(row: PaymentRow): string[] {
  const { createdAt, updatedAt, direction, state, amountMsat, feeMsat, isPlayMoney, wallet, toWhom, why, lockedUntil, paymentHash, preimage, key } = row
  const stateText = state.state === 'refused' ? `refused by the ${state.by}` : isClaimed(state) ? 'failed, as the person said' : state.state
  return [
    iso(createdAt), iso(updatedAt), direction === 'out' ? 'paid' : 'received', stateText, sats(amountMsat), sats(feeMsat), isPlayMoney ? 'play money' : 'bitcoin',
    wallet, toWhom, why, lockedUntil ? iso(lockedUntil.at) : '', paymentHash, preimage ?? '', key,
  ] // prettier-ignore
}

/** One cell: disarmed, and quoted where it holds a comma, a quote or a line end. */
export function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const iso = (seconds: number) => new Date(seconds * 1000).toISOString()

function sats(msat: number): string {
  const rest = msat % 1000
  return rest === 0 ? String(msat / 1000) : `${Math.floor(msat / 1000)}.${String(rest).padStart(3, '0')}`
}
