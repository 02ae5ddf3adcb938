// Who signs: an Ed25519 key of WebCrypto, made on first use and kept where the host keeps such things. All browsers
// that run the lab's engine have it since 2025 (Chrome 137, Firefox 129, Safari 17), as Node 20 has.

import { LabError } from '../core/errors'
import { fromHex, toHex } from '../core/hash'

export interface Identity {
  /** 64 hex digits */
  readonly publicKey: string
  /** @returns 128 hex digits; the same message always gives the same */
  sign(message: Uint8Array): Promise<string>
}

/** @throws LabError "receipt.unsupported" where WebCrypto has no Ed25519 */
export async function newKeys(extractable: boolean): Promise<CryptoKeyPair> {
  return supported(() => crypto.subtle.generateKey('Ed25519', extractable, ['sign', 'verify']) as Promise<CryptoKeyPair>)
}

export async function identityOf({ publicKey, privateKey }: CryptoKeyPair): Promise<Identity> {
  const raw = await crypto.subtle.exportKey('raw', publicKey)
  return {
    publicKey: toHex(new Uint8Array(raw)),
    async sign(message) {
      return toHex(new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, message as Uint8Array<ArrayBuffer>)))
    },
  }
}

/**
 * Whether a signature is that key's over that message.
 * @throws LabError "receipt.unsupported" where WebCrypto has no Ed25519
 */
export async function isSignedBy(publicKey: string, signature: string, message: Uint8Array): Promise<boolean> {
  let key: CryptoKey
  try {
    key = await supported(() => crypto.subtle.importKey('raw', fromHex(publicKey), 'Ed25519', false, ['verify']))
  } catch (thrown) {
    if (thrown instanceof LabError) throw thrown
    return false // some engines refuse bytes that are no point of the curve
  }
  return crypto.subtle.verify('Ed25519', key, fromHex(signature), message as Uint8Array<ArrayBuffer>)
}

async function supported<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if ((cause as { name?: unknown }).name !== 'NotSupportedError') throw cause
    throw new LabError('receipt.unsupported', 'This browser cannot sign or verify receipts: it has no Ed25519.', {
      hint: 'Update it: Chrome and Edge have it since 137, Firefox since 129, Safari since 17.',
      cause,
    })
  }
}
