// Finding the answer in what a model wrote: JSON, bare, in a fence, or among prose. What is found is data and nothing
// else; it counts only when it is of the expected form, and only when there is no second answer that differs.

import type { z } from 'zod'

/** Longest reply that is looked through. */
const REPLY_CHARACTERS = 400_000
/** Places at which an object might begin. */
const MOST_STARTS = 200

export type Parsed<T> = { ok: true; value: T } | { ok: false; /** what is wrong, in words that the model may be told */ problem: string }

/**
 * The one answer in a reply.
 * @param schema strict: it decides what is an answer
 */
export function parseReply<T>(text: string, schema: z.ZodType<T>): Parsed<T> {
  if (text.length > REPLY_CHARACTERS) return { ok: false, problem: `The answer has ${text.length} characters; at most ${REPLY_CHARACTERS} are read.` }
  const found = jsonIn(text.replace(/^\s*<think>[^]*?<\/think>/, ''))
  if (found.length === 0) return { ok: false, problem: 'There is no complete JSON object in the answer.' }
  const results = found.map((value) => schema.safeParse(value))
  const good = new Map(results.flatMap((result) => (result.success ? [[JSON.stringify(result.data), result.data] as const] : [])))
  if (good.size > 1) return { ok: false, problem: `There are ${good.size} different answers; exactly one is expected.` }
  for (const value of good.values()) return { ok: true, value }
  // the largest was most likely meant to be the answer
  const sizes = found.map((value) => JSON.stringify(value).length)
  const { error } = results[sizes.indexOf(Math.max(...sizes))]
  return { ok: false, problem: error ? issuesOf(error) : '' }
}

const MOST_ISSUES = 6

function issuesOf({ issues }: z.ZodError): string {
  const lines = issues.slice(0, MOST_ISSUES).map(({ path, message }) => `${path.length > 0 ? path.map(String).join('.') : 'the object'}: ${message}`)
  return lines.join('; ').slice(0, 1000)
}

/** Every JSON object or array in a text that is in no other one, in order. */
function jsonIn(text: string): unknown[] {
  const whole = parsed(text.trim())
  if (whole) return [whole.value]
  const found: unknown[] = []
  let starts = 0
  for (let at = text.search(/[{[]/); at >= 0 && at < text.length && starts < MOST_STARTS; starts++) {
    const end = endOf(text, at)
    const value = end === null ? null : parsed(text.slice(at, end))
    if (value) found.push(value.value)
    const next = value && end !== null ? end : at + 1
    const step = text.slice(next).search(/[{[]/)
    at = step < 0 ? -1 : next + step
  }
  return found
}

function parsed(text: string): { value: unknown } | null {
  if (!/^[{[]/.test(text)) return null
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return null
  }
}

/** Behind the bracket that closes the one at `start`; null where none does. */
function endOf(text: string, start: number): number | null {
  let depth = 0
  let inString = false
  for (let at = start; at < text.length; at++) {
    const sign = text[at]
    if (inString) {
      if (sign === '\\') at++
      else if (sign === '"') inString = false
    } else if (sign === '"') inString = true
    else if (sign === '{' || sign === '[') depth++
    else if ((sign === '}' || sign === ']') && --depth === 0) return at + 1
  }
  return null
}
