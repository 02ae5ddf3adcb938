// Every message, read strictly. Whoever sends it may be anybody; bounds are what an honest sender needs.

import { z } from 'zod'
import type { Body } from '../types'
import { bountySpec, hex64, MOST_SLICES } from '../spec/schema'

/** Of the JSON of one message, parts put together. */
export const MOST_BODY_CHARS = 2_000_000

const reason = z.string().max(2000)
const bolt11 = z.string().regex(/^ln[a-z0-9]{20,4000}$/, 'must be a Lightning invoice')
const slice = z.number().int().min(0).max(MOST_SLICES - 1)
const amountMsat = z.number().int().min(0).max(1e14)
const seconds = z.number().int().min(0).max(4_000_000_000)
const phase = z.enum(['first', 'stability'])
const bpb = z.number().min(0).max(64)
const text = z.string().max(1_500_000)
const trainJs = z.string().min(1).max(200_000)
const ofSlices = <T extends z.ZodRawShape>(shape: T) => z.array(z.strictObject({ slice, ...shape })).max(MOST_SLICES)
const gates = z.array(z.strictObject({ gate: z.string().max(60), passed: z.boolean(), detail: z.string().max(500) })).max(60)

const score = z.strictObject({
  heldOutBpb: bpb,
  publicBpb: bpb.nullable(),
  scores: z.array(bpb).max(20),
  seeds: z.number().int().min(1).max(20),
  heldOutSet: z.number().int().min(0).max(9),
  adapter: z.string().max(300),
  appVersion: z.string().max(100),
})

const verdict = z.strictObject({
  heldOutBpb: bpb.nullable(),
  improvementBpb: z.number().min(-64).max(64),
  bestBeforeBpb: bpb,
  ratio: z.number().min(0).max(1),
  amountMsat,
  released: ofSlices({ ivHex: z.string().regex(/^[0-9a-f]{24}$/), cipherHex: z.string().regex(/^[0-9a-f]{32,450000}$/) }),
  accepted: z.boolean(),
  reason,
})

const heldOut = { bounty: hex64, set: z.number().int().min(0).max(9), textBase64: text, salt: hex64 }

export const bodyForm = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bounty'), spec: bountySpec }),
  z.strictObject({ kind: z.literal('heldOut'), ...heldOut }),
  z.strictObject({ kind: z.literal('reveal'), ...heldOut }),
  z.strictObject({ kind: z.literal('baseline'), bounty: hex64, score }),
  z.strictObject({ kind: z.literal('close'), bounty: hex64, reason }),
  z.strictObject({ kind: z.literal('commit'), bounty: hex64, commitment: hex64 }),
  z.strictObject({ kind: z.literal('countersign'), commit: hex64, receivedAt: seconds, place: z.number().int().min(1).max(1e6) }),
  z.strictObject({ kind: z.literal('hashes'), commit: hex64, slices: ofSlices({ paymentHash: hex64, amountMsat }) }),
  z.strictObject({ kind: z.literal('invoices'), commit: hex64, invoices: ofSlices({ bolt11 }) }),
  z.strictObject({ kind: z.literal('decline'), commit: hex64, reason }),
  z.strictObject({ kind: z.literal('withdraw'), commit: hex64, reason }),
  z.strictObject({ kind: z.literal('patch'), commit: hex64, nonce: hex64, trainJs }),
  z.strictObject({ kind: z.literal('score'), commit: hex64, phase, score: score.nullable(), gates, reason }),
  z.strictObject({ kind: z.literal('verdict'), commit: hex64, phase, verdict }),
  z.strictObject({ kind: z.literal('secrets'), commit: hex64, phase, secrets: ofSlices({ preimage: hex64 }) }),
  z.strictObject({ kind: z.literal('review'), commit: hex64, accept: z.boolean(), reason }),
  z.strictObject({ kind: z.literal('fee'), commit: hex64, phase, bolt11, amountMsat }),
  z.strictObject({ kind: z.literal('bill'), commit: hex64, bolt11, amountMsat }),
  z.strictObject({ kind: z.literal('delivery'), commit: hex64, trainJs, nonce: hex64 }),
]) satisfies z.ZodType<Body>

/** Bodies that only their addressee may read: in public they would be a leak, so nobody accepts them there. */
export const PRIVATE: ReadonlySet<Body['kind']> = new Set(['heldOut', 'invoices', 'decline', 'patch', 'secrets', 'fee', 'bill', 'delivery'])
