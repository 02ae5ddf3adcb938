// The ledger in the page: IndexedDB through Dexie, every transaction with strict durability.
// Curves and weights are one typed array each, never a row a point.

import Dexie from 'dexie'
import { storeError, isQuota } from './storeErrors'
import type { EntityTable, Table } from 'dexie'
import type { ReceiptRow } from './receipt'
import type { Experiment, LabRecord, Ledger } from './types'

const DATABASE = 'assay'
const KEEP_WEIGHTS = 8

interface Floats {
  labId: string
  number: number
  values: Float32Array
}

interface Weights extends Floats {
  /** orders models by age, across labs */
  savedAt: number
}

class LabDatabase extends Dexie {
  declare labs: EntityTable<LabRecord, 'labId'>
  declare experiments: Table<Experiment, [string, number]>
  declare curves: Table<Floats, [string, number]>
  declare weights: Table<Weights, [string, number]>
  declare receipts: Table<ReceiptRow, [string, number, number]>

  constructor(name: string) {
    // a cache would copy every row of a lab once more for each live query, whenever one of them changes
    super(name, { chromeTransactionDurability: 'strict', cache: 'disabled' })
    this.version(1).stores({
      labs: 'labId',
      experiments: '[labId+number]',
      curves: '[labId+number]',
      weights: '[labId+number], savedAt',
    })
    this.version(2).stores({ receipts: '[labId+number+issue]' })
  }
}

/** A ledger that can be closed: tests and a page that is going away do. */
export interface DexieLedger extends Ledger {
  close(): void
}

/**
 * Opens the ledger of this origin.
 * @param name database name; the default is the one that the live queries read
 * @param keepWeights how many trained models are kept per lab
 */
export function openDexieLedger(name = DATABASE, keepWeights = KEEP_WEIGHTS): DexieLedger {
  return new IndexedDbLedger(new LabDatabase(name), keepWeights)
}

class IndexedDbLedger implements DexieLedger {
  private readonly db: LabDatabase
  private readonly keepWeights: number

  constructor(db: LabDatabase, keepWeights: number) {
    this.db = db
    this.keepWeights = keepWeights
  }

  loadLab(labId: string): Promise<LabRecord | null> {
    return guard('reading the lab', async () => (await this.db.labs.get(labId)) ?? null)
  }

  listLabs(): Promise<LabRecord[]> {
    return guard('reading the labs', () => newestFirst(this.db))
  }

  saveLab(lab: LabRecord): Promise<void> {
    return this.record('saving the lab', async () => void (await this.db.labs.put(lab)))
  }

  saveExperiment(experiment: Experiment): Promise<void> {
    return this.record('saving the experiment', async () => void (await this.db.experiments.put(experiment)))
  }

  commitDecision(experiment: Experiment, lab: LabRecord, receipt?: ReceiptRow | null): Promise<void> {
    return this.record('recording the decision', () =>
      this.db.transaction('rw', this.db.experiments, this.db.labs, this.db.receipts, async () => {
        await this.db.experiments.put(experiment)
        await this.db.labs.put(lab)
        if (receipt) await this.db.receipts.put(receipt)
      }),
    )
  }

  saveReceipt(receipt: ReceiptRow): Promise<void> {
    return this.record('saving the receipt', async () => void (await this.db.receipts.put(receipt)))
  }

  listReceipts(labId: string): Promise<ReceiptRow[]> {
    return guard('reading the receipts', () => receiptsOf(this.db, labId, Dexie.minKey, Dexie.maxKey))
  }

  listExperiments(labId: string): Promise<Experiment[]> {
    return guard('reading the experiments', () => ofLab(this.db.experiments, labId).toArray())
  }

  saveCurve(labId: string, number: number, curve: Float32Array): Promise<void> {
    const row = { labId, number, values: compact(curve) }
    return this.record('saving the curve', async () => void (await this.db.curves.put(row)))
  }

  loadCurve(labId: string, number: number): Promise<Float32Array | null> {
    return guard('reading the curve', async () => (await this.db.curves.get([labId, number]))?.values ?? null)
  }

  saveWeights(labId: string, number: number, weights: Float32Array): Promise<boolean> {
    return guard('saving the weights', async () => {
      const stored = await this.tryWeights({ labId, number, savedAt: Date.now(), values: compact(weights) })
      const keys = await ofLab(this.db.weights, labId).primaryKeys()
      await this.db.weights.bulkDelete(keys.slice(0, Math.max(0, keys.length - this.keepWeights)))
      return stored
    })
  }

  loadWeights(labId: string, number: number): Promise<Float32Array | null> {
    return guard('reading the weights', async () => (await this.db.weights.get([labId, number]))?.values ?? null)
  }

  close(): void {
    this.db.close()
  }

  private async tryWeights(row: Weights): Promise<boolean> {
    try {
      await this.roomFor(() => this.db.weights.put(row))
      return true
    } catch (error) {
      if (isQuota(error)) return false
      throw error
    }
  }

  /** Rows matter more than models: when a write does not fit, the oldest model goes and the write is tried once more. */
  private async roomFor(write: () => Promise<unknown>): Promise<void> {
    try {
      await write()
    } catch (error) {
      const oldest = isQuota(error) ? (await this.db.weights.orderBy('savedAt').primaryKeys()).at(0) : undefined
      if (oldest === undefined) throw error
      await this.db.weights.delete(oldest)
      await write()
    }
  }

  private record(doing: string, write: () => Promise<void>): Promise<void> {
    return guard(doing, () => this.roomFor(write))
  }
}

/** IndexedDB would store the whole buffer behind a view. */
function compact(values: Float32Array): Float32Array {
  return values.byteLength === values.buffer.byteLength ? values : values.slice()
}

function ofLab<T>(table: Table<T, [string, number]>, labId: string) {
  return table.where('[labId+number]').between([labId, Dexie.minKey], [labId, Dexie.maxKey])
}

function receiptsOf(db: LabDatabase, labId: string, from: unknown, to: unknown): Promise<ReceiptRow[]> {
  return db.receipts.where('[labId+number+issue]').between([labId, from, Dexie.minKey], [labId, to, Dexie.maxKey], true, true).toArray()
}

async function newestFirst(db: LabDatabase): Promise<LabRecord[]> {
  return (await db.labs.toArray()).sort((a, b) => b.updatedAt - a.updatedAt)
}

async function guard<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw storeError(thrown, doing)
  }
}

let shared: LabDatabase | null = null

/** The page's own read-only connection, opened on first use. */
function live(): LabDatabase {
  shared ??= new LabDatabase(DATABASE)
  return shared
}

/** All rows of a lab in order of number; for useLiveQuery, which calls it again when they change in any tab or worker. */
export function liveExperiments(labId: string): Promise<Experiment[]> {
  return ofLab(live().experiments, labId).toArray()
}

/** All labs, last changed first. For useLiveQuery. */
export function liveLabs(): Promise<LabRecord[]> {
  return newestFirst(live())
}

/** Loss curve of an attempt as [step, loss] pairs; undefined when there is none. For useLiveQuery. */
export async function liveCurve(labId: string, number: number): Promise<Float32Array | undefined> {
  return (await live().curves.get([labId, number]))?.values
}

/** The receipts of an attempt, the last of which counts. For useLiveQuery. */
export function liveReceipts(labId: string, number: number): Promise<ReceiptRow[]> {
  return receiptsOf(live(), labId, number, number)
}
