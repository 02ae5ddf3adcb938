// Transfers in this browser: one record each, replaced whole after each run.

import Dexie from 'dexie'
import type { Table } from 'dexie'
import { storeError } from './storeErrors'
import type { TransferRecord, TransferStore } from './transfers'

const DATABASE = 'assay-transfers'

class TransferDatabase extends Dexie {
  declare transfers: Table<TransferRecord, [string, string]>

  constructor(name: string) {
    super(name, { chromeTransactionDurability: 'strict' })
    this.version(1).stores({ transfers: '[labId+id], labId' })
  }
}

export function openTransferStore(name = DATABASE): TransferStore {
  const db = new TransferDatabase(name)
  return {
    load: (labId, id) => guard('reading a transfer', async () => (await db.transfers.get([labId, id])) ?? null),
    save: (record) => guard('recording a transfer', async () => void (await db.transfers.put(record))),
  }
}

let shared: TransferDatabase | null = null

/** The transfers of a lab, the last changed first; for liveQuery. */
export async function liveTransfers(labId: string): Promise<TransferRecord[]> {
  shared ??= new TransferDatabase(DATABASE)
  const records = await shared.transfers.where('labId').equals(labId).toArray()
  return records.sort((a, b) => b.updatedAt - a.updatedAt)
}

async function guard<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw storeError(thrown, doing)
  }
}
