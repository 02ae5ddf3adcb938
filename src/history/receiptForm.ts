// What a receipt says. The schema is the border: a receipt may come from anybody, so every field is strict and bounded.
// Ours passes it too, before it is signed.

import { z } from 'zod'

// Without this zod compiles its checks with new Function, which the page's CSP forbids (and reports).
z.config({ jitless: true })

/** Of a receipt's file with what is attached: train.js may have 200,000 characters. */
export const MOST_CHARS = 1_500_000

const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), `must be ${digits} hex digits`)
const hash = hex(64)
const commit = hex(40)
const count = (most: number, least = 0) => z.number().int().min(least).max(most)
const uint32 = count(2 ** 32 - 1)
const time = count(8.64e15)
const line = (most: number) => z.string().max(most)

/** A score twice: as people read it, and bit for bit as an IEEE double, big-endian. */
const score = z
  .strictObject({ decimal: z.number(), bits: hex(16) })
  .refine(({ decimal, bits }) => bits === bitsOf(decimal), 'the decimal and the bits are different numbers')

const url = z.string().max(2000).regex(/^https?:\/\//, 'must begin with http:// or https://')
const bytes = count(2 ** 28, 1)
const dataset = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('grammar'), seed: uint32, bytes }),
  z.strictObject({
    kind: z.literal('text'),
    name: line(255),
    sha256: hash,
    validation: z.strictObject({ name: line(255), sha256: hash }).optional(),
  }),
  z.strictObject({
    kind: z.literal('url'),
    url,
    format: z.enum(['text', 'jsonl', 'parquet']),
    field: line(100).optional(),
    sha256: hash.optional(),
    maxBytes: bytes.optional(),
    validation: z.strictObject({ url, sha256: hash.optional(), maxBytes: bytes.optional() }).optional(),
  }),
])

export const taskForm = z.strictObject({
  /** of task.json, as committed */
  hash,
  dataset,
  tokenizer: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('bytes') }),
    z.strictObject({ kind: z.literal('bpe'), vocab: count(8192, 256) }),
  ]),
  budget: z.strictObject({ kind: z.enum(['seconds', 'tokens']), amount: z.number().positive().max(1e12) }),
  evaluation: z.strictObject({ context: count(65_536, 1), tokens: count(2 ** 30, 1) }),
  guards: z.strictObject({
    maxWallSeconds: z.number().positive().max(1e7),
    maxBytes: z.number().positive().max(2 ** 50),
    minTokensPerSecond: z.number().positive().max(1e12).optional(),
  }),
})

const adapter = z.strictObject({
  backend: z.enum(['webgpu', 'wasm']),
  vendor: line(200),
  architecture: line(200),
  description: line(500),
  tier: z.enum(['software', 'integrated', 'discrete']),
  threads: count(4096, 1).nullable(),
  replicas: count(4096, 1).nullable(),
  tuning: line(64).nullable(),
  half: z.boolean(),
  arithmetic: hex(16),
})

const evidence = z.strictObject({
  app: hash,
  program: hash,
  data: z.strictObject({ train: hash, val: hash, hidden: hash, tokenizer: hash }),
  adapter,
  steps: count(1e9),
  tokens: count(1e15),
  began: z.array(count(1e9, 1)).max(257).nullable(),
  losses: hash,
})

const run = z
  .strictObject({
    seed: uint32,
    /** an attempt's first look; another seed; a jump run again; the incumbent, later on */
    purpose: z.enum(['first', 'seed', 'jump', 'recheck']),
    score: z.strictObject({ valBpb: score, hiddenBpb: score.nullable() }).nullable(),
    failure: z
      .strictObject({
        status: z.enum(['crash', 'timeout', 'rejected', 'checks_failed', 'device_lost']),
        code: line(64),
        /** at which a loss was no number, or too large */
        step: count(1e9).nullable(),
      })
      .nullable(),
    gates: z.array(z.strictObject({ gate: z.string().regex(/^[\w:-]{1,40}$/), passed: z.boolean(), detail: line(1000) })).max(64),
    /** null when the trainer was ended from outside, or died */
    evidence: evidence.nullable(),
  })
  .refine(({ score, failure }) => (score === null) !== (failure === null), 'a run has either a score or a failure')
  .refine(({ score, evidence }) => score === null || evidence !== null, 'a score needs its evidence')

const receipt = z.strictObject({
  kind: z.literal('assay receipt'),
  version: z.literal(1),
  experiment: z.strictObject({
    number: count(1e9),
    status: z.enum(['baseline', 'keep', 'discard', 'crash', 'timeout', 'rejected', 'checks_failed', 'device_lost']),
    /** code of what went wrong; null where nothing did */
    error: line(64).nullable(),
    startedAt: time,
    finishedAt: time,
  }),
  /** of train.js, and of what it describes, whatever it calls things (null where it describes nothing) */
  program: z.strictObject({ trainJs: hash, canonical: hash.nullable() }),
  task: taskForm,
  commit,
  /** what it was compared with: none for a baseline. A receipt is null where there was none yet */
  parents: z.array(z.strictObject({ commit, receipt: hash.nullable() })).max(8),
  runs: z.array(run).max(256),
  /** against the parent on the same seeds; negative is better */
  deltaBpb: score.nullable(),
  issued: z.strictObject({
    at: time,
    /** recovery: the run was over, but what was to sign it was cut off or could not */
    after: z.enum(['run', 'recovery']),
    app: hash,
    /** fingerprint of the receipt that this one adds runs to */
    supersedes: hash.nullable(),
  }),
  /** Ed25519, of whoever signed */
  publicKey: hex(64),
})

/** A receipt as a file: signed, and with the texts that its hashes name. */
export const receiptFile = z.strictObject({
  receipt,
  /** Ed25519 over the receipt's canonical JSON (RFC 8785) in UTF-8 */
  signature: hex(128),
  /** SHA-256 over each part's canonical JSON: not needed to verify, but they tell which part was altered */
  digests: z.record(line(40), hash),
  attached: z.strictObject({ 'train.js': line(200_000), 'task.json': line(200_000) }).partial(),
})

export type Receipt = z.infer<typeof receipt>
export type ReceiptRun = Receipt['runs'][number]
export type ReceiptScore = z.infer<typeof score>
export type ReceiptFile = z.infer<typeof receiptFile>

/** The bits of a double as 16 hex digits. */
export function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString(16).padStart(16, '0')
}

/** A score, written twice. */
export function scoreOf(value: number): ReceiptScore {
  return { decimal: value, bits: bitsOf(value) }
}
