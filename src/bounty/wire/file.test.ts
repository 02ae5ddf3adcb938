import { generateSecretKey } from 'nostr-tools/pure'
import { expect, test } from 'vitest'
import { specFixture } from '../testing/fixtures'
import { eventsOf } from './events'
import { mailText, readBountyFile } from './file'

test('a file is known for what it is: the messages of a bounty, or its terms alone', () => {
  const spec = specFixture()
  const { id, events } = eventsOf({ kind: 'bounty', spec }, null, generateSecretKey(), 1_900_000_000)
  expect(readBountyFile(mailText({ bounty: id, events }))).toMatchObject({ kind: 'mail', mail: { bounty: id, events: [{ id: events[0].id }] } })
  expect(readBountyFile(JSON.stringify(spec, null, 2))).toEqual({ kind: 'spec', spec })
})

test.each([
  ['{', 'not JSON'],
  ['[]', 'holds no fields'],
  ['{"assay":"bounty mail","version":2}', 'version'],
  [JSON.stringify({ ...specFixture(), title: '' }), 'not a bounty that can be read'],
  [JSON.stringify(specFixture({ description: 'x'.repeat(700_000) })), 'at most 600,000 characters'],
  [' '.repeat(60_000_001), 'larger than any bounty'],
])('%.40s is refused in words', (text, said) => {
  expect(() => readBountyFile(text)).toThrow(said)
})
