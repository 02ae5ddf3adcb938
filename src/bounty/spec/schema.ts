// bounty.json, read strictly: it may come from anybody. Messages are for the person who fills in the form, too.

import { z } from 'zod'
import { LabError } from '../../core/errors'
import { taskForm } from '../../history/receiptForm'
import type { BountySpec } from '../types'
import { fieldName, inWords } from './words'

// Without this zod compiles its checks with new Function, which the page's CSP forbids (and reports).
z.config({ jitless: true })

/** Most slices: each is an invoice, a prompt of the wallet and a slot in a channel. */
export const MOST_SLICES = 50
/** Of one held-out text: it travels in messages, and every verifier keeps it. */
export const MOST_HELD_OUT_BYTES = 1_100_000

export const hex64 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits')
const line = (most: number) => z.string().trim().min(1, 'must not be empty').max(most)
const count = (least: number, most: number) => z.number().int().min(least).max(most)
const share = z.number().min(0).max(1)
const bpb = z.number().positive().max(16)

const task = z.strictObject({
  version: z.literal(1),
  name: line(200),
  dataset: taskForm.shape.dataset,
  tokenizer: taskForm.shape.tokenizer,
  metric: z.literal('val_bpb'),
  direction: z.literal('min'),
  budget: z.strictObject({ kind: z.literal('tokens', 'a bounty is measured by tokens: seconds differ between machines'), amount: z.number().positive().max(1e12) }),
  evaluation: taskForm.shape.evaluation,
  keepRule: z.strictObject({ kind: z.enum(['measured', 'plain']), repeats: count(1, 20), floorBpb: z.number().min(0).max(1), repeatShare: share.optional() }),
  guards: taskForm.shape.guards,
})

export const bountySpec = z
  .strictObject({
    version: z.literal(1),
    title: line(120),
    description: z.string().max(8000),
    task,
    targetFiles: z.tuple([z.literal('train.js')]),
    baseline: z.strictObject({ trainJs: z.string().min(1).max(200_000), sha256: hex64, valBpb: bpb.nullable() }),
    targetImprovementBpb: z.number().positive('must be above 0').max(8),
    poolSat: count(1, 100_000_000),
    slices: count(1, MOST_SLICES),
    nowShare: share,
    stabilityDelaySeconds: count(0, 72 * 3600),
    deadline: z.number().int().min(0).max(4_000_000_000, 'is too far away'),
    lock: z.strictObject({ minCltv: count(18, 2016), maxCltv: count(18, 2016) }),
    escrow: z.enum(['sliced', 'lump', 'unescrowed']),
    money: z.enum(['real', 'play']),
    accessFeeSat: count(0, 1_000_000),
    materialsUrl: z.string().max(2000).regex(/^https?:\/\//, 'must begin with http:// or https://').nullable(),
    rules: z.strictObject({
      maxDiffBytes: count(1, 200_000),
      maxDiffLines: count(1, 20_000),
      forbidden: z.array(line(200)).max(50),
      maxSubmissionsPerKey: count(1, 1000),
      maxSimilarity: share,
    }),
    verifiers: z.array(hex64).min(1, 'needs at least one verifier').max(9),
    coordinatorFeePercent: z.number().min(0).max(20),
    heldOut: z.array(z.strictObject({ sha256: hex64, bytes: count(1, MOST_HELD_OUT_BYTES) })).min(1, 'at least one is needed').max(10),
    seeds: count(1, 9),
    toleranceBpb: z.number().min(0).max(1),
  })
  // told beside what is wrong with single fields: nobody should mend a form field by field
  .superRefine(sayTogether, { when: ({ value }) => typeof value === 'object' && value !== null }) satisfies z.ZodType<BountySpec>

/** What is wrong with several fields together: each rule is asked once the fields that it names are in order, whatever the others are. */
function sayTogether(spec: BountySpec, context: z.RefinementCtx<BountySpec>): void {
  const broken = new Set(context.issues.map(({ path }) => path?.[0]))
  const { poolSat, slices, escrow, verifiers, lock, stabilityDelaySeconds, toleranceBpb, targetImprovementBpb } = spec
  /** Names the first of the fields. */
  const say = (fields: (keyof BountySpec)[], isWrong: () => boolean, message: string) => {
    if (!fields.some((field) => broken.has(field)) && isWrong()) context.addIssue({ code: 'custom', path: [fields[0]], message })
  }
  say(['poolSat', 'slices', 'escrow'], () => escrow === 'sliced' && poolSat % slices !== 0, `must be a multiple of the number of slices (${slices})`)
  say(['poolSat', 'slices'], () => poolSat < slices, 'must be at least one sat a slice')
  say(['verifiers'], () => new Set(verifiers).size < verifiers.length, 'names a key twice')
  say(['slices', 'verifiers', 'escrow'], () => escrow === 'sliced' && slices < verifiers.length, 'must be at least one for every verifier')
  say(['lock'], () => lock.maxCltv < lock.minCltv, 'allows less than it asks for')
  // ten minutes a block, and room to claim: the money must not come back before the re-check is over
  const needed = Math.ceil(stabilityDelaySeconds / 600) + 24
  say(['lock', 'stabilityDelaySeconds', 'escrow'], () => escrow !== 'unescrowed' && lock.minCltv < needed, `must be at least ${needed} blocks, or the locks end before the re-check`)
  say(['toleranceBpb', 'targetImprovementBpb'], () => toleranceBpb >= targetImprovementBpb, 'must be below the improvement that is asked for')
}

const MOST_PROBLEMS = 20
const MOST_SAID = 6

/** What is wrong with a spec, a sentence for each field; empty when nothing is. */
export function problemsOf(value: unknown): string[] {
  const { error } = bountySpec.safeParse(value, { error: inWords })
  return (error?.issues ?? []).slice(0, MOST_PROBLEMS).map(({ path, message }) => `${fieldName(path)}: ${message}`)
}

/**
 * Reads what bounty.json holds.
 * @throws LabError "bounty.invalid" naming the fields
 */
export function parseSpec(value: unknown): BountySpec {
  const problems = problemsOf(value)
  if (problems.length === 0) return bountySpec.parse(value)
  const said = problems.slice(0, MOST_SAID).map((problem) => `${problem}.`)
  if (problems.length > MOST_SAID) said.push('And more.')
  throw new LabError('bounty.invalid', 'This is not a bounty that can be read.', { hint: [...said, 'Mend what is named, or ask for the file again.'].join('\n') })
}
