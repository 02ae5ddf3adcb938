// Sealed keys in this browser: a database of their own, so that nothing that copies a lab comes near them.

import Dexie from 'dexie'
import type { EntityTable } from 'dexie'
import { storeError } from '../../history/storeErrors'
import type { KeyVault, SealedKey } from './keys'

class KeyDatabase extends Dexie {
  declare keys: EntityTable<SealedKey, 'provider'>

  constructor(name: string) {
    super(name, { chromeTransactionDurability: 'strict' })
    this.version(1).stores({ keys: 'provider' })
  }
}

export function openKeyVault(name = 'assay-keys'): KeyVault {
  const db = new KeyDatabase(name)
  return {
    list: () => guard('reading the keys', () => db.keys.toArray()),
    put: (record) => guard('storing a key', async () => void (await db.keys.put(record))),
    remove: (provider) => guard('forgetting a key', () => db.keys.delete(provider)),
  }
}

async function guard<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw storeError(thrown, doing)
  }
}
