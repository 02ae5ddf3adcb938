// A question whose answer must have a form: asked, parsed strictly, and once more where that failed.

import type { z } from 'zod'
import { LabError } from '../../core/errors'
import { addCosts, costData } from '../spending'
import { parseReply } from './reply'
import { withCost } from './spending'
import type { Cost, ModelClient, ModelRequest } from './types'

export interface Asked<T> {
  value: T
  /** the words that it came in */
  text: string
  cost: Cost
  /** what was wrong with the first answer; null where it was right */
  repaired: string | null
}

/** Longest part of a wrong answer that is sent back. */
const QUOTED = 6000

/**
 * Asks a model for an answer of a form. A wrong one is sent back exactly once, with what is wrong.
 * @param schema strict: nothing but what it names is let through
 * @param verify what is wrong with an answer of the right form, in words for the model; null where nothing is
 * @throws LabError controller.badReply when the second answer is wrong, too; and as ModelClient.complete
 */
export async function ask<T>(
  client: ModelClient,
  request: Omit<ModelRequest, 'schema'>,
  schema: z.ZodType<T>,
  verify: (value: T) => Promise<string | null> = async () => null,
): Promise<Asked<T>> {
  const first = await client.complete({ ...request, schema })
  const one = await judged(first.text, first.cut, schema, verify)
  if (one.ok) return { value: one.value, text: first.text, cost: first.cost, repaired: null }

  const again = { ...request, schema, prompt: repairPrompt(request.prompt, first.text, one.problem), problem: one.problem }
  const second = await client.complete(again).catch((thrown: unknown) => {
    throw withCost(thrown, first.cost)
  })
  const two = await judged(second.text, second.cut, schema, verify)
  const cost = addCosts(first.cost, second.cost)
  if (two.ok) return { value: two.value, text: second.text, cost, repaired: one.problem }
  throw new LabError('controller.badReply', `${client.name} gave no usable answer, twice: ${two.problem}`, {
    hint: 'Try again, choose values only instead of code, or choose a larger model.',
    data: { proposer: client.name, ...costData(cost) },
  })
}

async function judged<T>(text: string, cut: true | undefined, schema: z.ZodType<T>, verify: (value: T) => Promise<string | null>) {
  const parsed = parseReply(text, schema)
  if (!parsed.ok) return cut ? { ok: false as const, problem: `${parsed.problem} It was cut off at the limit of its length: be shorter.` } : parsed
  const problem = await verify(parsed.value)
  return problem === null ? parsed : { ok: false as const, problem }
}

/** The same question, with the wrong answer as data and what is wrong with it. */
function repairPrompt(prompt: string, answer: string, problem: string): string {
  const quoted = JSON.stringify(answer.length > QUOTED ? `${answer.slice(0, QUOTED)}…` : answer)
  return `${prompt}

Your last answer could not be used. What is wrong with it: ${problem}
It was, as a JSON string: ${quoted}
Answer again from the beginning: exactly one JSON object of the form asked for, and nothing else.`
}
