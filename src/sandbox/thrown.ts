// What train.js threw, in words for the person who wrote it.

import { z } from 'zod'
import type { ErrorCode } from '../core/errors'
import { LabError } from '../core/errors'
import { at, memoryError } from './failures'

/** Names that programs expect and the box does not have, with what to do instead. */
const ABSENT: Record<string, string> = {
  Date: 'There is no clock: the judge keeps the time. Use schedule({ progress }).',
  performance: 'There is no clock: the judge keeps the time. Use schedule({ progress }).',
  setTimeout: 'There is no clock: train.js only describes; nothing in it runs while training.',
  setInterval: 'There is no clock: train.js only describes; nothing in it runs while training.',
  queueMicrotask: 'train.js is run once, from top to bottom; nothing runs later.',
  crypto: 'There is no randomness: parameters start from g.normal(std) or g.uniform(bound), drawn by the judge.',
  fetch: 'There is no network in the box.',
  XMLHttpRequest: 'There is no network in the box.',
  WebSocket: 'There is no network in the box.',
  importScripts: 'Nothing can be imported: write it out in train.js.',
  require: 'Nothing can be imported: write it out in train.js.',
  console: 'There is no console: to look at something, throw new Error(text) and read the message.',
  print: 'There is no console: to look at something, throw new Error(text) and read the message.',
}
const PLAIN_ABSENT =
  'process module exports window self document navigator location localStorage sessionStorage indexedDB caches ' +
  'Worker SharedWorker SharedArrayBuffer Atomics WebAssembly eval postMessage parent top opener frames ' +
  'WeakRef FinalizationRegistry Deno Bun std os scriptArgs global gc structuredClone Intl'
const ABSENT_NAMES = new Set([...Object.keys(ABSENT), ...PLAIN_ABSENT.split(' ')])

/** Above what its fields may hold, escapes included. */
const ACCOUNT_CHARS = 40_000

/** The codes that the prelude itself may set. */
const thrownText = z.strictObject({
  name: z.string().max(500),
  message: z.string().max(2000),
  line: z.number().int().nullable(),
  code: z.enum(['program.graph', 'sandbox.forbidden', 'sandbox.output']).optional(),
  hint: z.string().max(2000).optional(),
})

/** Turns the prelude's account of a thrown value (untrusted JSON text) into an error with a code and advice. */
export function thrownError(text: string): LabError {
  const parsed = thrownText.safeParse(parseAccount(text))
  if (!parsed.success) return new LabError('program.graph', 'train.js failed without a readable message')
  const { name, message, line, code, hint } = parsed.data
  const fail = (as: ErrorCode, what: string, advice: string) =>
    new LabError(as, `${at(line)}: ${what}`, { hint: advice, data: { line } })

  if (code !== undefined) return fail(code, message, hint ?? '')
  if (name === 'SyntaxError') return fail('program.syntax', message, 'Mend the syntax at this line of train.js.')
  if (name === 'InternalError' && message === 'out of memory') return memoryError(line)
  if (name === 'RangeError' && message === 'Maximum call stack size exceeded')
    return fail('sandbox.memory', 'a function calls itself too deeply', 'Use a loop instead of recursion.')
  if (message.startsWith('could not load module'))
    return fail('sandbox.forbidden', message, 'Nothing can be imported: write it out in train.js.')
  const missing = name === 'ReferenceError' ? /^'?([\w$]+)'? is not defined$/.exec(message)?.[1] : undefined
  if (missing !== undefined && ABSENT_NAMES.has(missing)) {
    const advice = ABSENT[missing] ?? 'The box holds the plain language, knob, tier and vocab, and nothing else.'
    return fail('sandbox.forbidden', `${missing} is not there`, advice)
  }
  const what = [name, message].filter((part) => part !== '').join(': ')
  return fail('program.graph', what === '' ? 'train.js threw something without a message' : what, adviceFor(message))
}

function parseAccount(text: string): unknown {
  if (text.length > ACCOUNT_CHARS) return null
  try {
    return JSON.parse(text)
  } catch {
    return null // no JSON: not written by the prelude, and refused like any other wrong account
  }
}

function adviceFor(message: string): string {
  if (message === 'not a function') return 'Something called at this line is not a function: check its spelling.'
  if (message.includes('read-only') || message.includes('not extensible'))
    return 'The built-in objects of the box cannot be changed.'
  return 'Mend train.js at this line and run it again.'
}
