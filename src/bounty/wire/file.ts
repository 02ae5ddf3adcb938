// Bounties as files: the messages that one side exports and the other imports where there is no relay, and bounty.json,
// which is the terms alone.

import type { Event } from 'nostr-tools/pure'
import { z } from 'zod'
import { LabError } from '../../core/errors'
import { hex64, parseSpec } from '../spec/schema'
import type { BountySpec, EventId } from '../types'
import { MOST_EVENT_CHARS } from './events'

const MOST_EVENTS = 5000
const MOST_FILE_CHARS = 60_000_000
const MOST_SPEC_CHARS = 600_000

const eventForm = z.strictObject({
  id: hex64,
  pubkey: hex64,
  created_at: z.number().int().min(0).max(4_000_000_000),
  kind: z.number().int().min(0).max(65_535),
  tags: z.array(z.array(z.string().max(2000)).max(20)).max(50),
  content: z.string().max(MOST_EVENT_CHARS),
  sig: z.string().regex(/^[0-9a-f]{128}$/),
}) satisfies z.ZodType<Event>

const fileForm = z.strictObject({ assay: z.literal('bounty mail'), version: z.literal(1), bounty: hex64, events: z.array(eventForm).max(MOST_EVENTS) })

export interface MailFile {
  bounty: EventId
  events: Event[]
}

export function mailText({ bounty, events }: MailFile): string {
  // nostr-tools marks what it has verified with a symbol, which JSON drops
  return `${JSON.stringify({ assay: 'bounty mail', version: 1, bounty, events })}\n`
}

/**
 * Reads a file of messages; whether they are signed is for the reader of each.
 * @throws LabError "bounty.invalid"
 */
export function readMail(text: string): MailFile {
  return mailOf(jsonOf(text))
}

/**
 * Reads either file that a bounty can be exported as, and says which it is.
 * @throws LabError "bounty.invalid"
 */
export function readBountyFile(text: string): { kind: 'mail'; mail: MailFile } | { kind: 'spec'; spec: BountySpec } {
  const value = jsonOf(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('It holds no fields.')
  if ('assay' in value || 'events' in value) return { kind: 'mail', mail: mailOf(value) }
  if (text.length > MOST_SPEC_CHARS) throw invalid(`Terms have at most ${MOST_SPEC_CHARS.toLocaleString('en')} characters.`)
  return { kind: 'spec', spec: parseSpec(value) }
}

function jsonOf(text: string): unknown {
  if (text.length > MOST_FILE_CHARS) throw invalid('It is larger than any bounty.')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid('It is not JSON.', cause)
  }
}

function mailOf(value: unknown): MailFile {
  const parsed = fileForm.safeParse(value)
  if (parsed.success) return parsed.data
  const [{ path, message }] = parsed.error.issues
  throw invalid(`${path.join('.')}: ${message}.`)
}

function invalid(what: string, cause?: unknown): LabError {
  return new LabError('bounty.invalid', `This is not a file of a bounty. ${what}`, { hint: 'Export it again, with “bounty.json” or “Every message”.', cause })
}
