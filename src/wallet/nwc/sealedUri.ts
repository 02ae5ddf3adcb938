// A wallet's URI that outlives the page: sealed under a passphrase, as keys to models are. What is kept says which wallet
// it is for, and nothing that could spend.

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { z } from 'zod'
import { LabError } from '../../core/errors'
import { ITERATIONS, LEAST_PASSPHRASE, seal, unseal } from '../../core/sealed'
import { parseNwcUri } from './uri'

z.config({ jitless: true })

const hex = z.string().regex(/^([0-9a-f]{2}){1,4000}$/)

/** As it is kept, and read again: plain JSON. */
export const sealedUri = z.strictObject({
  version: z.literal(1),
  /** the wallet service's public key: authenticated along with the URI */
  wallet: z.string().regex(/^[0-9a-f]{64}$/),
  iterations: z.number().int().min(1).max(10_000_000),
  salt: hex,
  iv: hex,
  sealed: hex,
})
export type SealedUri = z.infer<typeof sealedUri>

const labelOf = (wallet: string): string => `nwc ${wallet}`

/**
 * @param iterations fewer only in tests
 * @throws LabError "import.invalid" for what is no URI, or a passphrase that is too short
 */
export async function sealUri(uri: string, passphrase: string, iterations = ITERATIONS): Promise<SealedUri> {
  const { wallet } = parseNwcUri(uri)
  if (passphrase.length < LEAST_PASSPHRASE) {
    throw new LabError('import.invalid', 'The passphrase is too short.', { hint: `Take ${LEAST_PASSPHRASE} characters or more: several words are easier to keep than signs.` })
  }
  const { salt, iv, sealed } = await seal(uri.trim(), labelOf(wallet), passphrase, iterations)
  return { version: 1, wallet, iterations, salt: bytesToHex(salt), iv: bytesToHex(iv), sealed: bytesToHex(sealed) }
}

/** The URI. @throws LabError "key.wrong" */
export async function unsealUri({ version, wallet, iterations, salt, iv, sealed }: SealedUri, passphrase: string): Promise<string> {
  const bytes = (text: string) => Uint8Array.from(hexToBytes(text))
  const uri = await unseal({ version, iterations, salt: bytes(salt), iv: bytes(iv), sealed: bytes(sealed) }, labelOf(wallet), passphrase)
  if (uri !== null) return uri
  throw new LabError('key.wrong', 'This passphrase does not open the wallet that is kept here.', { hint: 'Try another one, or paste the connection again.' })
}
