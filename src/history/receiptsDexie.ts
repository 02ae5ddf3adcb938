// What belongs to this browser rather than to a lab: the key that signs its receipts, which no script can read out,
// and what came of replays. A database of its own, so that deleting labs leaves both.

import Dexie from 'dexie'
import type { EntityTable, Table } from 'dexie'
import { identityOf, newKeys, type Identity } from './identity'
import type { ReplayRecord } from './replay'
import { storeError } from './storeErrors'

const DATABASE = 'assay-receipts'
const KEY = 'signing'

class ReceiptDatabase extends Dexie {
  declare keys: Table<CryptoKeyPair, string>
  declare replays: EntityTable<ReplayRecord & { id: number }, 'id'>

  constructor(name: string) {
    super(name, { chromeTransactionDurability: 'strict' })
    this.version(1).stores({ keys: '', replays: '++id, fingerprint' })
  }
}

/** Verdicts of replays, the newest last; kept until the browser's data are deleted. */
export interface ReplayLog {
  save(record: ReplayRecord): Promise<void>
  list(): Promise<ReplayRecord[]>
}

/**
 * The identity of this browser profile: made on first use, never leaves it.
 * @throws LabError "receipt.unsupported" | "store.quota"
 */
export async function openBrowserIdentity(name = DATABASE): Promise<Identity> {
  const db = new ReceiptDatabase(name)
  const found = await guard('reading the signing key', () => db.keys.get(KEY))
  if (found) return identityOf(found)
  const fresh = await newKeys(false)
  // another tab may have made one meanwhile: the first stays
  const kept = await guard('keeping the signing key', () =>
    db.transaction('rw', db.keys, async () => {
      const other = await db.keys.get(KEY)
      if (!other) await db.keys.put(fresh, KEY)
      return other ?? fresh
    }),
  )
  return identityOf(kept)
}

export function openReplayLog(name = DATABASE): ReplayLog {
  const db = new ReceiptDatabase(name)
  return {
    save: (record) => guard('recording a replay', async () => void (await db.replays.add({ ...record }))),
    list: () => guard('reading the replays', () => db.replays.orderBy('id').toArray()),
  }
}

let shared: ReceiptDatabase | null = null

/** All replays, the newest last; for liveQuery. */
export function liveReplays(): Promise<ReplayRecord[]> {
  shared ??= new ReceiptDatabase(DATABASE)
  return shared.replays.orderBy('id').toArray()
}

async function guard<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw storeError(thrown, doing)
  }
}
