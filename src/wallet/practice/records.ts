// What the wallet knows about each payment hash, kept in the same piece as the node's own state.

import { z } from 'zod'
import { LabError } from '../../core/errors'
import type { IncomingState, OutgoingState } from '../types'

const hex32 = z.string().regex(/^[0-9a-f]{64}$/)
const msat = z.int().nonnegative()

const outgoing = z.discriminatedUnion('state', [
  z.strictObject({ state: z.enum(['pending', 'unknown']) }),
  z.strictObject({ state: z.literal('paid'), preimage: hex32, feeMsat: msat }),
  z.strictObject({ state: z.literal('failed'), reason: z.string() }),
])
const incoming = z.discriminatedUnion('state', [
  z.strictObject({ state: z.enum(['open', 'expired', 'cancelled']) }),
  z.strictObject({ state: z.literal('locked'), amountMsat: msat, deadlineHeight: z.int().nullable() }),
  z.strictObject({ state: z.literal('settled'), amountMsat: msat }),
])

const outgoingRecord = z.strictObject({ bolt11: z.string(), state: outgoing })
const incomingRecord = z.strictObject({ bolt11: z.string(), isHeld: z.boolean(), preimage: hex32.nullable(), state: incoming })

export type OutgoingRecord = z.infer<typeof outgoingRecord> & { state: OutgoingState }
export type IncomingRecord = z.infer<typeof incomingRecord> & { state: IncomingState }

const PREFIXES = { out: 'out/', in: 'in/' } as const

/** Keys of the store by direction and hash. */
export const recordKey = (direction: keyof typeof PREFIXES, paymentHash: string): string => PREFIXES[direction] + paymentHash

export const writeRecord = (record: OutgoingRecord | IncomingRecord): Uint8Array => new TextEncoder().encode(JSON.stringify(record))

/** @throws LabError "store.corrupt" */
export function readRecords(stored: ReadonlyMap<string, Uint8Array>): { out: Map<string, OutgoingRecord>; in: Map<string, IncomingRecord> } {
  const records = { out: new Map<string, OutgoingRecord>(), in: new Map<string, IncomingRecord>() }
  for (const [key, bytes] of stored) {
    try {
      if (key.startsWith(PREFIXES.out)) records.out.set(key.slice(PREFIXES.out.length), outgoingRecord.parse(JSON.parse(new TextDecoder().decode(bytes))))
      if (key.startsWith(PREFIXES.in)) records.in.set(key.slice(PREFIXES.in.length), incomingRecord.parse(JSON.parse(new TextDecoder().decode(bytes))))
    } catch (cause) {
      throw new LabError('store.corrupt', 'A payment that the practice wallet kept cannot be read.', { hint: 'Forget the practice wallet and join again; it is play money.', cause })
    }
  }
  return records
}
