// Held-out text: committed to by a salted hash, sent to the verifiers, revealed in the end. It is large, so it is checked
// and stored once, and machines only hear that it is there.

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import type { BountySpec, Message } from '../types'
import type { Listing } from './mail'
import type { BountyStore } from './store'

/** sha256(text ‖ salt), hex. @param salt 32 bytes in hex */
export function heldOutHash(text: Uint8Array, salt: string): string {
  return bytesToHex(sha256(concatBytes(text, hexToBytes(salt))))
}

/** Whether a text is the one that its sponsor committed to. */
function isHeldOut({ heldOut }: BountySpec, set: number, text: Uint8Array, salt: string): boolean {
  const known = heldOut.at(set)
  return known !== undefined && known.bytes === text.length && heldOutHash(text, salt) === known.sha256
}

/**
 * A message as machines hear it: without its text, which is in the store from then on.
 * @returns null for a text that nobody committed to, or from somebody else than the sponsor
 */
export async function heardText(message: Message, { author, spec }: Listing, store: BountyStore): Promise<Message | null> {
  const { body } = message
  if (body.kind !== 'heldOut' && body.kind !== 'reveal') return message
  if (message.author !== author) return null
  const key = `${body.bounty}/${body.set}`
  if (!(await store.heldOut(key))) {
    const text = bytesOfBase64(body.textBase64)
    if (text === null || !isHeldOut(spec, body.set, text, body.salt)) return null
    await store.saveHeldOut({ key, text, salt: body.salt })
  }
  body.textBase64 = '' // read again from the store; as text it would stay in memory
  return message
}

export function base64Of(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000))
  return btoa(text)
}

/** null for what is no base64 */
function bytesOfBase64(text: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  } catch {
    return null // not what was committed to, whatever it is
  }
}
