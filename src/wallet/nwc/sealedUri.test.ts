import { expect, test } from 'vitest'
import { sealedUri, sealUri, unsealUri } from './sealedUri'

const WALLET = 'cd'.repeat(32)
const URI = `nostr+walletconnect://${WALLET}?relay=wss%3A%2F%2Frelay.example&secret=${'ab'.repeat(32)}`

test('a URI comes back under its passphrase only, and what is kept gives nothing away', async () => {
  const kept = await sealUri(` ${URI} `, 'three small words', 1000)
  const again = sealedUri.parse(JSON.parse(JSON.stringify(kept)))
  expect(JSON.stringify(again)).not.toMatch(/abababab|relay/)
  expect(await unsealUri(again, 'three small words')).toBe(URI)
  await expect(unsealUri(again, 'three other words')).rejects.toMatchObject({ code: 'key.wrong' })
  // a record put under another wallet's name does not open
  await expect(unsealUri({ ...again, wallet: 'ef'.repeat(32) }, 'three small words')).rejects.toMatchObject({ code: 'key.wrong' })
})

test('a short passphrase and what is no URI are refused', async () => {
  await expect(sealUri(URI, 'short', 1000)).rejects.toMatchObject({ code: 'import.invalid' })
  await expect(sealUri('https://example.com', 'three small words', 1000)).rejects.toMatchObject({ code: 'import.invalid' })
})
