import fc from 'fast-check'
import { finalizeEvent, generateSecretKey, getPublicKey, type Event } from 'nostr-tools/pure'
import { createSeal, createWrap } from 'nostr-tools/nip59'
import { describe, expect, test } from 'vitest'
import type { Body } from '../types'
import { specFixture } from '../testing/fixtures'
import { COMMENT, eventsOf, LISTING, Reader, WRAP } from './events'

const [sponsor, hunter, stranger] = [generateSecretKey(), generateSecretKey(), generateSecretKey()]
const id = 'ab'.repeat(32)
const patch = (trainJs: string): Body => ({ kind: 'patch', commit: id, nonce: id, trainJs })
const readAll = (reader: Reader, events: readonly Event[]) => events.flatMap((event) => reader.read(structuredClone(event)) ?? [])

describe('public messages', () => {
  test('come back as they were sent, to anybody', () => {
    const body: Body = { kind: 'bounty', spec: specFixture() }
    const { id: sent, events } = eventsOf(body, null, sponsor, 1000)
    expect(events[0].kind).toBe(LISTING)
    expect(readAll(new Reader(stranger), events)).toEqual([{ id: sent, author: getPublicKey(sponsor), to: null, createdAt: 1000, body }])
  })

  test('a changed letter, another author or another id is no message', () => {
    const { events: [event] } = eventsOf({ kind: 'commit', bounty: id, commitment: id }, null, hunter, 1) // prettier-ignore
    const reader = new Reader(stranger)
    expect(reader.read({ ...event, content: event.content.replace('ab', 'ba') })).toBeNull()
    expect(reader.read({ ...event, pubkey: getPublicKey(stranger) })).toBeNull()
    expect(reader.read({ ...event, id })).toBeNull()
    expect(reader.read({ ...event, sig: 'cd'.repeat(64) })).toBeNull()
    expect(reader.read(event)?.body.kind).toBe('commit')
  })

  test('what must be private is not accepted in public, nor the other way round', () => {
    const json = JSON.stringify({ kind: 'secrets', commit: id, phase: 'first', secrets: [] })
    expect(new Reader(hunter).read(finalizeEvent({ kind: COMMENT, created_at: 1, tags: [], content: json }, sponsor))).toBeNull()
    const { events } = eventsOf({ kind: 'close', bounty: id, reason: '' }, getPublicKey(hunter), sponsor, 1)
    expect(readAll(new Reader(hunter), events)).toEqual([])
  })

  property('no text is taken for a message by accident, and none throws', (content) => {
    const event = finalizeEvent({ kind: COMMENT, created_at: 1, tags: [['part', content, '3', id]], content }, stranger)
    expect(new Reader(hunter).read(event)).toBeNull()
  })
})

describe('private messages', () => {
  test('are read by their addressee alone, and show no relay who wrote them', () => {
    const { events } = eventsOf(patch('let a'), getPublicKey(sponsor), hunter, 1000)
    expect(events[0].kind).toBe(WRAP)
    expect(JSON.stringify(events)).not.toContain(getPublicKey(hunter))
    expect(readAll(new Reader(stranger), events)).toEqual([])
    expect(readAll(new Reader(sponsor), events)[0]).toMatchObject({ author: getPublicKey(hunter), to: getPublicKey(sponsor), body: patch('let a') })
  })

  test('long ones go in parts, which may come in any order and twice', () => {
    const body = patch('x'.repeat(150_000))
    const { id: sent, events } = eventsOf(body, getPublicKey(sponsor), hunter, 1000)
    expect(events.length).toBeGreaterThan(5)
    const shuffled = [...events.slice(3), ...events.slice(2), ...events.slice(0, 2)]
    const read = readAll(new Reader(sponsor), shuffled)
    expect(read.length).toBe(1)
    expect(read[0]).toMatchObject({ id: sent, body })
    expect(readAll(new Reader(sponsor), events.slice(1))).toEqual([])
  })

  test('nobody writes in another name: the seal must be of who signs the rumour', () => {
    const { events } = eventsOf(patch('let a'), getPublicKey(sponsor), hunter, 1000)
    expect(readAll(new Reader(sponsor), events).length).toBe(1)
    const rumour = { kind: COMMENT, created_at: 1, tags: [], content: JSON.stringify(patch('let b')), pubkey: getPublicKey(hunter), id }
    const forged = createWrap(createSeal(rumour, stranger, getPublicKey(sponsor)), getPublicKey(sponsor))
    expect(new Reader(sponsor).read(forged)).toBeNull()
  })
})

function property(name: string, check: (text: string) => void): void {
  test(name, () => fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), check), { numRuns: 60 }))
}
