// For the box's tests: one box on this thread, and failures as values.

import { LabError } from '../core/errors'
import type { ProgramSpec } from '../graph/program'
import type { Box } from './contract'

/** The error a program is refused with; fails the test when it is accepted. */
export async function refusal(box: Box, source: string): Promise<LabError> {
  const outcome: unknown = await describe(box, source).catch((error: unknown) => error)
  if (outcome instanceof LabError) return outcome
  throw new Error(`expected a LabError, got ${JSON.stringify(outcome)?.slice(0, 200)}`)
}

/** Describes `source` for a vocabulary of 16. */
export function describe(box: Box, source: string): Promise<ProgramSpec> {
  return box.describe({ source, vocab: 16, tier: 'software' })
}

/** A whole program around the body of `model(g, tokens)`, in which `x` is [B,T,8] and `head` makes logits of it. */
export function modelWith(body: string, rest = ''): string {
  return `export function model(g, tokens) {
const x = g.embedding(g.param('embed', [vocab, 8], g.normal(1)), tokens)
const head = (y) => g.linear(y, g.param('head', [vocab, 8], g.zeros()))
${body} }
${rest}`
}
