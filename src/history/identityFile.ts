// The key in Node: one file that only its owner may read.

import { promises as fs } from 'node:fs'
import { dirname } from 'node:path'
import { LabError } from '../core/errors'
import { identityOf, newKeys, type Identity } from './identity'

/**
 * The identity kept in `path` as PKCS #8 in PEM, made on first use.
 * @throws LabError "store.corrupt" when the file holds something else
 */
export async function openFileIdentity(path: string): Promise<Identity> {
  const pem = (await readOrNull(path)) ?? (await create(path))
  try {
    return await identityOf(await readKeys(pem))
  } catch (cause) {
    throw new LabError('store.corrupt', `${path} does not hold a signing key.`, {
      hint: 'Delete it: a new key is made, and receipts that the old one signed stay valid.',
      cause,
    })
  }
}

async function create(path: string): Promise<string> {
  const { privateKey } = await newKeys(true)
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey)).toString('base64')
  const pem = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`
  await fs.mkdir(dirname(path), { recursive: true })
  // whole or not at all, and never over a key that another process has just made
  const aside = `${path}.${process.pid}`
  await fs.writeFile(aside, pem, { mode: 0o600 })
  try {
    await fs.link(aside, path)
  } catch (error) {
    // where there are no hard links, the last one wins
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await fs.rename(aside, path)
  } finally {
    await fs.rm(aside, { force: true })
  }
  return fs.readFile(path, 'utf8')
}

/** Both halves: PKCS #8 holds the private one, and only a JWK of it tells the public one. */
async function readKeys(pem: string): Promise<CryptoKeyPair> {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  const privateKey = await crypto.subtle.importKey('pkcs8', der, 'Ed25519', true, ['sign'])
  const { kty, crv, x } = await crypto.subtle.exportKey('jwk', privateKey)
  return { privateKey, publicKey: await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', true, ['verify']) }
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await fs.readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
