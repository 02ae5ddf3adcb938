// What a researcher may do to train.js: replace passages, write it anew, or turn knobs.

import { z } from 'zod'
import { LIMITS } from '../../sandbox/limits'

/** Passages of the present train.js, each found exactly once, and what stands there afterwards. */
export const blocksEdit = z.strictObject({
  form: z.literal('blocks'),
  blocks: z
    .array(z.strictObject({ search: z.string().min(1).max(20_000), replace: z.string().max(50_000) }))
    .min(1)
    .max(20),
})

/** The whole of a new train.js. */
export const fileEdit = z.strictObject({ form: z.literal('file'), source: z.string().min(1).max(LIMITS.sourceChars) })

/** New values of knobs by name. */
export const knobsEdit = z.strictObject({
  form: z.literal('knobs'),
  values: z
    .array(z.strictObject({ name: z.string().min(1).max(64), value: z.union([z.number(), z.string().max(200), z.boolean()]) }))
    .min(1)
    .max(40),
})

export type BlocksEdit = z.infer<typeof blocksEdit>
export type KnobsEdit = z.infer<typeof knobsEdit>
export type Edit = BlocksEdit | KnobsEdit | z.infer<typeof fileEdit>
