// nostr+walletconnect://<wallet's key>?relay=…&secret=…: whoever has it can spend, so nothing here repeats it.

import { hexToBytes } from '@noble/hashes/utils.js'
import { z } from 'zod'
import { LabError } from '../../core/errors'
import { relayUrl } from '../../core/relayUrl'

// Without this zod compiles its checks with new Function, which the page's CSP forbids (and reports).
z.config({ jitless: true })

export interface NwcConnection {
  /** 64 hex digits: the wallet service's key */
  wallet: string
  relays: string[]
  /** 32 bytes: the key of this connection; it never leaves the client */
  secretKey: Uint8Array
}

const MOST_CHARS = 2000
const hex64 = z.string().regex(/^[0-9a-f]{64}$/i).transform((text) => text.toLowerCase())
const relays = z.array(z.string().max(500)).min(1).max(5)

/** @throws LabError "import.invalid", which quotes nothing of what was pasted */
export function parseNwcUri(text: string): NwcConnection {
  const match = /^(?:nostr\+walletconnect|nostrwalletconnect):(?:\/\/)?([^?/]+)\/?\?(.*)$/.exec(text.trim())
  if (!match || text.length > MOST_CHARS) throw invalid('It does not begin with nostr+walletconnect://.')
  const query = new URLSearchParams(match[2])
  const [wallet, secret, given] = [hex64.safeParse(match[1]), hex64.safeParse(query.get('secret')), relays.safeParse(query.getAll('relay'))]
  if (!wallet.success) throw invalid("The wallet's key in it is not 64 hex digits.")
  if (!secret.success) throw invalid('Its secret is missing or not 64 hex digits.')
  if (!given.success) throw invalid('It names no relay.')
  let urls: string[]
  try {
    urls = given.data.map(relayUrl)
  } catch {
    throw invalid("A relay in it is no relay's address.") // the address may carry a secret, too
  }
  return { wallet: wallet.data, relays: [...new Set(urls)], secretKey: hexToBytes(secret.data) }
}

function invalid(why: string): LabError {
  return new LabError('import.invalid', `This is no connection to a wallet. ${why}`, { hint: 'Copy it once more from the wallet: “Nostr Wallet Connect”, “New connection”.' })
}
