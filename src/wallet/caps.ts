// Caps on spending. Locked money counts as spent: it may be gone tomorrow.

import type { PaymentRow, SpendingCaps } from './types'

const DAY_SECONDS = 86_400

/** Why a payment may not be made, or null. @param rows all that are known, this one among them or not */
export function capProblem(caps: SpendingCaps, row: PaymentRow, rows: readonly PaymentRow[], now: number): string | null {
  const out = rows.filter(({ key, direction, state }) => key !== row.key && direction === 'out' && ['pending', 'unknown', 'paid'].includes(state.state))
  // play money and money have nothing to do with one another
  const same = out.filter(({ isPlayMoney }) => isPlayMoney === row.isPlayMoney)
  const sum = (list: readonly PaymentRow[]) => list.reduce((total, { amountMsat, feeMsat }) => total + amountMsat + feeMsat, row.amountMsat)
  const { perPaymentMsat, perDayMsat, totalMsat } = caps
  if (perPaymentMsat !== null && row.amountMsat > perPaymentMsat) return `The payment of ${row.amountMsat / 1000} sat is above the cap of ${perPaymentMsat / 1000} sat a payment.`
  if (perDayMsat !== null && sum(same.filter(({ createdAt }) => createdAt > now - DAY_SECONDS)) > perDayMsat) return `The payment would pass the cap of ${perDayMsat / 1000} sat a day.`
  if (totalMsat !== null && sum(same) > totalMsat) return `The payment would pass the cap of ${totalMsat / 1000} sat in all.`
  return null
}
