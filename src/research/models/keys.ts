// Keys to providers: in memory, or encrypted under a passphrase. They leave this module only for the one header of the
// one request that needs them; nothing else that is written or shown may hold one.

import { LabError } from '../../core/errors'
import { ITERATIONS, LEAST_PASSPHRASE, seal, unseal, type Sealed } from '../../core/sealed'
import { factsOf } from './providers'
import type { Provider } from './types'

/** Gives out keys for requests. */
export interface KeySource {
  /**
   * The key for a provider, to be sent to `origin` and nowhere else; null where there is none.
   * @throws LabError key.locked; controller.refused where the key is for another server
   */
  key(provider: Provider, origin: string): Promise<string | null>
}

export type KeyState = 'none needed' | 'missing' | 'in memory' | 'locked' | 'stored'

/** One key at rest: provider and origin are authenticated along with it. */
export interface SealedKey extends Sealed {
  provider: Provider
  /** the only server that it may be sent to; null where the provider has but one */
  origin: string | null
}

/** Where sealed keys are kept. */
export interface KeyVault {
  list(): Promise<SealedKey[]>
  put(record: SealedKey): Promise<void>
  remove(provider: Provider): Promise<void>
}

export interface KeyStore extends KeySource {
  states(): Promise<Map<Provider, KeyState>>
  /**
   * Takes a key in place of any other for the provider.
   * @param passphrase null keeps it in memory only, until the page is closed
   * @param address of the server that it is for, where the provider does not fix it
   * @throws LabError "import.invalid" for what can be no key or no passphrase
   */
  set(provider: Provider, key: string, passphrase: string | null, address?: string): Promise<void>
  /** Opens what the passphrase opens. @throws LabError "key.wrong" when that is nothing */
  unlock(passphrase: string): Promise<void>
  forget(provider: Provider): Promise<void>
}

/** @param iterations fewer only in tests */
export function createKeyStore(vault: KeyVault, iterations = ITERATIONS): KeyStore {
  const open = new Map<Provider, Pick<SealedKey, 'origin'> & { key: string }>()

  return {
    async key(provider, origin) {
      const found = open.get(provider)
      const { label } = factsOf(provider)
      if (found) {
        if (found.origin === null || found.origin === origin) return found.key
        throw new LabError('controller.refused', `The key for ${label} is for ${found.origin}, and is not sent to ${origin}.`, { hint: 'Set the key again for this address.' })
      }
      if ((await vault.list()).some((record) => record.provider === provider)) {
        throw new LabError('key.locked', `The key for ${label} is locked.`, { hint: 'Enter its passphrase, or forget the key and set another.' })
      }
      return null
    },
    async states() {
      const stored = new Set((await vault.list()).map(({ provider }) => provider))
      const known = new Set([...stored, ...open.keys()])
      return new Map([...known].map((provider) => [provider, !stored.has(provider) ? 'in memory' : open.has(provider) ? 'stored' : 'locked']))
    },
    async set(provider, given, passphrase, address) {
      const key = given.trim()
      // what can stand in a header
      if (!/^[\x21-\x7e]{1,512}$/.test(key)) throw invalid('That is no key.', 'Copy it once more: letters, digits and signs, without spaces.')
      if (factsOf(provider).family === null) throw invalid(`${factsOf(provider).label} needs no key.`, 'Leave it out.')
      const origin = originOf(provider, address)
      if (passphrase === null) await vault.remove(provider)
      else {
        // a page without https on another host has no cryptography
        if (!globalThis.crypto?.subtle) throw invalid('This page cannot seal a key: it was not loaded over https.', 'Keep the key in memory only, or open the page over https or on this machine.')
        if (passphrase.length < LEAST_PASSPHRASE) throw invalid('The passphrase is too short.', `Take ${LEAST_PASSPHRASE} characters or more: several words are easier to keep than signs.`)
        await vault.put({ provider, origin, ...(await seal(key, labelOf({ provider, origin }), passphrase, iterations)) })
      }
      open.set(provider, { key, origin })
    },
    async unlock(passphrase) {
      const records = await vault.list()
      const opened = await Promise.all(records.map(async (record) => ({ record, key: await unseal(record, labelOf(record), passphrase) })))
      if (!opened.some(({ key }) => key !== null)) {
        throw new LabError('key.wrong', records.length === 0 ? 'No key is stored in this browser.' : 'The passphrase opens none of the stored keys.', {
          hint: 'Try another passphrase, or forget the key and set it again.',
        })
      }
      for (const { record, key } of opened) if (key !== null) open.set(record.provider, { key, origin: record.origin })
    },
    async forget(provider) {
      open.delete(provider)
      await vault.remove(provider)
    },
  }
}

/** Where a key may go: a provider's own server, or the one server that the person means. */
function originOf(provider: Provider, address: string | undefined): string | null {
  const facts = factsOf(provider)
  if (facts.isFixed) return null
  const given = address ?? facts.address ?? ''
  if (!URL.canParse(given)) throw invalid('It is not said which server the key is for.', 'Write the address of the server first.')
  return new URL(given).origin
}

const labelOf = ({ provider, origin }: Pick<SealedKey, 'provider' | 'origin'>): string => `${provider} ${origin ?? ''}`

/**
 * Keys of the command line: from the environment only. `ASSAY_MODEL_KEY` is for whichever provider is used; a server that
 * the person named gets no other.
 */
export function environmentKeys(environment: Record<string, string | undefined>): KeySource {
  return {
    async key(provider) {
      const names = ['ASSAY_MODEL_KEY', ...factsOf(provider).keyVariables]
      return names.map((name) => environment[name]?.trim()).find((value) => value) ?? null
    },
  }
}

function invalid(message: string, hint: string): LabError {
  return new LabError('import.invalid', message, { hint })
}
