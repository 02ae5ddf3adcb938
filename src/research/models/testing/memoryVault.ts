// Sealed keys that are kept nowhere.

import type { KeyVault, SealedKey } from '../keys'
import type { Provider } from '../types'

export function memoryVault(): KeyVault {
  const records = new Map<Provider, SealedKey>()
  return {
    list: async () => [...records.values()],
    put: async (record) => void records.set(record.provider, record),
    remove: async (provider) => void records.delete(provider),
  }
}
