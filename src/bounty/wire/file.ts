// Messages as a file: what one side exports and the other imports, where there is no relay.

import type { Event } from 'nostr-tools/pure'
import { z } from 'zod'
import { LabError } from '../../core/errors'
import { hex64 } from '../spec/schema'
import type { EventId } from '../types'
import { MOST_EVENT_CHARS } from './events'

const MOST_EVENTS = 5000
const MOST_FILE_CHARS = 60_000_000

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
  if (text.length > MOST_FILE_CHARS) throw invalid('It is larger than any bounty.')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid('It is not JSON.', cause)
  }
  const parsed = fileForm.safeParse(value)
  if (parsed.success) return parsed.data
  const [{ path, message }] = parsed.error.issues
  throw invalid(`${path.join('.')}: ${message}.`)
}

function invalid(what: string, cause?: unknown): LabError {
  return new LabError('bounty.invalid', `This is not a file of a bounty's messages. ${what}`, { hint: 'Export it again with "Export messages".', cause })
}
