// Addresses of Nostr relays.

import { LabError } from './errors'

/** @throws LabError "relay.invalid" for an address that is none */
export function relayUrl(text: string): string {
  let url: URL
  try {
    url = new URL(text.trim())
  } catch (cause) {
    throw invalid(text, cause)
  }
  if (url.protocol !== 'wss:' && !(url.protocol === 'ws:' && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname))) throw invalid(text)
  return url.href
}

function invalid(text: string, cause?: unknown): LabError {
  return new LabError('relay.invalid', `"${text.slice(0, 200)}" is not a relay's address.`, { hint: 'It begins with wss://, or with ws:// on this machine.', cause })
}
