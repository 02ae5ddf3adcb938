// Duels in this browser: a report each, replaced whole as it grows. Their labs have a database of their own, so that no
// list of labs shows them.

import Dexie from 'dexie'
import type { EntityTable } from 'dexie'
import type { DuelStore } from '../research/duel/run'
import type { DuelReport } from '../worker/researchProtocol'
import { openDexieLedger } from './ledgerDexie'
import { storeError } from './storeErrors'
import type { Ledger } from './types'

const DATABASE = 'assay-duels'

class DuelDatabase extends Dexie {
  declare duels: EntityTable<DuelReport, 'id'>

  constructor(name: string) {
    super(name, { chromeTransactionDurability: 'strict' })
    this.version(1).stores({ duels: 'id, labId' })
  }
}

/** Where the reports of duels and the records of their labs are kept. */
export interface Duels extends DuelStore {
  ledger: Ledger
}

export function openDuels(name = DATABASE): Duels {
  const db = new DuelDatabase(name)
  return {
    load: (id) => guard('reading a duel', async () => (await db.duels.get(id)) ?? null),
    save: (report) => guard('recording a duel', async () => void (await db.duels.put(report))),
    ledger: openDexieLedger(`${name}-labs`),
  }
}

let shared: DuelDatabase | null = null

/** The duels about a lab, the last changed first; for liveQuery. */
export async function liveDuels(labId: string): Promise<DuelReport[]> {
  shared ??= new DuelDatabase(DATABASE)
  const reports = await shared.duels.where('labId').equals(labId).toArray()
  return reports.sort((a, b) => b.updatedAt - a.updatedAt)
}

async function guard<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw storeError(thrown, doing)
  }
}
