// What a sponsor hands out beside the bounty itself: a program to begin with, notes, and texts such as the task's own data.

import { z } from 'zod'
import { LabError } from '../../core/errors'

z.config({ jitless: true })

/** Of the whole file. */
export const MOST_MATERIALS_BYTES = 32 * 2 ** 20

const materialsForm = z.strictObject({
  version: z.literal(1),
  /** null: the bounty's baseline */
  trainJs: z.string().min(1).max(200_000).nullable(),
  /** in the sponsor's words; untrusted, shown escaped, quoted in prompts */
  notes: z.string().max(100_000),
  files: z.array(z.strictObject({ name: z.string().min(1).max(200), text: z.string().max(MOST_MATERIALS_BYTES) })).max(50),
})
export type Materials = z.infer<typeof materialsForm>

/** @throws LabError "bounty.invalid" naming what is wrong */
export function parseMaterials(text: string): Materials {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid('They are not JSON.', cause)
  }
  const parsed = materialsForm.safeParse(value)
  if (parsed.success) return parsed.data
  throw invalid(parsed.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`).join('; '))
}

function invalid(what: string, cause?: unknown): LabError {
  return new LabError('bounty.invalid', `These materials cannot be read. ${what}`, { hint: 'Tell the sponsor.', cause })
}
