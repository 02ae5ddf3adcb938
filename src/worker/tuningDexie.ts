// What was measured of this browser's adapters, in a database of its own: it is worth nothing elsewhere and may be
// deleted at any time.

import Dexie from 'dexie'
import type { Table } from 'dexie'
import type { TuningStore, TuningTable } from '../engine/tune/table'

/** Opens the store; nothing is read before it is needed. @param name database name */
export function openTuningStore(name = 'assay-tuning'): TuningStore {
  const db = new Dexie(name)
  db.version(1).stores({ tables: '' })
  const tables = (): Table<TuningTable, string> => db.table('tables')
  return {
    load: (key) => tables().get(key),
    save: async (key, table) => void (await tables().put(table, key)),
  }
}
