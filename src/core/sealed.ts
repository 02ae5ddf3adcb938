// Secrets at rest: a text encrypted under a passphrase. Without the passphrase a record says only whose it is.

/** OWASP's floor for PBKDF2 with SHA-256. */
export const ITERATIONS = 600_000
export const LEAST_PASSPHRASE = 8

export interface Sealed {
  version: 1
  /** PBKDF2 with SHA-256 */
  iterations: number
  salt: Uint8Array<ArrayBuffer>
  /** AES-256-GCM */
  iv: Uint8Array<ArrayBuffer>
  sealed: Uint8Array<ArrayBuffer>
}

/** @param label authenticated along with the text: a record under another label does not open */
export async function seal(text: string, label: string, passphrase: string, iterations = ITERATIONS): Promise<Sealed> {
  const salt = crypto.getRandomValues(new Uint8Array(16))
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const sealed = await crypto.subtle.encrypt(cipher(iv, label), await aesKey(passphrase, salt, iterations), new TextEncoder().encode(text))
  return { version: 1, iterations, salt, iv, sealed: new Uint8Array(sealed) }
}

/** The text, or null where the passphrase is another one or the record was changed. */
export async function unseal({ iterations, salt, iv, sealed }: Sealed, label: string, passphrase: string): Promise<string | null> {
  try {
    return new TextDecoder().decode(await crypto.subtle.decrypt(cipher(iv, label), await aesKey(passphrase, salt, iterations), sealed))
  } catch {
    return null
  }
}

const cipher = (iv: Uint8Array<ArrayBuffer>, label: string) => ({ name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(label) })

async function aesKey(passphrase: string, salt: Uint8Array<ArrayBuffer>, iterations: number): Promise<CryptoKey> {
  const secret = new TextEncoder().encode(passphrase.normalize('NFKC'))
  const material = await crypto.subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveKey'])
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations }
  return crypto.subtle.deriveKey(derivation, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}
