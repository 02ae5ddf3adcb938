// What can go wrong with a box, in words for the person who wrote train.js. What train.js itself threw: thrown.ts.

import { LabError } from '../core/errors'
import { LIMITS } from './limits'

/** The program did more than it may, or a builtin of the language took too long. */
export function timeoutError(): LabError {
  return new LabError('sandbox.timeout', `train.js was not finished after ${LIMITS.jobTurns / 100} million steps`, {
    hint: 'Look for a loop that never ends: train.js only describes the model and should need a few ten thousand.',
  })
}

/** The program used more memory than the box has. */
export function memoryError(line: number | null = null): LabError {
  return new LabError('sandbox.memory', `${at(line)} needs more than ${LIMITS.memoryBytes / 2 ** 20} MB`, {
    hint: 'train.js only describes tensors by shape; it should hold no large arrays.',
    data: { line },
  })
}

/** QuickJS itself failed (an assertion, a trap, the host's stack) or its worker did. */
export function brokenError(cause: unknown): LabError {
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new LabError('sandbox.memory', `the box broke while running train.js: ${detail}`, {
    hint: 'Simplify train.js; if this happens with the default program too, reload the page.',
    cause,
  })
}

/** The module is still waiting after it was run: a top-level await, perhaps on an import(). */
export function waitingError(): LabError {
  return new LabError('sandbox.forbidden', 'train.js waits for something (await at top level)', {
    hint: 'Nothing can be awaited or imported in the box: remove await and import().',
  })
}

/** What left the box is not what the box writes. */
export function outputError(message: string): LabError {
  return new LabError('sandbox.output', message, { hint: 'Only the description that the box itself writes may leave it.' })
}

/** Where a program failed. */
export function at(line: number | null): string {
  return line === null ? 'train.js' : `train.js line ${line}`
}
