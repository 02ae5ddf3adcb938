// The hashes and ciphers of the escrow. A patch is committed to before it is shown, and sold by the slice: whoever pays
// one learns its secret, and every secret opens the patch.

import { gcm } from '@noble/ciphers/aes.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import type { PublicKey } from '../types'

const LABEL = utf8ToBytes('assay bounty patch, version 1')

export interface Patch {
  nonce: string
  trainJs: string
}

/** sha256(public key ‖ nonce ‖ train.js): who committed first is who wrote it. */
export function commitmentOf(author: PublicKey, { nonce, trainJs }: Patch): string {
  return bytesToHex(sha256(concatBytes(hexToBytes(author), hexToBytes(nonce), utf8ToBytes(trainJs))))
}

/** 32 random bytes in hex: the secret of a slice, the salt of a held-out text. */
export function newSecret(): string {
  return bytesToHex(crypto.getRandomValues(new Uint8Array(32)))
}

/** Payment hash of a secret, both in hex. */
export function hashOfSecret(preimage: string): string {
  return bytesToHex(sha256(hexToBytes(preimage)))
}

/**
 * AES-256-GCM under sha256(label ‖ secret). One secret seals one patch of one submission, so a nonce that follows from
 * the key never meets two messages.
 */
export function sealPatch(patch: Patch, preimage: string): { ivHex: string; cipherHex: string } {
  const iv = sha256(concatBytes(utf8ToBytes('iv'), keyOf(preimage))).slice(0, 12)
  const cipher = gcm(keyOf(preimage), iv).encrypt(utf8ToBytes(JSON.stringify([patch.nonce, patch.trainJs])))
  return { ivHex: bytesToHex(iv), cipherHex: bytesToHex(cipher) }
}

/** The patch, or null when it is not the one that its author committed to. */
export function openPatch(
  sealed: { ivHex: string; cipherHex: string },
  preimage: string,
  author: PublicKey,
  commitment: string,
): Patch | null {
  let patch: Patch
  try {
    const plain = gcm(keyOf(preimage), hexToBytes(sealed.ivHex)).decrypt(hexToBytes(sealed.cipherHex))
    const [nonce, trainJs]: unknown[] = JSON.parse(new TextDecoder().decode(plain))
    if (typeof nonce !== 'string' || typeof trainJs !== 'string') return null
    patch = { nonce, trainJs }
  } catch {
    return null // a wrong key, a wrong cipher or no JSON: all the same to who paid, and told as such
  }
  return commitmentOf(author, patch) === commitment ? patch : null
}

function keyOf(preimage: string): Uint8Array {
  return sha256(concatBytes(LABEL, hexToBytes(preimage)))
}
