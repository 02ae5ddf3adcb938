// What a model may answer, read strictly, and what a proposal takes from it: nothing but bounded words and numbers.

import { z } from 'zod'
import { blocksEdit, fileEdit, knobsEdit, type Edit } from '../edits/edit'
import type { Form } from '../prompt/rules'
import { oneLine } from '../prompt/quote'
import type { Proposal } from '../types'
import { CATEGORIES } from './categories'

const thoughtForm = z.strictObject({ form: z.literal('thought'), text: z.string().min(1).max(8000) })

const words = {
  hypothesis: z.string().min(1).max(2000),
  description: z.string().min(1).max(500),
  category: z.enum(CATEGORIES),
  /** bits per byte, negative is better */
  expectedDelta: z.number().min(-10).max(10),
  probability: z.number().min(0).max(1),
}

export interface Reply {
  hypothesis: string
  description: string
  category: (typeof CATEGORIES)[number]
  expectedDelta: number
  probability: number
  edit: Edit | z.infer<typeof thoughtForm>
}

/** The strict form of an answer; what is not offered is not there. */
export function replySchema({ edits, allowThought }: Form): z.ZodType<Reply> {
  if (edits === 'knobs') return z.strictObject({ ...words, edit: allowThought ? z.union([knobsEdit, thoughtForm]) : knobsEdit })
  const code = [blocksEdit, knobsEdit, fileEdit] as const
  return z.strictObject({ ...words, edit: allowThought ? z.union([...code, thoughtForm]) : z.union(code) })
}

/** The words and forecasts of a reply, bounded and on one line each. */
export function proposalWords({ hypothesis, description, category, expectedDelta, probability }: Reply): Omit<Proposal, 'source'> {
  return {
    hypothesis: oneLine(hypothesis, 600) || 'No reason was given.',
    description: oneLine(description, 120) || category,
    category,
    expectedDelta,
    expectedProbability: probability,
  }
}

/** A proposal that needs no run: its analysis stands as the hypothesis, and nothing is predicted. */
export function thoughtProposal(reply: Reply, text: string, source: string): Proposal {
  return {
    ...proposalWords(reply),
    hypothesis: oneLine(text, 2000) || 'No analysis was given.',
    expectedDelta: null,
    expectedProbability: null,
    source,
    isThought: true,
  }
}
