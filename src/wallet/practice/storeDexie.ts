// The practice node's bytes in a browser: a database of its own for each member, and a lock that one tab can hold.

import { Dexie, type Table } from 'dexie'
import { LabError } from '../../core/errors'
import { storeError } from '../../history/storeErrors'
import type { PracticeStore } from './store'

class Database extends Dexie {
  declare bytes: Table<Uint8Array, string>

  constructor(name: string) {
    // what another node was told must not be forgotten in a crash of the machine
    super(name, { chromeTransactionDurability: 'strict' })
    this.version(1).stores({ bytes: '' })
  }
}

const databaseName = (member: string) => `assay-practice/${member}`

/**
 * Opens a member's store, which no other tab can open until it is closed or its tab is.
 * @param member e.g. "<network>/sponsor"
 * @throws LabError "lab.state" where another tab has it, and store.* from every method
 */
export async function openPracticeDexie(member: string): Promise<PracticeStore> {
  const release = await lock(databaseName(member))
  const db = new Database(databaseName(member))
  const kept = <T>(work: () => Promise<T>): Promise<T> => work().catch((thrown: unknown) => Promise.reject(storeError(thrown, 'keeping the practice wallet')))
  return {
    load: () =>
      kept(() =>
        db.transaction('r', db.bytes, async () => {
          const [keys, values] = await Promise.all([db.bytes.toCollection().primaryKeys(), db.bytes.toArray()])
          return new Map(keys.map((key, i) => [key, values[i]]))
        }),
      ),
    put: (changes) =>
      kept(() =>
        db.transaction('rw', db.bytes, async () => {
          const put = [...changes].filter((change): change is [string, Uint8Array] => change[1] !== null)
          await db.bytes.bulkPut(put.map(([, bytes]) => bytes), put.map(([key]) => key)) // prettier-ignore
          await db.bytes.bulkDelete([...changes].flatMap(([key, bytes]) => (bytes ? [] : [key])))
        }),
      ),
    async close() {
      db.close()
      release()
    },
  }
}

/** A tab that is being reloaded lets go of its lock a moment later. */
const PATIENCE_MS = 2000

/** @returns gives the lock back */
function lock(name: string): Promise<() => void> {
  const { locks } = navigator
  if (!locks) return Promise.resolve(() => undefined) // a page that is not secure has none: one tab is up to the person
  return new Promise((done, fail) => {
    const hold = () => new Promise<void>((release) => done(release))
    locks.request(name, { signal: AbortSignal.timeout(PATIENCE_MS) }, hold).catch((cause: unknown) => {
      fail(new LabError('lab.state', 'This practice wallet is open in another tab.', { hint: 'Close the other tab, or join as somebody else.', cause }))
    })
  })
}
