// The store in a browser: a database of its own, so that no lab can be lost with it nor it with a lab.

import { Dexie, type Table } from 'dexie'
import { generateSecretKey } from 'nostr-tools/pure'
import { storeError } from '../../history/storeErrors'
import type { PaymentRow } from '../../wallet/types'
import type { BountyStore, EventRow, HeldOutRow, MachineRow, SentRow } from './store'

class Database extends Dexie {
  declare machines: Table<MachineRow, string>
  declare sent: Table<SentRow & { isOpen: 0 | 1 }, string>
  declare events: Table<EventRow, string>
  declare heldOut: Table<HeldOutRow, string>
  declare payments: Table<PaymentRow, string>
  declare keys: Table<{ name: string; secret: Uint8Array }, string>
  declare settings: Table<{ name: string; value: unknown }, string>

  constructor(name: string) {
    // money: a crash of the machine must not take back what was acknowledged
    super(name, { chromeTransactionDurability: 'strict' })
    this.version(1).stores({
      machines: 'id', sent: 'key, isOpen', events: 'id, receivedAt, bounty', heldOut: 'key', payments: 'key, updatedAt', keys: 'name',
      settings: 'name',
    }) // prettier-ignore
  }
}

/** @throws LabError store.* from every method */
export function openDexieStore(name = 'assay-bounties'): BountyStore {
  const db = new Database(name)
  const kept = <T>(work: () => Promise<T>): Promise<T> => work().catch((thrown: unknown) => Promise.reject(storeError(thrown, 'keeping a bounty')))
  return {
    machines: () => kept(() => db.machines.toArray()),
    saveMachine: (row) => kept(async () => void (await db.machines.put(row))),
    sent: (key) => kept(async () => (await db.sent.get(key)) ?? null),
    allSent: () => kept(() => db.sent.toArray()),
    unpublished: () => kept(() => db.sent.where('isOpen').equals(1).toArray()),
    saveSent: (row) => kept(async () => void (await db.sent.put({ ...row, isOpen: row.published ? 0 : 1 }))),
    saveEvent: (row) =>
      kept(() =>
        db.transaction('rw', db.events, async () => {
          if (await db.events.get(row.id)) return false
          await db.events.put(row)
          return true
        }),
      ),
    events: () => kept(() => db.events.orderBy('receivedAt').toArray()),
    dropEvents: (ids) => kept(() => db.events.bulkDelete([...ids])),
    heldOut: (key) => kept(async () => (await db.heldOut.get(key)) ?? null),
    saveHeldOut: (row) => kept(async () => void (await db.heldOut.put(row))),
    payments: () => kept(() => db.payments.orderBy('updatedAt').reverse().toArray()),
    payment: (key) => kept(async () => (await db.payments.get(key)) ?? null),
    savePayment: (row) => kept(async () => void (await db.payments.put(row))),
    secretKey: () =>
      kept(() =>
        db.transaction('rw', db.keys, async () => {
          const known = await db.keys.get('nostr')
          if (known) return known.secret
          const secret = generateSecretKey()
          await db.keys.put({ name: 'nostr', secret })
          return secret
        }),
      ),
    setting: (name) => kept(async () => (await db.settings.get(name))?.value ?? null),
    saveSetting: (name, value) => kept(async () => void (await db.settings.put({ name, value }))),
    close: async () => db.close(),
  }
}
