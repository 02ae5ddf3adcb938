// The trusted side of the border: what came out of a box is only a claim. Whoever broke out of QuickJS could write any
// text at all, so it is bounded first, and then read strictly (programOf.ts).

import { LabError } from '../core/errors'
import type { BoxAnswer } from './answer'
import { KINDS } from './answer'
import type { BoxRequest } from './contract'
import { outputError } from './failures'
import { LIMITS } from './limits'

/** The longest kind and its line's end. */
const HEAD_CHARS = 10

/**
 * Reads what came out of a box.
 * @throws LabError sandbox.output when it is no text, too long, or of no known kind
 */
export function readAnswer(message: unknown): BoxAnswer {
  if (typeof message !== 'string') throw outputError('something other than text left the box')
  if (message.length > LIMITS.outputChars + HEAD_CHARS)
    throw outputError(`more than ${LIMITS.outputChars} characters left the box`)
  const end = message.slice(0, HEAD_CHARS).indexOf('\n')
  const kind = KINDS.find((known) => known === message.slice(0, Math.max(0, end)))
  if (kind === undefined) throw outputError('the box answered with an unknown kind of text')
  return { kind, text: message.slice(end + 1) }
}

/** Whether a box is to be ended after this answer: QuickJS itself failed, or had no memory left even to say so. */
export function isSpent({ kind }: BoxAnswer): boolean {
  return kind === 'full' || kind === 'broken'
}

/**
 * Refuses what a box need not even see.
 * @throws LabError program.syntax when train.js is too long
 */
export function checkRequest({ source }: BoxRequest): void {
  if (source.length <= LIMITS.sourceChars) return
  const message = `train.js is longer than ${LIMITS.sourceChars} characters`
  throw new LabError('program.syntax', message, { hint: 'Make it shorter.' })
}
