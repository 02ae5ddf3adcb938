// What a person chose on the money side, read back from the store: another version may have written it.

import { z } from 'zod'
import type { SpendingCaps } from '../wallet/types'

const most = z.number().int().min(0).max(2_100_000_000_000_000_000).nullable()
const caps = z.strictObject({ perPaymentMsat: most, perDayMsat: most, totalMsat: most })
const urls = z.array(z.string().max(500)).max(10)
const ids = z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(5000)

/** Before the person has said anything: no more than 100,000 sat a payment, a million a day. */
const FIRST_CAPS: SpendingCaps = { perPaymentMsat: 100_000_000, perDayMsat: 1_000_000_000, totalMsat: null }

/** @throws ZodError for caps that are no amounts, which only a caller's mistake can be */
export function readCaps(value: unknown): SpendingCaps {
  return value === null ? FIRST_CAPS : caps.parse(value)
}

export function readRelays(value: unknown): string[] {
  return urls.safeParse(value).data ?? []
}

export function readWatched(value: unknown): Set<string> {
  return new Set(ids.safeParse(value).data ?? [])
}
